"""Why did this card fail: what a caller with the right PIN would hear now, which rule says so, and the cure (V-21,
V-23, V-25).
"""

from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.card_check import check_card
from billing.refusals import Refusal
from billing.states import CardStatus, PinEntryMode, SeriesStatus
from models import Card, CardGroup, CardSeries, FailedEntry, IvrPlan, IvrPlanGroup
from services.cards.card_facts import CardFacts
from services.cards.explain_expiry import explain_expiry

FAILED_ENTRIES_SHOWN = 5


def explain_card(session: Session, card: CardFacts, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """Plain values; `hears` is the id of the prompt, None = the card may call."""
    hears, why, cure = _verdict(session, card, now)
    return {
        "number": card.number,
        "hears": hears.value if hears else None,
        "why": why,
        "cure": cure,
        "expiry": explain_expiry(session, card.card_id, zone).sentence,
        "plans": _plans(session, card.group.id),
        "wrong_pins_in_a_row": card.pin_failures,
        "wrong_entries": _wrong_entries(session, card.card_id),
    }


def _verdict(session: Session, card: CardFacts, now: datetime) -> tuple[Refusal | None, str, str | None]:
    if card.locked_until is not None and now < card.locked_until:
        mode = session.scalars(select(CardGroup.pin_entry_mode).where(CardGroup.id == card.group.id)).one()
        alone = mode is PinEntryMode.PIN_ONLY
        hears = Refusal.PIN_NOT_ACCEPTED if alone else Refusal.NUMBER_OR_PIN_NOT_ACCEPTED
        until = card.locked_until.isoformat(timespec="minutes")
        return hears, f"Wrong PINs have locked it until {until}; even the right PIN is not accepted.", "Unlock it."
    refusal = check_card(card.standing, now)
    if refusal is Refusal.CARD_BLOCKED:
        return refusal, *_blocked(session, card)
    if refusal is None:
        return None, "It may call.", None
    return refusal, *_told(card, refusal)


def _blocked(session: Session, card: CardFacts) -> tuple[str, str]:
    reason = session.scalars(select(Card.status_reason).where(Card.id == card.card_id)).one()
    if card.status is CardStatus.BLOCKED:
        return f"An operator blocked it: {reason or 'no reason is noted'}.", "Unblock it, or replace it."
    number = session.scalars(select(CardSeries.number).where(CardSeries.id == card.series.id)).one()
    cure = (
        "Activate the series." if card.series.status is SeriesStatus.STOPPED else "Stop the series, then activate it."
    )
    return f"Its series {number} is {card.series.status}.", cure


def _told(card: CardFacts, refusal: Refusal) -> tuple[str, str]:
    match refusal:
        case Refusal.CARD_NOT_ACTIVATED:
            return "It was not released or sold yet.", "Release or sell it."
        case Refusal.CARD_EXPIRED_GRACE:
            return (
                "It has expired; its balance is still kept.",
                "Recharge it, if its group permits, or give it a new date.",
            )
        case Refusal.CARD_EXPIRED:
            return "It has expired.", "Give it a new date."
        case Refusal.CARD_IN_USE:
            return f"{card.open_holds} of {card.calls_max} calls at once are up.", "Wait for the end of a call."
        case _:
            return "Its balance is used up.", "Recharge it, if its group permits."


def _plans(session: Session, group_id: int) -> list[str]:
    """Over which IVR plans the card can be used at all."""
    plans = select(IvrPlan.name).join(IvrPlanGroup, IvrPlanGroup.ivr_plan_id == IvrPlan.id)
    accepting = plans.where(IvrPlanGroup.card_group_id == group_id, IvrPlan.is_enabled)
    return list(session.scalars(accepting.order_by(IvrPlan.name)))


def _wrong_entries(session: Session, card_id: int) -> list[dict[str, Any]]:
    query = select(FailedEntry).where(FailedEntry.card_id == card_id).order_by(FailedEntry.id.desc())
    return [
        {"at": entry.happened_at.isoformat(), "kind": entry.kind.value, "door": entry.door, "caller": entry.caller_id}
        for entry in session.scalars(query.limit(FAILED_ENTRIES_SHOWN))
    ]
