"""What a call would cost: number, table or card, moment and balance in; rate, limit, announcement and a worked sum out.

Nothing is written. Price, limit and sum come from the functions that quote and bill real calls.
"""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.announcement import GHOST_PERCENT_NEUTRAL, announced_seconds
from billing.destination_rules import is_permitted
from billing.explain_cost import CostLine, explained_cost
from billing.held_rate import HeldRate
from billing.lcr import NOMINAL_SECONDS, CallMoment, RouteChoice
from billing.phone import check_destination
from billing.rating import AccessSurcharge, CallPrice, affordable_seconds, call_cost, call_price_as_json
from billing.refusals import Refusal
from models import AccessNumber, IvrPlanGroup, RateTable
from services.calls.access import Access, find_access
from services.calls.day_limits import DayLeft
from services.calls.quote_call import announced_percent, call_price, choose_routes, grant, routes_refusal
from services.cards.card_facts import CardFacts
from services.routing.carrier_loads import moment_of
from services.routing.rate_statement import RATE_STATEMENT
from services.routing.rates import find_rates, terms_of_card

NOT_PLAIN = ("rate", "price", "lines", "day_left", "choice", "moment")
CALL_SECONDS_MAX_DEFAULT = 14_400  # a group's default; a table alone has no limit of a call


