"""The services of this machine as child processes: started in order, watched, and ended in the opposite order."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from command_line.errors import Failure

START_SECONDS_MAX = 15
STOP_SECONDS_MAX = 40  # a server lets its callers finish for 30 s
PR_SET_PDEATHSIG = 1
LOOK_SECONDS = 0.05


class Service:
    """One of our own services, in a process that dies with this one."""

    def __init__(
        self, name: str, module: str, log: Path, environment: Mapping[str, str], arguments: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        libc = ctypes.CDLL(None)

        def tie_to_parent() -> None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        with log.open("ab") as output:
            self._log_begin = output.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **environment},
                start_new_session=True,  # Ctrl-C is for us: we stop it in order
                preexec_fn=tie_to_parent,  # noqa: PLW1509 (one system call only)
            )

    def wait_for_port(self, host: str, port: int) -> None:
        """Return when the service listens; a service that ended says why in its log's last line."""

        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex((host, port)) == 0

        self._wait_until(listens, f"{self.name} does not listen on {host}:{port}.")

    def wait_for_line(self, words: str) -> None:
        """Return when its log says so: for a service that listens on no port."""
        self._wait_until(
            lambda: words in self.log.read_bytes()[self._log_begin :].decode(errors="replace"),
            f"{self.name} does not start.",
        )

    def _wait_until(self, is_ready: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Failure(f"{self.name} did not start: {self.last_words()}")
            if is_ready():
                return
            time.sleep(LOOK_SECONDS)
        raise Failure(otherwise, f"See {self.log}")

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()


def require_free_port(host: str, port: int, name: str, setting: str) -> None:
    """One clear sentence before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Failure(
                f"Port {port} for {name} cannot be used ({error.strerror}).",
                f"Stop what uses it (another `make run`?), or set {setting} to another port",
            ) from error
