"""The browser phone's lines: who has which one, for how long, and the password that Asterisk takes from it."""

from __future__ import annotations

import fcntl
import json
import secrets
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from services.calls.try_call import TryRefused
from telephony.boot import console
from telephony.instance import Instance, InstanceRefused, read_instance
from telephony.program import AsteriskNotFound, find_asterisk
from telephony.web_phone import CALL_SECONDS_MAX, LINES, close_line, open_line
from web_base.texts import gettext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from services.store.settings import Settings

LEASE_SECONDS_MAX: Final = CALL_SECONDS_MAX + 60
SETTLING_SECONDS_MAX: Final = 60  # after the hang-up the page still waits for the settlement
OWN_NUMBER_PREFIX: Final = "1555"


@dataclass(frozen=True, slots=True)
class Lease:
    """A line that an operator has; `trace_offset` is where its call begins in the trace file."""

    line: str
    operator_id: int
    caller: str
    trace_offset: int
    until: float
    ended_at: float | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the page needs to place the call."""

    url: str
    line: str
    password: str
    caller: str


class BrowserLines:
    """Leases stand in a file, so that every process of the console knows them."""

    def __init__(self, settings: Settings, now: datetime) -> None:
        self._settings = settings
        self._now = now.timestamp()
        self._folder = settings.state_dir.resolve() / "phones"

    def origin(self) -> str | None:
        """Where the page's websocket leads; None where the phone is switched off."""
        port = self._settings.phone_websocket_port
        if port is None:
            return None
        return self._settings.phone_websocket_url.rstrip("/") or f"ws://127.0.0.1:{port}"

    def open(self, operator_id: int, caller: str) -> Ticket:
        """A line for a call; one that the operator still has is taken from it. Raises TryRefused."""
        instance = self._instance()
        caller = caller or f"{OWN_NUMBER_PREFIX}{secrets.randbelow(10**7):07}"
        with self._leases() as leases:
            self._close([lease for lease in leases if lease.operator_id == operator_id])
            leases[:] = [lease for lease in leases if lease.operator_id != operator_id]
            taken = {lease.line for lease in leases if lease.ended_at is None}
            free = [line for line in LINES if line not in taken]
            if not free:
                raise TryRefused(gettext("Every line of the browser phone is in use. Try again in a few minutes."))
            password = open_line(lambda command: self._ask(instance, command), free[0])
            if not password:
                raise TryRefused(gettext("Asterisk does not answer. Start it: callingcard up"))
            until = self._now + LEASE_SECONDS_MAX
            leases.append(Lease(free[0], operator_id, caller, self._trace_end(), until))
        url = f"{self.origin()}/{instance.secrets['websocket']}/ws"
        return Ticket(url, free[0], password, caller)

    def end(self, operator_id: int) -> None:
        """The call is over: its password is worth nothing from now on."""
        with self._leases() as leases:
            mine = [lease for lease in leases if lease.operator_id == operator_id and lease.ended_at is None]
            self._close(mine)
            leases[:] = [replace(lease, ended_at=self._now) if lease in mine else lease for lease in leases]

    def lease(self, operator_id: int) -> Lease | None:
        """Of the call that is up, or of the last one."""
        with self._leases() as leases:
            return next((lease for lease in leases if lease.operator_id == operator_id), None)

    def sweep(self) -> None:
        """Take back what nobody gave back: a page that was closed in mid-call."""
        with self._leases() as leases:
            late = [lease for lease in leases if lease.ended_at is None and lease.until < self._now]
            if late:
                self._close(late)
                leases[:] = [lease for lease in leases if lease not in late]

    def is_settling(self, lease: Lease) -> bool:
        return lease.ended_at is None or self._now - lease.ended_at < SETTLING_SECONDS_MAX

    def _close(self, leases: list[Lease]) -> None:
        """Where no Asterisk is left, no password is."""
        with suppress(TryRefused):
            instance = self._instance()
            for lease in leases:
                if lease.ended_at is None:
                    close_line(lambda command: self._ask(instance, command), lease.line)

    def _instance(self) -> Instance:
        try:
            instance = read_instance(self._settings.platform_dir)
        except InstanceRefused as missing:
            raise TryRefused(gettext("There is no Asterisk here. Start one: callingcard up")) from missing
        if "websocket" not in instance.secrets:
            raise TryRefused(gettext("This Asterisk was set up without the browser phone. Set it up: callingcard up"))
        return instance

    def _ask(self, instance: Instance, command: str) -> str:
        try:
            program = find_asterisk(root=self._settings.asterisk_root, state=self._settings.state_dir.resolve())
        except AsteriskNotFound:
            return ""
        return console(instance, program, command)

    def _trace_end(self) -> int:
        file = self._settings.trace_file
        return file.stat().st_size if file is not None and file.exists() else 0

    @contextmanager
    def _leases(self) -> Iterator[list[Lease]]:
        """Read, and written again if they were changed; one at a time."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = self._folder / "browser.json"
        with (self._folder / "browser.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            leases = _read(file)
            before = list(leases)
            yield leases
            if leases != before:
                file.write_text(json.dumps([asdict(lease) for lease in leases]))


def _read(file: Path) -> list[Lease]:
    try:
        return [Lease(**lease) for lease in json.loads(file.read_text())]
    except (OSError, ValueError, TypeError):
        return []
