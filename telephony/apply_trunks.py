"""Makes a running Asterisk follow its trunk files: tried in a scratch instance, written, reloaded without dropping a
call, looked at afterwards, and taken back if an endpoint did not come.
"""

from __future__ import annotations

import fcntl
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telephony.instance import write_private
from telephony.trunk_changes import mark_read, read_file, trunk_changes
from telephony.trunk_files import IAX_MODULE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from telephony.trunk_changes import TrunkChanges
    from telephony.trunks import TrunkPlan

# Each leaves running calls alone: PJSIP keeps its transports and sessions, IAX2 its channels, the dialplan its frames.
RELOADS: Final = (
    "module reload res_pjsip.so",
    "module reload res_pjsip_endpoint_identifier_ip.so",
    "module reload res_pjsip_outbound_registration.so",
    "dialplan reload",
)
_SETTLE_SECONDS_MAX: Final = 10
_LOOK_SECONDS: Final = 0.1
_SIP_ENDPOINT: Final = re.compile(r"^ Endpoint:  ([^/\s]+)", re.MULTILINE)
_OURS: Final = re.compile(r"^\[([^\]]+)\]\((?:carrier|gateway)\)", re.MULTILINE)


class TrunksNotApplied(Exception):
    """Asterisk goes on with the files before; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An Asterisk by its configuration folder and its console. The console speaks through a socket that only its own
    user may open, so no AMI user needs a right to reload.
    """

    etc: Path
    console: Callable[[str], str]

    @property
    def is_running(self) -> bool:
        return bool(self.console("core show version"))


def apply_trunks(target: Target, files: Mapping[str, str], plan: TrunkPlan) -> TrunkChanges:
    """Write the files and have them read; nothing is done where nothing changed. Raises TrunksNotApplied."""
    with _alone(target.etc):
        changes = trunk_changes(target.etc, files)
        if not changes.is_any:
            return changes
        if not target.is_running:
            raise TrunksNotApplied("Asterisk does not answer on its console, so nothing was written: start it first")
        before = {name: read_file(target.etc / name) for name in files}
        _write(target.etc, files)
        _reload(target, plan)
        wrong = _wait_for(target, plan, gone=_names(before) - _names(files))
        if wrong:
            _write(target.etc, before)
            _reload(target, plan)
            raise TrunksNotApplied(f"after the reload Asterisk {', '.join(wrong)}: the files before are back")
        mark_read(target.etc, files)
        _ask_carriers(target, plan)
        return changes


@contextmanager
def _alone(etc: Path) -> Iterator[None]:
    """Two who apply at once come one after the other."""
    with (etc.parent / ".trunks.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(etc: Path, files: Mapping[str, str | None]) -> None:
    for name, text in files.items():
        if text is None:
            (etc / name).unlink(missing_ok=True)
        elif read_file(etc / name) != text:
            write_private(etc / name, text)


def _reload(target: Target, plan: TrunkPlan) -> None:
    for command in RELOADS:
        target.console(command)
    if plan.iax_peers and IAX_MODULE not in target.console(f"module show like {IAX_MODULE}"):
        target.console(f"module load {IAX_MODULE}")
    target.console("iax2 reload")


def _ask_carriers(target: Target, plan: TrunkPlan) -> None:
    for name in plan.sip_carriers:  # else the first call waits out the ring time of a dead one
        target.console(f"pjsip qualify {name}")
    for name in plan.sip_registrations:  # else a corrected password waits as long as the one that was refused
        target.console(f"pjsip send register {name}")


def _names(files: Mapping[str, str | None]) -> set[str]:
    return {name for text in files.values() for name in _OURS.findall(text or "")}


def _wait_for(target: Target, plan: TrunkPlan, gone: set[str]) -> list[str]:
    """What is not as planned; nothing once all is."""
    deadline = time.monotonic() + _SETTLE_SECONDS_MAX
    while wrong := what_is_wrong(target.console, plan, gone):
        if time.monotonic() > deadline:
            return wrong
        time.sleep(_LOOK_SECONDS)
    return []


def what_is_wrong(console: Callable[[str], str], plan: TrunkPlan, gone: set[str] | None = None) -> list[str]:
    """Endpoints and peers that the running Asterisk lacks, and those of `gone` that it still has."""
    present = set(_SIP_ENDPOINT.findall(console("pjsip show endpoints")))
    lacks = [f"lacks endpoint {name}" for name in plan.sip_endpoints if name not in present]
    keeps = [f"keeps endpoint {name}" for name in sorted(present & (gone or set()))]
    peers = [f"lacks IAX2 peer {name}" for name in plan.iax_peers if name not in console(f"iax2 show peer {name}")]
    return lacks + keeps + peers
