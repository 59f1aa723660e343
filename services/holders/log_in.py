"""Log in to the portal by card number and PIN: the rule, the guard and the locks are those of a call (JC-31)."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from billing.card_number import find_series_and_serial, keyed_number
from billing.guard import GuardRules
from billing.pin import PIN_LENGTH_MAX
from billing.refusals import Refusal
from billing.states import EntryKind, SeriesStatus
from models import Card, CardSeries
from services.audit.audit import Door
from services.calls.identify_card import CARD_TO_TRY, NotAccepted, judge_entry
from services.cards.card_facts import CardFacts, find_card_beside
from services.guard.guard_entry import EntryAttempt
from services.guard.guard_gate import gate_values
from services.keys.pin_keys import KeySource

# A card whose series has no portal is not there at all: the portal must not tell whether its PIN is right.
OPEN_TO_HOLDERS: Final = (
    CardSeries.portal_login,
    CardSeries.status != SeriesStatus.DELETED,
    Card.replaced_by_card_id.is_(None),
)
CARD_TO_OPEN: Final = CARD_TO_TRY.where(*OPEN_TO_HOLDERS)


def log_in(
    session: Session, keys: KeySource, number: str, pin: str, address: str, now: datetime, rules: GuardRules
) -> CardFacts | Refusal:
    """The card, also one that may not call; or one answer for an unknown number, a wrong PIN, a locked card and a
    series without portal. TRY_AGAIN_LATER: too many wrong entries came from the address.
    """
    secret = _digits(pin)
    entry = EntryAttempt(EntryKind.PORTAL, Door.PORTAL, len(secret), address=address)
    values = {"number": _number(number), **gate_values(entry, now)}
    found = find_card_beside(session, CARD_TO_OPEN, values)
    answer = judge_entry(session, entry, found, keys.current().digests(secret), now, rules)
    return answer.refusal if isinstance(answer, NotAccepted) else answer


def _number(text: str) -> str:
    """With or without the dash; "" where no card can have it."""
    bare = "".join(text.split())
    return keyed_number(bare) if find_series_and_serial(bare) is not None else ""


def _digits(pin: str) -> str:
    """PINs are printed in groups of four; "" where none can be such."""
    bare = "".join(pin.split())
    return bare if bare.isascii() and bare.isdigit() and len(bare) <= PIN_LENGTH_MAX else ""
