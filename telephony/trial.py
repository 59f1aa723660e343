"""Boots a scratch Asterisk with new trunk files before the real one sees them; it reaches no carrier."""

from __future__ import annotations

import socket
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from telephony.apply_trunks import TrunksNotApplied, what_is_wrong
from telephony.boot import AsteriskDidNotBoot, boot
from telephony.configuration import write_instance
from telephony.instance import InstanceSpec, Role

if TYPE_CHECKING:
    from telephony.program import AsteriskProgram
    from telephony.trunks import TrunkPlan

_LOOPBACK: Final = "127.0.0.1"
_DISCARD_PORT: Final = 9
_NOBODY: Final = "127.0.0.1:9"


def try_trunks(spec: InstanceSpec, program: AsteriskProgram) -> None:
    """Raises TrunksNotApplied when Asterisk does not take the files of `spec`.

    Its trunks lead to a port where nobody listens: a trial must not register in place of the real one.
    """
    plan = _to_nowhere(spec.trunks)
    with tempfile.TemporaryDirectory(prefix="callingcard-trial-") as folder:
        trial = _scratch(spec, Path(folder), plan)
        try:
            running = boot(write_instance(trial, program), program, dies_with_parent=True)
        except AsteriskDidNotBoot as failed:
            raise TrunksNotApplied(f"a trial Asterisk refused the new files: {failed}") from failed
        try:
            wrong = what_is_wrong(running.console, plan)
        finally:
            running.stop()
    if wrong:
        raise TrunksNotApplied(f"a trial Asterisk with the new files {', '.join(wrong)}: nothing was changed")


def _to_nowhere(plan: TrunkPlan) -> TrunkPlan:
    led_away = (one if one.found_as else replace(one, host=_LOOPBACK, port=_DISCARD_PORT) for one in plan.trunks)
    return replace(plan, trunks=tuple(led_away))


def _scratch(spec: InstanceSpec, folder: Path, plan: TrunkPlan) -> InstanceSpec:
    return replace(
        spec,
        folder=folder / "trial",
        role=Role.PLATFORM,
        sip_host=_LOOPBACK,
        sip_port=_free_port(socket.SOCK_DGRAM),
        ami_port=_free_port(socket.SOCK_STREAM),
        iax_port=_free_port(socket.SOCK_DGRAM),
        web_phone=None,
        tls=None if spec.tls is None else replace(spec.tls, port=_free_port(socket.SOCK_STREAM)),
        prompts=folder / "prompts",
        spool=folder / "spool",
        agi=_NOBODY,
        trunks=plan,
    )


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])
