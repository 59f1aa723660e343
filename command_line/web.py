"""callingcard web: the operators' console."""

import os
import sys

import click


@click.command()
def web() -> None:
    """Serve the console until SIGTERM or Ctrl-C (docs/console.md)."""
    os.execv(sys.executable, [sys.executable, "-m", "admin_web"])  # noqa: S606 (our own server, in place of this process)
