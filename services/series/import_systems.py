"""What the lists of MOR and of A2Billing say about a card (features.md 2a): the columns of each, and our states."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

from billing.states import CardStatus
from services.series.import_cells import (
    CellRefused,
    Clock,
    ImportedCard,
    amount_cell,
    card_number_cell,
    day_cell,
    flag_cell,
    language_cell,
    past_cell,
    pin_cell,
)
from services.series.import_table import ImportRefused, LineRefused, TableLine, read_table

UNUSED: Final = (CardStatus.INACTIVE, CardStatus.PENDING)
USED: Final = (CardStatus.ACTIVATED, CardStatus.USED)
A2BILLING_MAY_CALL, A2BILLING_EXPIRED = "1", "5"
A2BILLING_NOT_YET: Final = frozenset({"2", "3", "4"})  # new, waiting for a mail, reserved
A2BILLING_STOPPED: Final = frozenset({"0", "6", "7"})  # cancelled, suspended
A2BILLING_DAYS_MAX: Final = 36_500


class CardSystem(StrEnum):
    """Whose list it is. Our own export has MOR's columns and two more."""

    MOR = "mor"
    A2BILLING = "a2billing"


@dataclass(frozen=True, slots=True)
class _Reader:
    needed: tuple[str, ...]
    card: Callable[[TableLine, Clock], ImportedCard]


def read_cards(file: Path, system: CardSystem, clock: Clock) -> list[ImportedCard]:
    """Every card of the file, or ImportRefused with each line that cannot be one."""
    reader = READERS[system]
    cards: list[ImportedCard] = []
    refusals: list[LineRefused] = []
    for line in read_table(file, reader.needed):
        try:
            cards.append(reader.card(line, clock))
        except CellRefused as refused:
            refusals.append(LineRefused(line.number, refused.field, refused.sentence))
    if refusals:
        raise ImportRefused(refusals)
    if not cards:
        raise ImportRefused.whole("The file holds no card.")
    return cards


def _mor(line: TableLine, clock: Clock) -> ImportedCard:
    """Sold 0 is `inactive`, as in MOR such a card cannot call; a card with a first use is `activated` since then.
    Status and Expires, which our own export adds, say it more exactly.
    """
    cells = line.cells
    first_use = past_cell("First_use", cells["first_use"], clock)
    is_sold = flag_cell("Sold", cells["sold"])
    if first_use is not None and not is_sold and not cells.get("status"):
        raise CellRefused("Sold", "a card that was used was sold: 1 is meant, or First_use is wrong.")
    unused = CardStatus.PENDING if is_sold else CardStatus.INACTIVE
    status, before = _told_status(cells.get("status", ""), CardStatus.ACTIVATED if first_use else unused)
    expires_on = day_cell("Expires", cells.get("expires", ""), clock)
    if status is CardStatus.EXPIRED and expires_on is None:
        raise CellRefused("Expires", "an expired card needs its last day.")
    return ImportedCard(
        line=line.number,
        number=card_number_cell("Number", cells["number"]),
        pin=pin_cell("PIN", cells["pin"]),
        balance_micros=amount_cell("Balance", cells["balance"]),
        status=status,
        status_before=before,
        activated_at=first_use,
        expires_on=expires_on,
    )


def _told_status(word: str, standing: CardStatus) -> tuple[CardStatus, CardStatus | None]:
    """The status that our export tells, and the one before it, against what Sold and First_use say."""
    if not word:
        return standing, None
    if word not in {status.value for status in CardStatus}:
        raise CellRefused("Status", f"none of {', '.join(CardStatus)}.")
    status = CardStatus(word)
    if status in (CardStatus.BLOCKED, CardStatus.EXPIRED):
        return status, standing
    if (status in USED) != (standing in USED):
        raise CellRefused("Status", "First_use says otherwise: a card is activated or used since its first use.")
    return status, None


def _a2billing(line: TableLine, clock: Clock) -> ImportedCard:
    """Its callers key one number alone, `username`: that is the PIN, and the card gets a new number."""
    cells = line.cells
    if cells.get("typepaid", "") not in ("", "0"):
        raise CellRefused("typepaid", "a postpaid customer is no card.")
    first_use = past_cell("firstusedate", cells.get("firstusedate", ""), clock)
    standing = CardStatus.ACTIVATED if first_use else CardStatus.PENDING
    status, before = _a2billing_status(cells, standing)
    expires_on = _a2billing_expiry(cells, first_use is not None, clock)
    if status is CardStatus.EXPIRED and expires_on is None:
        raise CellRefused("expirationdate", "an expired card needs its date.")
    return ImportedCard(
        line=line.number,
        number=None,
        pin=pin_cell("username", cells["username"]),
        balance_micros=amount_cell("credit", cells["credit"]),
        status=status,
        status_before=before,
        activated_at=first_use,
        expires_on=expires_on,
        language=language_cell(cells.get("language", "")),
    )


def _a2billing_status(cells: Mapping[str, str], standing: CardStatus) -> tuple[CardStatus, CardStatus | None]:
    """Only status 1 may call. Older lists have `activated` (t or f) instead."""
    code = cells.get("status", "")
    if not code:
        if "activated" not in cells:
            raise CellRefused("status", "neither status nor activated is there.")
        code = A2BILLING_MAY_CALL if flag_cell("activated", cells["activated"]) else "2"
    if code == A2BILLING_MAY_CALL:
        return standing, None
    if code in A2BILLING_NOT_YET and standing in UNUSED:
        return CardStatus.INACTIVE, None
    if code in A2BILLING_NOT_YET | A2BILLING_STOPPED:
        return CardStatus.BLOCKED, standing
    if code == A2BILLING_EXPIRED:
        return CardStatus.EXPIRED, standing
    raise CellRefused("status", "none of 0 to 7.")


def _a2billing_expiry(cells: Mapping[str, str], is_used: bool, clock: Clock) -> date | None:  # noqa: FBT001 (one of two facts)
    """enableexpire: 0 never, 1 on a date, 2 days after the first use, 3 days after the creation."""
    mode = cells.get("enableexpire", "1") or "0"
    if mode == "0":
        return None
    if mode == "1":
        return day_cell("expirationdate", cells.get("expirationdate", ""), clock)
    if mode not in ("2", "3"):
        raise CellRefused("enableexpire", "none of 0 to 3.")
    name = "firstusedate" if mode == "2" else "creationdate"
    if mode == "2" and not is_used:
        raise CellRefused("enableexpire", "days from a first use that has not been: give this card a date (1).")
    begins = day_cell(name, cells.get(name, ""), clock)
    days = cells.get("expiredays", "")
    if begins is None or not (days.isascii() and days.isdigit() and len(days) <= 5 and int(days) <= A2BILLING_DAYS_MAX):
        raise CellRefused("expiredays", f"its date needs {name} and a whole number of days.")
    return begins + timedelta(days=int(days))


READERS: Final = {
    CardSystem.MOR: _Reader(("number", "pin", "balance", "sold", "first_use"), _mor),
    CardSystem.A2BILLING: _Reader(("username", "credit"), _a2billing),
}
