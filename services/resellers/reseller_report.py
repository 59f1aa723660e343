"""Resellers in plain words, for the command line and for pages."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import CardSeries, Reseller


def reseller_list(session: Session) -> list[dict[str, Any]]:
    """By name, with the numbers of their series and how many cards these have."""
    cards = select(CardSeries.reseller_id, func.sum(CardSeries.quantity)).group_by(CardSeries.reseller_id)
    cards_of = dict(session.execute(cards).all())
    series_of: dict[int | None, list[int]] = {}
    query = select(CardSeries.reseller_id, CardSeries.number).where(CardSeries.reseller_id.is_not(None))
    for reseller_id, number in session.execute(query.order_by(CardSeries.number)):
        series_of.setdefault(reseller_id, []).append(number)
    return [
        {
            "id": reseller.id,
            "name": reseller.name,
            "is_enabled": reseller.is_enabled,
            "version": reseller.version,
            "series": series_of.get(reseller.id, []),
            "cards": int(cards_of.get(reseller.id, 0)),
        }
        for reseller in session.scalars(select(Reseller).order_by(Reseller.name))
    ]
