"""callingcard fastagi: the call server."""

import os
import sys

import click


@click.command()
def fastagi() -> None:
    """Serve Asterisk's calls until SIGTERM or Ctrl-C."""
    os.execv(sys.executable, [sys.executable, "-m", "fastagi"])  # noqa: S606 (our own server, in place of this process)
