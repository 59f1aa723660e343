"""Cards that will expire, by the day on which they do, with the value that is still on them."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.states import CardStatus
from models import Card, CardGroup, CardSeries, Wallet
from services.reports.days import bounds_of, day_of
from services.reports.report_days import check_days

LEAST = timedelta(microseconds=1)
USABLE = (CardStatus.INACTIVE, CardStatus.PENDING, CardStatus.ACTIVATED)


@dataclass(frozen=True, slots=True)
class Expiring:
    day: date
    series: int
    currency: str
    cards: int
    balance_micros: int


def expiring(session: Session, first: date, last: date, zone: tzinfo) -> list[Expiring]:
    """Cards expire at the end of a day, so that there are few moments to sum by."""
    check_days(first, last)
    begin, end = bounds_of(first, zone).begin, bounds_of(last, zone).end
    query = (
        select(Card.expires_at, CardSeries.number, CardGroup.currency, func.count(), func.sum(Wallet.balance_micros))
        .select_from(Card)
        .join(CardSeries, CardSeries.id == Card.series_id)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .join(Wallet, Wallet.id == Card.wallet_id)
        # the moment of expiry is the first one after the card's last day
        .where(Card.expires_at > begin, Card.expires_at <= end, Card.status.in_(USABLE))
        .where(CardSeries.made_at.is_not(None))
        .group_by(Card.expires_at, CardSeries.number, CardGroup.currency)
    )
    cards: Counter[tuple[date, int, str]] = Counter()
    micros: Counter[tuple[date, int, str]] = Counter()
    for at, series, currency, count, balance in session.execute(query):
        assert at is not None  # noqa: S101 (the condition says so)
        key = (day_of(at - LEAST, zone), series, currency)
        cards[key] += count
        micros[key] += int(balance)
    return [Expiring(*key, cards[key], micros[key]) for key in sorted(cards)]
