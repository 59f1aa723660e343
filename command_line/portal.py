"""callingcard portal: the card holders' portal."""

import os
import sys

import click


@click.command()
def portal() -> None:
    """Serve the card holders' portal until SIGTERM or Ctrl-C (docs/portal.md)."""
    os.execv(sys.executable, [sys.executable, "-m", "portal_web"])  # noqa: S606 (our own server, in place of this process)
