"""The short numbers of a card, as its holder keeps them: the same that the menu of a call keeps."""

import hmac
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.phone import check_destination
from billing.pin import parts_as_long_as_a_pin
from billing.refusals import Refusal
from models import SpeedDial
from models.ivr_plan import EMERGENCY_NUMBERS_DEFAULT
from services.calls.speed_dial import save_speed_dial
from services.cards.card_facts import CardFacts
from services.keys.pin_keys import KeySource

SLOT_DIGITS_MAX: Final = 2


class ShortNumberProblem(Enum):
    SLOT = auto()  # no one or two digits
    NUMBER = auto()  # nothing that can be called; a PIN neither
    FULL = auto()


@dataclass(frozen=True, slots=True)
class ShortNumber:
    slot: str
    destination: str


def short_numbers_of(session: Session, card_id: int) -> list[ShortNumber]:
    """By length and digits: 1, 2, 01, 02."""
    query = select(SpeedDial).where(SpeedDial.card_id == card_id)
    ordered = query.order_by(func.length(SpeedDial.slot), SpeedDial.slot)
    return [ShortNumber(one.slot, one.destination) for one in session.scalars(ordered)]


def keep_short_number(
    session: Session, keys: KeySource, card: CardFacts, slot: str, number: str
) -> ShortNumber | ShortNumberProblem:
    """`number` with its country code; what is between its digits is left out. A slot that is taken gets another."""
    if not (slot.isascii() and slot.isdigit() and len(slot) <= SLOT_DIGITS_MAX):
        return ShortNumberProblem.SLOT
    digits = "".join(letter for letter in number if letter.isascii() and letter.isdigit())
    destination = check_destination(digits, (), EMERGENCY_NUMBERS_DEFAULT)
    if isinstance(destination, Refusal) or _holds_pin(keys, card, digits):
        return ShortNumberProblem.NUMBER
    if not save_speed_dial(session, card.card_id, slot, destination):
        return ShortNumberProblem.FULL
    return ShortNumber(slot, destination)


def _holds_pin(keys: KeySource, card: CardFacts, digits: str) -> bool:
    """A PIN that is typed into the wrong field is not written down."""
    known = keys.current()
    parts = parts_as_long_as_a_pin(digits)
    return any(hmac.compare_digest(card.pin_digest, digest) for part in parts for digest in known.digests(part))
