"""What destinations cost a card: found by their name, or by the digits of a number."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.announcement import announced_seconds
from billing.held_rate import HeldRate
from models import Rate
from services.calls.access import Access
from services.calls.quote_call import announced_percent, call_price, grant
from services.cards.card_facts import CardFacts
from services.rates.live_rates import live_rates
from services.rates.simulate_call import SimulationRefused, access_of_card, lookup_rate

FOUND_MAX: Final = 50
NAME_CHARACTERS_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class NamedRate:
    """One destination of the card's table as it holds now. `lasts_seconds` is what would be announced, 0 where no call
    can be made; `has_steps` says that the price changes during a call.
    """

    prefix: str
    destination_name: str
    price_per_minute_micros: int
    connect_fee_micros: int
    lasts_seconds: int
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
    callable_rates = [rate for rate in held if rate is not None and not rate.is_blocked]
    access = _access(session, card)
    return [_named(session, card, access, rate, (now, zone)) for rate in callable_rates]


def _access(session: Session, card: CardFacts) -> Access | None:
    try:
        return access_of_card(session, card)
    except SimulationRefused:
        return None


def _named(
    session: Session, card: CardFacts, access: Access | None, rate: HeldRate, at: tuple[datetime, tzinfo]
) -> NamedRate:
    """By the functions that quote a call, but for the carriers: these are asked for a number."""
    price = None if access is None else call_price(session, access, card, rate)
    tariff = rate.tariff if price is None else price.tariff
    lasts_seconds = 0
    if access is not None and price is not None:
        percent = announced_percent(access, card, rate.prefix, rate)
        granted = grant(session, card, price, at).seconds
        lasts_seconds = announced_seconds(granted, percent, say_seconds=card.group.says_seconds)
    return NamedRate(
        rate.prefix,
        rate.destination_name,
        tariff.price_per_minute_micros,
        tariff.connect_fee_micros,
        lasts_seconds,
        bool(tariff.steps),
    )
