"""How many cards a change of a series would touch, before it is saved (JC-58)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from billing.expiry import expires_at
from billing.states import CardStatus, SeriesStatus
from models import Card, CardSeries
from services.cards.card_state import STOPPED
from services.series.series_fields import EXPIRY

UNUSED = (CardStatus.INACTIVE, CardStatus.PENDING)


@dataclass(frozen=True, slots=True)
class SeriesPreview:
    """Numbers of cards. `refused` may not call any more by the series' status; `moved` get another initial status, of
    which `moved_sold` are sold; `dated` get another date, by which `expired` may not call any more and `revived` may
    again.
    """

    cards: int
    refused: int = 0
    moved: int = 0
    moved_sold: int = 0
    dated: int = 0
    expired: int = 0
    revived: int = 0

    @property
    def is_quiet(self) -> bool:
        """No card is touched."""
        return not (self.refused or self.moved or self.dated)


def preview_changes(
    session: Session, series: CardSeries, changed: Mapping[str, Any], now: datetime, zone: tzinfo
) -> SeriesPreview:
    """`changed` holds only what differs from the series as it is."""
    stops = (
        series.status is SeriesStatus.ACTIVE and changed.get("status", SeriesStatus.ACTIVE) is not SeriesStatus.ACTIVE
    )
    counts: dict[str, int] = {}
    if "initial_card_status" in changed:
        counts |= _moved(session, series.id, changed["initial_card_status"])
    if any(name in changed for name in EXPIRY):
        counts |= _dated(session, series, changed, now, zone)
    return SeriesPreview(cards=series.quantity, refused=series.quantity if stops else 0, **counts)


def _moved(session: Session, series_id: int, status: CardStatus) -> dict[str, int]:
    """Cards that no one activated yet, also the blocked and expired ones that go back to it (JC-30)."""
    stands = case((Card.status.in_(STOPPED), Card.status_before), else_=Card.status)
    others = [other for other in UNUSED if other is not status]
    query = select(func.count(), func.count(Card.sold_at)).where(Card.series_id == series_id, stands.in_(others))
    moved, sold = session.execute(query).one()
    return {"moved": moved, "moved_sold": sold}


def _dated(
    session: Session, series: CardSeries, changed: Mapping[str, Any], now: datetime, zone: tzinfo
) -> dict[str, int]:
    """Cards of one moment are judged once: those that no one activated are one row. A date that an operator or a
    recharge gave stays.
    """
    date = changed.get("expiry_date", series.expiry_date)
    period_days = changed.get("expiry_period_days", series.expiry_period_days)
    columns = (Card.status, Card.activated_at, Card.expires_at)
    query = select(*columns, func.count()).where(Card.series_id == series.id, Card.expiry_given_by.is_(None))
    counts = {"dated": 0, "expired": 0, "revived": 0}
    for status, activated_at, old, cards in session.execute(query.group_by(*columns)):
        new = expires_at(activated_at, date, period_days, zone)
        was_over = status is CardStatus.EXPIRED or _is_over(old, now)
        counts["dated"] += cards if new != old else 0
        counts["expired"] += cards if new != old and _is_over(new, now) and not was_over else 0
        counts["revived"] += cards if new != old and was_over and not _is_over(new, now) else 0
    return counts


def _is_over(expiry: datetime | None, now: datetime) -> bool:
    return expiry is not None and expiry <= now
