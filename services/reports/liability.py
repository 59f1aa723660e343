"""What card holders may still use: the unused balances of all cards by series and status, as they are now."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from billing.states import CardStatus
from models import Card, CardGroup, CardSeries, Wallet


@dataclass(frozen=True, slots=True)
class Liability:
    """`held_micros` is the part of the balance that calls hold at this moment."""

    series: int
    series_name: str | None
    status: CardStatus
    currency: str
    cards: int
    balance_micros: int
    held_micros: int


def liabilities(session: Session) -> list[Liability]:
    """The greatest first; cards whose series is not made yet exist for nobody."""
    balance = cast(func.sum(Wallet.balance_micros), BigInteger)
    query = (
        select(
            CardSeries.number,
            CardSeries.name,
            Card.status,
            CardGroup.currency,
            func.count(),
            balance,
            cast(func.sum(Wallet.held_micros), BigInteger),
        )
        .select_from(Card)
        .join(CardSeries, CardSeries.id == Card.series_id)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .join(Wallet, Wallet.id == Card.wallet_id)
        .where(CardSeries.made_at.is_not(None), Wallet.balance_micros > 0)
        .group_by(CardSeries.number, CardSeries.name, Card.status, CardGroup.currency)
        .order_by(CardGroup.currency, balance.desc(), CardSeries.number, Card.status)
    )
    return [Liability(*row) for row in session.execute(query)]
