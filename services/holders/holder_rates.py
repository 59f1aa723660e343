"""What destinations cost a card: found by their name, or by the digits of a number."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Rate
from services.cards.card_facts import CardFacts
from services.rates.live_rates import live_rates
from services.rates.simulate_call import lookup_rate

FOUND_MAX: Final = 50
NAME_CHARACTERS_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class NamedRate:
    """One destination of the card's table as it holds now. `steps` says that the price changes during a call."""

    prefix: str
    destination_name: str
    price_per_minute_micros: int
    connect_fee_micros: int
    has_steps: bool


def rates_by_name(session: Session, card: CardFacts, name: str, now: datetime, zone: tzinfo) -> list[NamedRate]:
    """In the order of their names, at most FOUND_MAX; what is blocked cannot be called and is left out."""
    wanted = " ".join("".join(filter(str.isprintable, name)).split())
    if len(wanted) < NAME_CHARACTERS_MIN:
        return []
    table_id = card.series.rate_table_id
    query = (
        select(Rate.prefix)
        .where(
            live_rates(table_id),
            func.lower(Rate.destination_name).contains(wanted.lower(), autoescape=True),
            Rate.valid_from <= now,
            Rate.valid_until.is_(None) | (Rate.valid_until > now),
        )
        .group_by(Rate.prefix)
        .order_by(func.min(Rate.destination_name), Rate.prefix)
        .limit(FOUND_MAX)
    )
    held = (lookup_rate(session, table_id, prefix, now, zone) for prefix in session.scalars(query).all())
    return [
        NamedRate(
            rate.prefix,
            rate.destination_name,
            rate.tariff.price_per_minute_micros,
            rate.tariff.connect_fee_micros,
            bool(rate.tariff.steps),
        )
        for rate in held
        if rate is not None and not rate.is_blocked
    ]
