"""A test call over one carrier: begun on Asterisk's console, told by its database (extensions_test.conf)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

FAMILY: Final = "callingcard_test"
LISTENS_SECONDS: Final = 400  # longer than any ring and talk: the other side ends first
_ID: Final = re.compile(r"[0-9]{2,20}")
_TERMS: Final = re.compile(r"[A-Za-z0-9_.]{1,40}:[0-9]{3,20}:[1-9][0-9]{0,2}:[1-9][0-9]?:([0-9]{3,15})?")
_VALUE: Final = re.compile(r"Value: over:([A-Z]*):([0-9]*):([0-9]*):([0-9]*)")


@dataclass(frozen=True, slots=True)
class CarrierCall:
    """What is dialled, over whom; `caller_id` is international digits, or empty for none."""

    route: str
    number: str
    ring_seconds: int
    talk_seconds: int
    caller_id: str = ""


@dataclass(frozen=True, slots=True)
class CarrierCallEnd:
    """Dial's word, the Q.850 cause, and for how long it rang and was talked; `dial_status` is empty where Asterisk
    refused to dial.
    """

    dial_status: str
    hangup_cause: int | None
    ring_ms: int | None
    talk_ms: int | None


def begin(console: Callable[[str], str], call_id: str, call: CarrierCall) -> bool:
    """False where Asterisk does not take it: it is down, or its dialplan is that of an older release."""
    terms = f"{call.route}:{call.number}:{call.ring_seconds}:{call.talk_seconds}:{call.caller_id}"
    if not _ID.fullmatch(call_id) or not _TERMS.fullmatch(terms):
        raise ValueError(f"no test call: {call_id!r} {terms!r}")
    if "[ Context 'carrier-test'" not in console("dialplan show carrier-test"):
        return False
    if "success" not in console(f"database put {FAMILY} {call_id} {terms}"):
        return False
    console(f"channel originate Local/{call_id}@carrier-test/n application Wait {LISTENS_SECONDS}")
    return True


def find_end(console: Callable[[str], str], call_id: str) -> CarrierCallEnd | None:
    """None while it goes on; once it is told it is forgotten."""
    found = _VALUE.search(console(f"database get {FAMILY} {call_id}"))
    if found is None:
        return None
    forget(console, call_id)
    status, *figures = found.groups()
    return CarrierCallEnd(status, *(int(text) if text else None for text in figures))


def forget(console: Callable[[str], str], call_id: str) -> None:
    console(f"database del {FAMILY} {call_id}")