class SimulationRefused(ValueError):
    """There is nothing to simulate; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class AskedCall:
    """`talk_seconds` None: the sum is that of the longest call, or of one second where not even that is paid. Days and
    hours of rates are those of `zone`.
    """

    number: str
    at: datetime
    zone: tzinfo
    talk_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """`refusal`: what the caller would hear instead. Without a rate there is no price, limit or sum.

    The sum in `lines` is that of `talk_seconds`, which may be more than the limit.
    """

    number: str
    rate_table: str
    currency: str
    available_micros: int
    refusal: Refusal | None = None
    rate: HeldRate | None = None
    price: CallPrice | None = None
    limit_seconds: int = 0
    limit_cost_micros: int = 0
    announced_percent: int = GHOST_PERCENT_NEUTRAL
    announced_seconds: int = 0
    talk_seconds: int = 0
    cost_micros: int = 0
    lines: tuple[CostLine, ...] = ()
    day_left: DayLeft | None = None  # what a limit of the day leaves to this call
    choice: RouteChoice | None = None  # the carriers of the call; None where none was asked for
    moment: CallMoment | None = None

    def as_object(self) -> dict[str, Any]:
        """For JSON: the rate flat, the price as it would be frozen."""
        rate, left = self.rate, self.day_left
        return {
            **{name: getattr(self, name) for name in self.__slots__ if name not in NOT_PLAIN},
            "day_left_micros": left.spend_micros if left else None,
            "day_left_seconds": left.talk_seconds if left else None,
            "refusal": self.refusal.value if self.refusal else None,
            "prefix": rate.prefix if rate else None,
            "destination_name": rate.destination_name if rate else None,
            "is_blocked": rate.is_blocked if rate else None,
            "price": call_price_as_json(self.price) if self.price else None,
            "lines": [{name: getattr(line, name) for name in CostLine.__slots__} for line in self.lines],
        }


def lookup_rate(session: Session, table_id: int, number: str, now: datetime, zone: tzinfo) -> HeldRate | None:
    """The rate of the table that holds for the number (international digits) at the moment."""
    return RATE_STATEMENT.rates_that_hold(session, {table_id}, number, now, zone).get(table_id)


def international_number(text: str) -> str:
    """Digits without "+"; local habits of dialling are those of an IVR plan, so a table alone does not know them."""
    number = check_destination(text, (), ())
    if isinstance(number, Refusal):
        raise SimulationRefused(f"{text!r} is no number: write it in international form, such as 37061234567.")
    return number


def simulate_table_call(
    session: Session,
    asked: AskedCall,
    table_id: int,
    balance_micros: int,
    *,
    call_seconds_min: int = 1,
    call_seconds_max: int = CALL_SECONDS_MAX_DEFAULT,
) -> SimulatedCall:
    """By a table alone: without taxes, surcharge of an access number or activation fee."""
    digits = international_number(asked.number)
    table = session.execute(select(RateTable.name, RateTable.currency).where(RateTable.id == table_id)).one()
    call = SimulatedCall(digits, table.name, table.currency, balance_micros)
    rate = lookup_rate(session, table_id, digits, asked.at, asked.zone)
    if rate is None or rate.is_blocked:
        return without_price(call, rate)
    price = CallPrice(rate.tariff)
    limit_seconds = affordable_seconds(price, balance_micros, call_seconds_max)
    percent = rate.ghost_minutes_percent or GHOST_PERCENT_NEUTRAL
    is_short = limit_seconds < call_seconds_min
    call = replace(
        call,
        rate=rate,
        price=price,
        announced_percent=percent,
        announced_seconds=announced_seconds(limit_seconds, percent, say_seconds=True),
        refusal=Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION if is_short else None,
    )
    return with_sum(call, price, limit_seconds, asked.talk_seconds)


def simulate_card_call(
    session: Session,
    asked: AskedCall,
    card: CardFacts,
    *,
    access_number: str | None = None,
    balance_micros: int | None = None,
    draw: int = 0,
) -> SimulatedCall:
    """As the next call of the card over the access number (None: over any, without its surcharge), with the card's
    balance or another one, by its carriers, and within what its limits leave of the day.
    """
    access = access_of_card(session, card, access_number)
    if balance_micros is not None:
        card = replace(card, balance_micros=balance_micros, held_micros=0, open_holds=0)
    table = session.execute(select(RateTable.name).where(RateTable.id == card.series.rate_table_id)).one()
    destination = check_destination(asked.number, access.rewrite_rules, access.emergency_numbers)
    digits = asked.number if isinstance(destination, Refusal) else destination
    call = SimulatedCall(digits, table.name, card.currency, card.available_micros)
    if isinstance(destination, Refusal):
        return replace(call, refusal=destination)
    rates = find_rates(session, terms_of_card(card), destination, asked.at, asked.zone)
    rate = rates.price
    if rate is None or rate.is_blocked:
        return without_price(call, rate)
    price = call_price(session, access, card, rate)
    granted = grant(session, card, price, (asked.at, asked.zone))
    limit_seconds = granted.seconds
    moment = moment_of(session, rates.candidates, asked.at, draw)
    choice = choose_routes(card, rates, price, limit_seconds or NOMINAL_SECONDS, moment)
    no_route = routes_refusal(card, rates, price, choice, (limit_seconds, moment))
    percent = announced_percent(access, card, destination, rate)
    call = replace(
        call,
        rate=rate,
        price=price,
        announced_percent=percent,
        announced_seconds=announced_seconds(limit_seconds, percent, say_seconds=card.group.says_seconds),
        refusal=_refusal(access, card, destination, asked.at) or no_route,
        day_left=granted.day_left if granted.day_limits else None,
        choice=choice,
        moment=moment,
    )
    return with_sum(call, price, limit_seconds, asked.talk_seconds)


def access_of_card(session: Session, card: CardFacts, number: str | None = None) -> Access:
    """The access number that was named, or the first that leads to the card's group."""
    query = (
        select(AccessNumber.number)
        .join(IvrPlanGroup, IvrPlanGroup.ivr_plan_id == AccessNumber.ivr_plan_id)
        .where(IvrPlanGroup.card_group_id == card.group.id)
        .order_by(AccessNumber.number)
    )
    for named in [number] if number else session.scalars(query):
        access = find_access(session, named)
        if access is not None and card.group.id in access.group_ids:
            return access if number else replace(access, surcharge=AccessSurcharge())
    which = f"The access number {number} does not lead" if number else "No open access number leads"
    raise SimulationRefused(f"{which} to the group of card {card.number}: see callingcard plan list.")


def _refusal(access: Access, card: CardFacts, destination: str, now: datetime) -> Refusal | None:
    """In the order in which a call would find it, before carriers are asked."""
    stopped = card.stopped_by(now)
    if stopped is not None:
        return stopped
    if not is_permitted(destination, access.destination_rules(card.group.id, card.series.id)):
        return Refusal.NOT_ALLOWED
    return None


def without_price(call: SimulatedCall, rate: HeldRate | None) -> SimulatedCall:
    return replace(call, rate=rate, refusal=Refusal.NO_RATE if rate is None else Refusal.NOT_ALLOWED)


def with_sum(call: SimulatedCall, price: CallPrice, limit_seconds: int, talk_seconds: int | None) -> SimulatedCall:
    seconds = max(1, limit_seconds) if talk_seconds is None else talk_seconds
    return replace(
        call,
        limit_seconds=limit_seconds,
        limit_cost_micros=call_cost(price, limit_seconds).total_micros,
        talk_seconds=seconds,
        cost_micros=call_cost(price, seconds).total_micros,
        lines=explained_cost(price, seconds),
    )
