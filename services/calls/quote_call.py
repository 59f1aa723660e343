"""Quote a call: the price of the destination for this card, the routes, the time the money lasts, and what is to
be held.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from sqlalchemy.orm import Session

from billing.announcement import announced_seconds, ghost_percent_for
from billing.destination_rules import is_permitted
from billing.held_rate import HeldRate
from billing.lcr import CallMoment, Route, RouteChoice, SkipReason, ordered_routes
from billing.rating import FREE_PRICE, CallPrice, affordable_seconds, call_cost
from billing.refusals import Refusal
from billing.states import ActivatesOn, CardStatus, CardType
from billing.taxes import NO_TAXES, CallTaxes
from services.accounts.account_facts import AccountFacts
from services.calls.access import Access
from services.calls.day_limits import DayLeft, DayLimits, day_left, find_day_limits
from services.calls.frozen_quote import PassedOver
from services.cards.card_facts import CardFacts, get_card
from services.routing.carrier_loads import moment_of
from services.routing.rate_source import RateSource
from services.routing.rate_statement import RATE_STATEMENT
from services.routing.rates import CallRates, find_rates, terms_of_card
from services.taxes.tax_profiles import taxes_of_profile

NO_LIMITS = DayLeft(None, None)
PASSED_OVER_KEPT_MAX = 10  # a plan may name hundreds


@dataclass(frozen=True, slots=True)
class Quote:
    """What the hold freezes, whoever pays. `limit_seconds` is what the money pays; `announced_seconds` what the caller
    is told.
    """

    payer: CardFacts | AccountFacts
    destination: str
    price: CallPrice
    activates: bool
    rate_prefix: str
    destination_name: str
    routes: tuple[Route, ...]
    limit_seconds: int
    announced_seconds: int
    amount_micros: int
    warning_seconds: tuple[int, ...]
    day_limits: DayLimits | None = None
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def card(self) -> CardFacts:
        """Of a call that a card pays."""
        assert isinstance(self.payer, CardFacts)  # noqa: S101 (who asks for the card knows that there is one)
        return self.payer


def quote_call(  # noqa: PLR0913 (the call, and where its prices come from)
    session: Session,
    access: Access,
    card: CardFacts,
    destination: str,
    now: datetime,
    zone: tzinfo = UTC,
    *,
    is_pinless: bool = False,
    rate_source: RateSource = RATE_STATEMENT,
    draw: int = 0,
) -> Quote | Refusal:
    """The first failing line of features.md 5.3 DEST decides. The card is read afresh: since it was identified it may
    have been recharged, or another call of it may have ended.

    `destination` is in international digits, already rewritten. Limits of a day end with the day of `zone`;
    `is_pinless`: no PIN was keyed in this call. `rate_source` is the server's deck of rates, if it has one; `draw`
    decides among carriers that share the calls, and in pools of caller ids (billing.share).
    """
    card = get_card(session, card.card_id)
    if not is_permitted(destination, access.destination_rules(card.group.id, card.series.id)):
        return Refusal.NOT_ALLOWED
    rates = find_rates(session, terms_of_card(card), destination, now, zone, rate_source)
    rate = rates.price
    if rate is None:
        return Refusal.NO_RATE
    if rate.is_blocked:
        return Refusal.NOT_ALLOWED
    price = call_price(session, access, card, rate)
    granted = grant(session, card, price, (now, zone), is_pinless=is_pinless)
    limit_seconds = granted.seconds
    moment = moment_of(session, rates.candidates, now, draw)
    choice = choose_routes(card, rates, price, limit_seconds, moment)
    refusal = routes_refusal(card, rates, price, choice, (limit_seconds, moment))
    if refusal is not None:
        return refusal
    return Quote(
        payer=card,
        destination=destination,
        price=price,
        activates=_activates(card),
        rate_prefix=rate.prefix,
        destination_name=rate.destination_name,
        routes=choice.routes,
        limit_seconds=limit_seconds,
        announced_seconds=_announced_seconds(access, card, destination, rate, limit_seconds),
        amount_micros=call_cost(price, limit_seconds).total_micros,
        warning_seconds=access.warning_seconds,
        day_limits=granted.day_limits,
        passed_over=passed_over(choice),
    )


@dataclass(frozen=True, slots=True)
class Granted:
    """How long money and day last, before any carrier is asked."""

    seconds: int
    day_limits: DayLimits | None
    day_left: DayLeft


def grant(
    session: Session, card: CardFacts, price: CallPrice, at: tuple[datetime, tzinfo], *, is_pinless: bool = False
) -> Granted:
    day_limits = find_day_limits(card.group, *at, is_pinless=is_pinless)
    left = NO_LIMITS if day_limits is None else day_left(session, card, day_limits)
    return Granted(affordable_seconds(price, share_micros(card, left), _seconds_max(card, left)), day_limits, left)


def routes_refusal(
    card: CardFacts, rates: CallRates, price: CallPrice, choice: RouteChoice, granted: tuple[int, CallMoment]
) -> Refusal | None:
    """`choice` is that of the granted seconds; None: the call goes on."""
    limit_seconds, moment = granted
    if not choice.routes:
        longest = choose_routes(card, rates, price, card.group.call_seconds_max, moment)
        if not longest.routes:
            return refusal_without_routes(longest)
    # A carrier's first block makes a very short call a loss: it is the money that is short.
    is_short = not choice.routes or is_money_short(card, limit_seconds)
    return Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION if is_short else None


def call_price(session: Session, access: Access, card: CardFacts, rate: HeldRate) -> CallPrice:
    """An unlimited card calls the destinations of its table for nothing (V-7)."""
    activation_fee_micros = card.series.activation_fee_micros if _activates(card) else 0
    if card.group.card_type is CardType.UNLIMITED:
        return replace(FREE_PRICE, activation_fee_micros=activation_fee_micros)
    taxes = _taxes(session, access, card.series.tax_profile_id)
    return CallPrice(
        tariff=rate.tariff,
        access_surcharge=access.surcharge,
        taxes=taxes.taxes,
        activation_fee_micros=activation_fee_micros,
        taxes_included=taxes.are_included,
    )


def _taxes(session: Session, access: Access, profile_id: int | None) -> CallTaxes:
    """A profile that is newer than the access number's kept facts is read now: no call goes untaxed."""
    known = NO_TAXES if profile_id is None else access.taxes.get(profile_id)
    return taxes_of_profile(session, profile_id) if known is None else known


