"""A web door as its own program serves it, by gunicorn, for tests of what only a real server shows."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def gunicorn_served(settings: Mapping[str, object], module: str = "admin_web") -> Iterator[subprocess.Popen[bytes]]:
    """`settings` without their prefix; it has a worker when this begins."""
    known = {f"CALLINGCARD_{name}": str(value) for name, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", module], env={**os.environ, **known}, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if b"Booting worker" in line:
                break
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)  # its worker too
        process.communicate()
