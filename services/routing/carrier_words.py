"""How a carrier is, in one word, and since and until when: for lists of carriers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

REACH_IS_OLD: Final = timedelta(minutes=5)  # the worker looks every minute


class CarrierWord(StrEnum):
    """The first that fits."""

    DISABLED = "disabled"  # its client is
    RESTING = "resting"  # it failed too often in a row, and is left alone
    UNREACHABLE = "unreachable"  # it does not answer Asterisk, has not registered, or Asterisk does not know it
    REACHABLE = "reachable"
    NOT_KNOWN = "not known"  # nobody has asked Asterisk for some minutes


@dataclass(frozen=True, slots=True)
class CarrierIs:
    word: CarrierWord
    since: datetime | None = None
    until: datetime | None = None
    why: str = ""


def carrier_is(row: Any, now: datetime) -> CarrierIs:  # noqa: ANN401 (a row with the columns named below)
    """Of `is_open`, `rested_until`, `rest_seconds`, `reach`, `reach_at` and `reach_since`."""
    if not row.is_open:
        return CarrierIs(CarrierWord.DISABLED)
    if row.rested_until is not None and row.rested_until > now:
        return CarrierIs(CarrierWord.RESTING, row.rested_until - timedelta(seconds=row.rest_seconds), row.rested_until)
    if row.reach is None or row.reach_at < now - REACH_IS_OLD:
        return CarrierIs(CarrierWord.NOT_KNOWN)
    if row.reach == "answers":
        return CarrierIs(CarrierWord.REACHABLE, row.reach_since)
    if row.reach == "not asked":
        return CarrierIs(CarrierWord.NOT_KNOWN)
    return CarrierIs(CarrierWord.UNREACHABLE, row.reach_since, why=row.reach)