def _activates(card: CardFacts) -> bool:
    return card.status is CardStatus.PENDING and card.group.activates_on is ActivatesOn.FIRST_ANSWERED_CALL


def share_micros(card: CardFacts, left: DayLeft = NO_LIMITS) -> int:
    """With several calls at once, a call may hold only its share of what is there (features.md 3.1), and of what the
    day leaves.
    """
    there = card.available_micros if left.spend_micros is None else min(card.available_micros, left.spend_micros)
    return there // _calls_left(card)


def _seconds_max(card: CardFacts, left: DayLeft) -> int:
    if left.talk_seconds is None:
        return card.group.call_seconds_max
    return max(0, min(card.group.call_seconds_max, left.talk_seconds // _calls_left(card)))


def _calls_left(card: CardFacts) -> int:
    return max(1, card.calls_max - card.open_holds)


def choose_routes(
    card: CardFacts, rates: CallRates, price: CallPrice, granted_seconds: int, moment: CallMoment
) -> RouteChoice:
    """The carriers of the card's call, and why others are passed over."""
    if rates.plan is None:
        return RouteChoice((), rates.skipped)
    # An unlimited card was paid in advance: each of its calls earns nothing, so every carrier would look like a loss.
    is_guarded = rates.plan.loss_guard and card.group.card_type is not CardType.UNLIMITED
    terms = replace(rates.plan, loss_guard=is_guarded)
    choice = ordered_routes(rates.candidates, price, terms, granted_seconds, moment)
    return RouteChoice(choice.routes, (*rates.skipped, *choice.skipped))


def passed_over(choice: RouteChoice) -> tuple[PassedOver, ...]:
    """Those that another moment would not pass over; all other reasons `route test` tells at any time."""
    momentary = (one for one in choice.skipped if one.reason in {SkipReason.FULL, SkipReason.RESTED})
    return tuple(PassedOver(one.carrier.endpoint, one.reason) for one in momentary)[:PASSED_OVER_KEPT_MAX]


def refusal_without_routes(choice: RouteChoice) -> Refusal:
    """Carriers that are full now may take the next call; all others would pass it over again."""
    is_full = any(skipped.reason is SkipReason.FULL for skipped in choice.skipped)
    return Refusal.ALL_LINES_BUSY if is_full else Refusal.NO_ROUTE


def is_money_short(card: CardFacts, limit_seconds: int) -> bool:
    group = card.group
    return limit_seconds < group.call_seconds_min or card.available_micros < group.balance_min_to_call_micros


def _announced_seconds(access: Access, card: CardFacts, destination: str, rate: HeldRate, limit_seconds: int) -> int:
    percent = announced_percent(access, card, destination, rate)
    return announced_seconds(limit_seconds, percent, say_seconds=card.group.says_seconds)


def announced_percent(access: Access, card: CardFacts, destination: str, rate: HeldRate) -> int:
    """The longest prefix wins, be it a percent of the rate or one of the group's list; else the group's own."""
    overrides = dict(access.ghost_percents.get(card.group.id, {}))
    if rate.ghost_minutes_percent is not None:
        overrides.setdefault(rate.prefix, rate.ghost_minutes_percent)
    return ghost_percent_for(destination, overrides, card.group.ghost_minutes_percent)
