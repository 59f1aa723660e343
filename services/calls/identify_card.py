"""Identify the card of a caller: by the phone it is bound to, or by what was keyed; wrong tries are counted in the
database.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from billing.card_check import check_card
from billing.guard import GuardRules, is_before
from billing.refusals import Refusal
from billing.states import PinEntryMode
from models import CallerIdBinding, Card
from services.calls.access import Access
from services.cards.card_facts import CARD_BY_NUMBER, CARD_QUERY, CardFacts, find_card_beside, find_card_by
from services.guard.guard import count_right, record_failure, record_success
from services.guard.guard_entry import Caller, EntryAttempt, entry_of
from services.guard.guard_gate import DEFAULT_RULES, GATE_COLUMNS, gate_values, has_wrong_tries, may_try, verdict
from services.keys.pin_keys import KeySource

UNKNOWN_CALLER = Caller()  # guarded like all callers whose number is withheld
BOUND_TO_PHONE = select(CallerIdBinding.card_id).where(CallerIdBinding.caller_id == bindparam("caller_id"))
CARD_BY_PHONE = CARD_QUERY.where(Card.id == BOUND_TO_PHONE.scalar_subquery())
CARD_BY_PHONE_AND_GATE = CARD_BY_PHONE.add_columns(*GATE_COLUMNS)
CARD_BY_PIN = CARD_QUERY.add_columns(*GATE_COLUMNS).where(Card.pin_digest.in_(bindparam("digests", expanding=True)))
# Locked, so that many guesses at the same instant are judged one after another, each by the count of those before (on
# SQLite every transaction waits so by itself).
CARD_TO_TRY = CARD_BY_NUMBER.add_columns(*GATE_COLUMNS).with_for_update(of=Card, key_share=True)


@dataclass(frozen=True, slots=True)
class Identified:
    """A card that may call."""

    card: CardFacts


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """Why no card can be used; `card` is the right card that may not call, None after a wrong entry."""

    refusal: Refusal
    card: CardFacts | None = None


def find_bound_card(session: Session, access: Access, caller_id: str) -> CardFacts | None:
    """The card to which the phone is bound, if this plan takes its group without a PIN."""
    if not access.pinless_enabled:
        return None
    card = find_card_by(session, CARD_BY_PHONE, {"caller_id": caller_id})
    return card if card is not None and _is_taken(access, card) else None


def find_bound_card_and_gate(
    session: Session, access: Access, entry: EntryAttempt, now: datetime
) -> tuple[CardFacts | None, Sequence[Any]] | None:
    """The same of the entry's caller, and the values of GATE_COLUMNS beside it. None: the phone is bound to no card,
    or the plan does not look.
    """
    if entry.caller_id is None or not access.pinless_enabled:
        return None
    found = find_card_beside(session, CARD_BY_PHONE_AND_GATE, {"caller_id": entry.caller_id, **gate_values(entry, now)})
    if found is None:
        return None
    card, gate = found
    return (card if _is_taken(access, card) else None), gate


def check_bound_card(
    session: Session, access: Access, caller_id: str, now: datetime
) -> Identified | NotAccepted | None:
    """The bound card if it may call, why it may not, or None where the phone is bound to none."""
    card = find_bound_card(session, access, caller_id)
    return None if card is None else check_card_facts(card, now)


def identify_card(
    session: Session,
    keys: KeySource,
    access: Access,
    number: str | None,
    pin: str,
    now: datetime,
    caller: Caller = UNKNOWN_CALLER,
    rules: GuardRules = DEFAULT_RULES,
) -> Identified | NotAccepted:
    """The card of a keyed number and PIN, or of a PIN alone. Unknown number, wrong PIN and locked card get one
    answer, by the same statements. While keys are rotated, the card may stand under the new key or an old one.
    """
    digests = keys.current().digests(pin)
    is_pin_only = access.entry.mode is PinEntryMode.PIN_ONLY
    entry = entry_of(access, caller, len(pin))
    query, wanted = (CARD_BY_PIN, {"digests": digests}) if is_pin_only else (CARD_TO_TRY, {"number": number or ""})
    found = find_card_beside(session, query, {**wanted, **gate_values(entry, now)})
    taken = found if found is not None and found[0].group.id in access.group_ids else None
    card = judge_entry(session, entry, taken, digests, now, rules)
    return card if isinstance(card, NotAccepted) else check_card_facts(card, now)


def judge_entry(
    session: Session,
    entry: EntryAttempt,
    found: tuple[CardFacts, Sequence[Any]] | None,
    digests: Sequence[bytes],
    now: datetime,
    rules: GuardRules,
) -> CardFacts | NotAccepted:
    """The card if its secret was entered, whatever its state; the entry is counted, by whichever door it came.

    `found` is the card that was named, with the values of GATE_COLUMNS beside it; None: there is none, or not here.
    """
    card, gate = found or (None, ())
    if card is None or not _is_right(card, digests) or is_before(now, card.locked_until):
        return _wrong(session, replace(entry, card_id=None if card is None else card.card_id), now, rules)
    refusal = verdict(gate, entry, now, rules).refusal
    if refusal is not None:
        return NotAccepted(refusal)
    _count_right(session, entry, card, gate, now, rules)
    return card


def check_card_facts(card: CardFacts, now: datetime) -> Identified | NotAccepted:
    refusal = check_card(card.standing, now)
    return Identified(card) if refusal is None else NotAccepted(refusal, card)


def _is_taken(access: Access, card: CardFacts) -> bool:
    return card.group.id in access.group_ids and card.group.pinless_allowed


def _is_right(card: CardFacts, digests: Sequence[bytes]) -> bool:
    return any(hmac.compare_digest(card.pin_digest, digest) for digest in digests)


def _wrong(session: Session, entry: EntryAttempt, now: datetime, rules: GuardRules) -> NotAccepted:
    """Not accepted and counted; where the guard shuts the door, neither."""
    refusal = may_try(session, entry, now, rules).refusal
    if refusal is not None or not record_failure(session, entry, now, rules):
        return NotAccepted(Refusal.TRY_AGAIN_LATER)
    return NotAccepted(Refusal.PIN_NOT_ACCEPTED if entry.is_secret_alone else Refusal.NUMBER_OR_PIN_NOT_ACCEPTED)


def _count_right(
    session: Session, entry: EntryAttempt, card: CardFacts, gate: Sequence[Any], now: datetime, rules: GuardRules
) -> None:
    """A usual right entry counts nothing: nothing wrong stands in the counts that it would change."""
    if card.pin_failures:
        record_success(session, replace(entry, card_id=card.card_id), now, rules)
    elif has_wrong_tries(gate):
        count_right(session, entry, now, rules)
