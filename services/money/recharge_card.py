"""Recharge a card: add a payment to a rechargeable card, once for each reference (features.md V-6, V-28)."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy.orm import Session

from billing.money import text_from_micros
from billing.recharge import RechargeProblem, RechargeTerms
from services.audit.audit import Act, Actor, note
from services.cards.card_facts import CardFacts, get_card
from services.money.add_credit import add_credit, locked_card, payment, recharge_problem, recharge_terms
from services.money.book_movement import Booked, NotBooked, find_booked

REFERENCE_CHARACTERS_MAX = 100  # the ledger's column has 120, and each kind of recharge a word before it

SENTENCES = {
    RechargeProblem.NOT_RECHARGEABLE: "Cards of this group cannot be recharged: choose a card of a rechargeable group.",
    RechargeProblem.REPLACED: "This card was replaced: recharge the card that replaced it.",
    RechargeProblem.NOT_RELEASED: "This card is not released yet: release it first.",
    RechargeProblem.BLOCKED: "This card is blocked: unblock it first.",
    RechargeProblem.SERIES_NOT_ACTIVE: "The series of this card is not active: start the series first.",
    RechargeProblem.EXPIRED: "This card has expired, and a recharge cannot revive it: give it a new date first.",
}


class RechargeRefused(ValueError):
    """The recharge cannot be made; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class Recharged:
    """`balance_micros` is the balance right after the recharge; `is_repeat`: made before, and nothing moved now."""

    card_id: int
    amount_micros: int
    balance_micros: int
    currency: str
    is_repeat: bool = False


def recharge_card(
    session: Session,
    card_id: int,
    amount_micros: int,
    reference: str,
    actor: Actor,
    now: datetime,
    zone: tzinfo,
    *,
    reason: str | None = None,
) -> Recharged:
    """Add a payment. `reference` names it (the number of the receipt): a repeat gives the first result; with another
    amount or card it is refused. A call that is up keeps its limit; the money counts for the next one (F19).
    """
    _check_entry(amount_micros, reference)
    card = locked_card(session, card_id)
    movement = payment(session, card, amount_micros, f"recharge:{reference}", actor, reason)
    earlier = find_booked(session, movement)
    if earlier is not None:
        return _result(card, amount_micros, earlier, reference)
    terms = recharge_terms(session, card)
    problem = recharge_problem(session, card, terms, amount_micros, now)
    if problem is not None:
        raise RechargeRefused(_sentence(problem, terms, card.currency))
    recharged = _result(card, amount_micros, add_credit(session, card, movement, now, zone), reference)
    if not recharged.is_repeat:
        note(session, actor, _act(session, card, recharged, reference, reason), now)
    return recharged


def _check_entry(amount_micros: int, reference: str) -> None:
    if amount_micros <= 0:
        raise RechargeRefused("The amount of a recharge is above 0: to take money from a card, adjust its balance.")
    if not reference.strip() or len(reference) > REFERENCE_CHARACTERS_MAX:
        raise RechargeRefused(f"A recharge needs a reference of 1 to {REFERENCE_CHARACTERS_MAX} characters.")


def _result(
    card: CardFacts, amount_micros: int, booked: Booked | NotBooked | RechargeProblem, reference: str
) -> Recharged:
    match booked:
        case RechargeProblem() as problem:
            raise RechargeRefused(SENTENCES[problem])
        case Booked(balance_micros, is_repeat):
            return Recharged(card.card_id, amount_micros, balance_micros, card.currency, is_repeat)
        case NotBooked.REFERENCE_TAKEN:
            raise RechargeRefused(f"The reference {reference} belongs to another recharge: give this one its own.")
        case _:
            raise RechargeRefused("The card would hold more than a card may: recharge it with less.")


def _sentence(problem: RechargeProblem, terms: RechargeTerms, currency: str) -> str:
    if problem is RechargeProblem.BELOW_MINIMUM:
        return f"The group takes {text_from_micros(terms.min_micros)} {currency} or more in one recharge."
    if problem is RechargeProblem.ABOVE_MAXIMUM:
        return f"The group takes at most {text_from_micros(terms.max_micros or 0)} {currency} in one recharge."
    return SENTENCES[problem]


def _act(session: Session, card: CardFacts, recharged: Recharged, reference: str, reason: str | None) -> Act:
    after = get_card(session, card.card_id)
    return Act(
        "card.recharged",
        "card",
        card.number,
        before=_facts(card, recharged.balance_micros - recharged.amount_micros),
        after=_facts(after, recharged.balance_micros) | {"reference": reference},
        reason=reason,
    )


def _facts(card: CardFacts, balance_micros: int) -> dict[str, Any]:
    expiry = card.expires_at.isoformat() if card.expires_at else None
    return {"balance_micros": balance_micros, "status": card.status.value, "expires_at": expiry}
