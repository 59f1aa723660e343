"""callingcard watch: the watcher."""

import os
import sys

import click


@click.command()
def watch() -> None:
    """Watch Asterisk until SIGTERM or Ctrl-C: live calls, ends that were asked for, settlements that got lost."""
    os.execv(sys.executable, [sys.executable, "-m", "fastagi.watcher"])  # noqa: S606 (our own service, in place of this process)
