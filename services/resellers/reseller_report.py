"""Resellers in plain words, for the command line and for pages."""

from typing import Any

from sqlalchemy import Select, func, select
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


def reseller_rows() -> Select[*tuple[Any, ...]]:
    """For the list in the console."""
    mine = CardSeries.reseller_id == Reseller.id
    return select(
        Reseller.id,
        Reseller.name,
        Reseller.is_enabled,
        select(func.count()).where(mine).scalar_subquery().label("series"),
        select(func.coalesce(func.sum(CardSeries.quantity), 0)).where(mine).scalar_subquery().label("cards"),
    )


def find_reseller(session: Session, reseller_id: int) -> dict[str, Any] | None:
    """One with its series: number, name, status and quantity of each."""
    reseller = session.get(Reseller, reseller_id)
    if reseller is None:
        return None
    columns = (CardSeries.number, CardSeries.name, CardSeries.status, CardSeries.quantity)
    series = select(*columns).where(CardSeries.reseller_id == reseller_id).order_by(CardSeries.number)
    return {
        "id": reseller.id,
        "name": reseller.name,
        "is_enabled": reseller.is_enabled,
        "version": reseller.version,
        "series": [tuple(row) for row in session.execute(series)],
    }
