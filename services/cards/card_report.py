"""One card as an operator sees it: state, money, terms and phones; never its PIN."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.card_check import check_card
from billing.card_number import card_number, find_series_and_serial, keyed_number
from models import CallerIdBinding, CardGroup, CardSeries
from services.cards.card_facts import CARD_BY_NUMBER, CardFacts, find_card_by


def find_card_by_number(session: Session, number: str, *, reseller_id: int | None = None) -> CardFacts | None:
    """The card of a number with or without its dash; None if there is none, or (JC-12) none of this reseller."""
    if find_series_and_serial(number) is None:
        return None
    card = find_card_by(session, CARD_BY_NUMBER, {"number": keyed_number(number)})
    if card is None or reseller_id is None:
        return card
    owner_id = session.scalars(select(CardSeries.reseller_id).where(CardSeries.id == card.series.id)).one()
    return card if owner_id == reseller_id else None


def card_report(session: Session, card: CardFacts, now: datetime) -> dict[str, Any]:
    """Amounts in micros, moments as ISO text; `refusal` is what a caller with the right PIN would hear, None = may
    call.
    """
    series, name, group = session.execute(
        select(CardSeries.number, CardSeries.name, CardGroup.name)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .where(CardSeries.id == card.series.id)
    ).one()
    phones = session.scalars(select(CallerIdBinding.caller_id).where(CallerIdBinding.card_id == card.card_id))
    refusal = check_card(card.standing, now)
    return {
        "number": card_number(series, int(card.number[-9:])),
        "status": card.status.value,
        "refusal": refusal.value if refusal else None,
        "series": series,
        "series_name": name,
        "group": group,
        "currency": card.currency,
        "balance_micros": card.balance_micros,
        "held_micros": card.held_micros,
        "available_micros": card.available_micros,
        "open_holds": card.open_holds,
        "calls_max": card.calls_max,
        "expires_at": card.expires_at.isoformat() if card.expires_at else None,
        "locked_until": card.locked_until.isoformat() if card.locked_until else None,
        "bindings": sorted(phones),
    }
