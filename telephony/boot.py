"""Boots an instance, waits until it serves, asks its console, stops it; touches no process but its own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from telephony.instance import Instance
    from telephony.program import AsteriskProgram

BOOT_SECONDS_MAX: Final = 60
_STOP_SECONDS_MAX: Final = 10
_CONSOLE_SECONDS_MAX: Final = 15
_LOOK_SECONDS: Final = 0.05
_PR_SET_PDEATHSIG: Final = 1
_READY: Final = "fully booted"
_LOG_BYTES_SHOWN: Final = 65_536


class AsteriskDidNotBoot(Exception):
    """The instance is not up; the message gives the reason in a sentence, then what Asterisk itself said."""


@dataclass(frozen=True, slots=True)
class RunningAsterisk:
    """A booted instance that this process started and may stop."""

    instance: Instance
    program: AsteriskProgram
    process: subprocess.Popen[bytes]
    boot_seconds: float

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def console(self, command: str) -> str:
        """Run one console command and return what it printed."""
        return console(self.instance, self.program, command)

    def stop(self) -> None:
        """End it in order; after ten seconds by force. A second stop does nothing."""
        if self.is_alive:
            self.console("core stop now")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_SECONDS_MAX)
        self.kill()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        if self.is_alive:
            self.process.kill()
        self.process.wait()
        _forget(self.instance)


def boot(instance: Instance, program: AsteriskProgram, *, dies_with_parent: bool = False) -> RunningAsterisk:
    """Start the instance and return when it is fully booted and every module of its list runs.

    With `dies_with_parent` the kernel ends it when the thread that called this ends: call it from the main thread.
    """
    begun = time.monotonic()
    if _READY in console(instance, program, "core waitfullybooted"):
        raise AsteriskDidNotBoot(f"an Asterisk runs already in {instance.folder}")
    check_ports(instance)
    _forget(instance)
    process = _start(instance, program, dies_with_parent=dies_with_parent)
    running = RunningAsterisk(instance, program, process, 0)
    try:
        _wait_until_booted(running, begun + BOOT_SECONDS_MAX)
        _require_modules(running)
        for trunk in instance.trunks:
            running.console(f"pjsip qualify {trunk}")  # else the first call waits out the ring time of a dead one
    except BaseException:
        running.kill()
        raise
    return RunningAsterisk(instance, program, process, time.monotonic() - begun)


def console(instance: Instance, program: AsteriskProgram, command: str) -> str:
    """Run one console command on a running instance; "" when it does not answer."""
    if not (instance.run / "asterisk.ctl").exists():
        return ""
    arguments = [*program.command, "-C", str(instance.etc / "asterisk.conf"), "-rx", command]
    try:
        done = subprocess.run(
            arguments, capture_output=True, text=True, errors="replace", timeout=_CONSOLE_SECONDS_MAX, check=False
        )
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


def check_ports(instance: Instance) -> None:
    """Say in one sentence which port is taken, before Asterisk says it in forty lines."""
    wanted = (
        (socket.SOCK_DGRAM, instance.sip_host, instance.sip_port, "SIP"),
        (socket.SOCK_STREAM, "127.0.0.1", instance.ami_port, "AMI"),
    )
    for kind, host, port, name in wanted:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                reason = f"{name} port {port} on {host} cannot be used ({error.strerror})"
                raise AsteriskDidNotBoot(f"{reason}: stop what uses it, or set another port") from error


def listed_modules(etc: Path) -> list[str]:
    """Names of the modules that the instance's module files load or require."""
    lines = [line.strip() for file in sorted(etc.glob("modules*.conf")) for line in file.read_text().splitlines()]
    return [line.partition("=")[2].strip() for line in lines if line.startswith(("load =", "require ="))]


def missing_modules(etc: Path, ask: Callable[[str], str]) -> list[str]:
    """Names of listed modules that do not run."""
    lines = ask("module show").splitlines()
    running = {line.split()[0] for line in lines if "Running" in line and "Not Running" not in line}
    return [name for name in listed_modules(etc) if name not in running]


def _start(instance: Instance, program: AsteriskProgram, *, dies_with_parent: bool) -> subprocess.Popen[bytes]:
    arguments = [*program.command, "-f", "-C", str(instance.etc / "asterisk.conf")]
    libc = ctypes.CDLL(None)  # loaded before the fork: nothing may be loaded after it

    def tie_to_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    with (instance.folder / "log" / "console").open("wb") as output:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=_environment(),
            start_new_session=True,  # Ctrl-C on the terminal is for us: we then stop it in order
            preexec_fn=tie_to_parent if dies_with_parent else None,  # noqa: PLW1509  -- calls one system call only
        )


def _environment() -> dict[str, str]:
    """Without our settings: a dialplan can read its environment, and among them is the database's password."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CALLINGCARD_")}


def _wait_until_booted(running: RunningAsterisk, deadline: float) -> None:
    while time.monotonic() < deadline and running.is_alive:
        if _READY in running.console("core waitfullybooted"):
            return
        time.sleep(_LOOK_SECONDS)
    raise AsteriskDidNotBoot(f"Asterisk in {running.instance.folder} did not boot:\n{_complaints(running.instance)}")


def _require_modules(running: RunningAsterisk) -> None:
    missing = missing_modules(running.instance.etc, running.console)
    if missing:
        raise AsteriskDidNotBoot(f"Asterisk runs without the modules {', '.join(missing)}")


def _complaints(instance: Instance) -> str:
    """The last errors on its console and in its log."""
    lines: list[str] = []
    for name in ("console", "full"):
        with contextlib.suppress(FileNotFoundError):
            text = (instance.folder / "log" / name).read_bytes()[-_LOG_BYTES_SHOWN:].decode(errors="replace")
            lines += [line for line in text.splitlines() if "ERROR" in line or "EXITING" in line]
    return "\n".join(lines[-10:]) or "it said nothing"


def _forget(instance: Instance) -> None:
    for name in ("asterisk.ctl", "asterisk.pid"):
        (instance.run / name).unlink(missing_ok=True)
