"""How Asterisk fares with its carriers: whether each answers, and whether it took our registration."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from telephony.trunks import Trunk

_CONTACT: Final = re.compile(r"(?m)^ +Contact: +([^/\s]+)/\S+ +\S+ +(Avail|Unavail|NonQual|Unknown|Created)\S* ")
_REGISTRATION: Final = re.compile(r"(?m)^ *([^/\s]+)/sips?:\S+ +\S+ +(Registered|Rejected|Unregistered|Stopped)")
_IAX_PEER: Final = re.compile(r"(?m)^(\S+?)(?:/\S*)? +\S+ +\([SD]\) .*?(OK|UNREACHABLE|LAGGED|Unmonitored|UNKNOWN)")
_IAX_REGISTRATION: Final = re.compile(r"(?m)^\S+:(\d+) +[YN] +(\S+) +\S+ +\d+ +(\S.*?) *$")


class Reach(StrEnum):
    """Whether the carrier answers our questions."""

    ANSWERS = "answers"
    SILENT = "silent"
    NOT_ASKED = "not asked"  # not yet
    NOT_REGISTERED = "not registered"  # its gateway has not told us where it is
    UNKNOWN = "unknown"  # Asterisk has no such carrier: its files were not applied yet


class Registration(StrEnum):
    """Whether the carrier took our registration."""

    NONE = "none"  # none is wanted
    REGISTERED = "registered"
    FAILED = "failed"  # the carrier refused login and password, or did not answer: `reach` tells which
    TRYING = "trying"  # no answer yet


@dataclass(frozen=True, slots=True)
class TrunkState:
    """Of one carrier, by its endpoint."""

    name: str
    reach: Reach
    registration: Registration


_REACH: Final = {"Avail": Reach.ANSWERS, "OK": Reach.ANSWERS, "LAGGED": Reach.ANSWERS} | dict.fromkeys(
    ("Unavail", "UNREACHABLE"), Reach.SILENT
)
_STATES: Final = {"Registered": Registration.REGISTERED} | dict.fromkeys(
    ("Rejected", "Stopped", "No Authentication", "Timeout"), Registration.FAILED
)


def trunk_states(console: Callable[[str], str], trunks: Iterable[Trunk]) -> list[TrunkState]:
    """`console` runs one command on the console of the Asterisk."""
    sip = dict(_CONTACT.findall(console("pjsip show contacts")))
    iax = dict(_IAX_PEER.findall(console("iax2 show peers")))
    sip_taken = dict(_REGISTRATION.findall(console("pjsip show registrations")))
    iax_taken = {(port, user): state for port, user, state in _IAX_REGISTRATION.findall(console("iax2 show registry"))}
    return [
        TrunkState(
            trunk.name,
            _reach(trunk, (iax if trunk.is_iax else sip).get(trunk.found_as or trunk.name)),
            _registration(
                iax_taken.get((str(trunk.port_or_default), trunk.login)) if trunk.is_iax else sip_taken.get(trunk.name)
            ),
        )
        for trunk in trunks
    ]


def _reach(trunk: Trunk, status: str | None) -> Reach:
    if status is None:
        return Reach.NOT_REGISTERED if trunk.found_as else Reach.UNKNOWN
    return _REACH.get(status, Reach.NOT_ASKED)


def _registration(status: str | None) -> Registration:
    return Registration.NONE if status is None else _STATES.get(status, Registration.TRYING)
