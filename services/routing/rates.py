"""The rates of a call: what its card pays and what each of its carriers asks, by the longest prefix of the number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, null, or_, select, union_all
from sqlalchemy.orm import Session

from billing.lcr import Candidate, RoutingStrategy
from billing.phone import NUMBER_DIGITS_MAX
from billing.rate_choice import Precision, day_minute, has_hours
from billing.rating import Step, Tariff
from models import Account, Client, Rate, RateTable, RoutingPlan, RoutingPlanCarrier
from services.cards.card_facts import CardFacts
from services.store.run import run

TARIFF_NAMES = tuple(name for name in Tariff.__slots__ if name != "steps")
TARIFF_COLUMNS = (*(getattr(Rate, name) for name in TARIFF_NAMES), Rate.steps)
CARRIER_COLUMNS = (
    Account.id.label("carrier_id"),
    Account.endpoint,
    Account.ring_seconds,
    RoutingPlanCarrier.priority,
    RoutingPlan.strategy,
    RoutingPlan.routes_max,
    RoutingPlan.price_cap_percent,
)
RATE_COLUMNS = (
    Rate.prefix,
    Rate.valid_from,
    Rate.days,
    Rate.from_minute,
    Rate.until_minute,
    Rate.is_blocked,
    Rate.destination_name,
    Rate.ghost_minutes_percent,
)
PREFIX_NAMES = tuple(f"prefix_{length}" for length in range(1, NUMBER_DIGITS_MAX + 1))
TARIFFS_KEPT_MAX = 10_000
_TARIFF_FROM = len(CARRIER_COLUMNS) + len(RATE_COLUMNS)


def _rates_that_hold(whose: Sequence[Any]) -> Select[*tuple[Any, ...]]:
    """Every rate of which the number has the prefix, in its period."""
    return select(*whose, *RATE_COLUMNS, *TARIFF_COLUMNS).where(
        Rate.prefix.in_([bindparam(name) for name in PREFIX_NAMES]),
        Rate.valid_from <= bindparam("now"),
        or_(Rate.valid_until.is_(None), Rate.valid_until > bindparam("now")),
        Rate.days.bitwise_and(bindparam("day")) != 0,
        Rate.from_minute <= bindparam("minute"),
        Rate.until_minute > bindparam("minute"),
    )


BUYING = (
    _rates_that_hold(CARRIER_COLUMNS)
    .select_from(RoutingPlan)
    .join(RoutingPlanCarrier, RoutingPlanCarrier.routing_plan_id == RoutingPlan.id)
    .join(Account, Account.id == RoutingPlanCarrier.account_id)
    .join(Client, Client.id == Account.client_id)
    .join(RateTable, RateTable.id == func.coalesce(Account.terminator_rate_table_id, Client.terminator_rate_table_id))
    .join(Rate, Rate.rate_table_id == RateTable.id)
    # Prices of two currencies cannot be compared, so a carrier with another one takes no part.
    .where(RoutingPlan.id == bindparam("routing_plan"), RateTable.currency == bindparam("currency"))
    .where(Account.terminator_enabled, Client.is_enabled)
)
SELLING = _rates_that_hold([null()] * len(CARRIER_COLUMNS)).where(Rate.rate_table_id == bindparam("rate_table"))
RATES_OF_CALL = union_all(BUYING, SELLING)  # one statement for a quote; the selling rate has no carrier


@dataclass(frozen=True, slots=True)
class Price:
    """The selling rate that holds for a number at a moment."""

    prefix: str
    destination_name: str
    is_blocked: bool
    ghost_minutes_percent: int | None
    tariff: Tariff


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """How a routing plan chooses among its carriers."""

    strategy: RoutingStrategy
    routes_max: int
    price_cap_percent: int | None


@dataclass(frozen=True, slots=True)
class CallRates:
    """`price` None: no selling rate; `plan` None: no carrier of the plan has a rate for the number."""

    price: Price | None
    plan: PlanTerms | None
    candidates: tuple[Candidate, ...]


def find_rates(session: Session, card: CardFacts, number: str, now: datetime, zone: tzinfo = UTC) -> CallRates:
    """The selling rate of the card, and the rate of each carrier of its plan; days and hours are those of `zone`."""
    series = card.series
    at = day_minute(now, zone)
    tables = {"rate_table": series.rate_table_id, "routing_plan": series.routing_plan_id, "currency": card.currency}
    values = {**tables, **prefixes_of(number), "now": now, "day": at.day, "minute": at.minute}
    best: dict[int | None, Row[*tuple[Any, ...]]] = {}
    for row in run(session, RATES_OF_CALL, values).all():
        known = best.get(row.carrier_id)
        if known is None or _precision(row) > _precision(known):
            best[row.carrier_id] = row
    sold = best.pop(None, None)
    plan = next((PlanTerms(row.strategy, row.routes_max, row.price_cap_percent) for row in best.values()), None)
    # A blocked prefix of a carrier hides its shorter ones: it does not take these calls at all.
    candidates = tuple(_candidate(row, number) for row in best.values() if not row.is_blocked)
    return CallRates(None if sold is None else _price(sold), plan, candidates)


def prefixes_of(number: str) -> dict[str, str]:
    """Every prefix of the number by its name in the statement; a number that is shorter stands there more than once."""
    return {name: number[:length] for length, name in enumerate(PREFIX_NAMES, 1)}


def _precision(row: Row[*tuple[Any, ...]]) -> Precision:
    return Precision(len(row.prefix), has_hours(row.days, row.from_minute, row.until_minute), row.valid_from)


def _price(row: Row[*tuple[Any, ...]]) -> Price:
    return Price(row.prefix, row.destination_name, row.is_blocked, row.ghost_minutes_percent, _tariff(row))


def _candidate(row: Row[*tuple[Any, ...]], number: str) -> Candidate:
    return Candidate(
        carrier_id=row.carrier_id,
        endpoint=row.endpoint,
        prefix=row.prefix,
        buy=_tariff(row),
        priority=row.priority,
        ring_seconds=row.ring_seconds,
        number=number,
    )


def _tariff(row: Row[*tuple[Any, ...]]) -> Tariff:
    return _made(row[_TARIFF_FROM:-1], tuple(tuple(step.items()) for step in row.steps))


@lru_cache(maxsize=TARIFFS_KEPT_MAX)
def _made(terms: tuple[Any, ...], steps: tuple[tuple[tuple[str, int], ...], ...]) -> Tariff:
    """A tariff checks its terms when it is made; rate tables have few that differ."""
    complete: list[Any] = [*terms, tuple(Step(**dict(step)) for step in steps)]
    return Tariff(*complete)
