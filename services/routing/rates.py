"""The rates of a call: what it is sold for and what each of its carriers asks, by the longest prefix of the number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from sqlalchemy.orm import Session

from billing.held_rate import HeldRate
from billing.lcr import Candidate, Skipped, SkipReason
from billing.routing_plan import CarrierFacts, PlanRule, PlanTerms, carriers_under, rule_for, terms_under
from services.cards.card_facts import CardFacts
from services.routing.rate_source import RateSource
from services.routing.rate_statement import RATE_STATEMENT


class SaleTerms(NamedTuple):
    """Where a call's prices and routes come from, whoever pays it; the tag is that of an account (JA-41)."""

    rate_table_id: int
    routing_plan_id: int | None
    currency: str
    originator_tag: str = ""


@dataclass(frozen=True, slots=True)
class CallRates:
    """`price` None: no selling rate; `plan` None: there is no routing plan. `skipped` have no price for this call."""

    price: HeldRate | None
    plan: PlanTerms | None
    candidates: tuple[Candidate, ...]
    skipped: tuple[Skipped, ...] = ()


def terms_of_card(card: CardFacts) -> SaleTerms:
    return SaleTerms(card.series.rate_table_id, card.series.routing_plan_id, card.currency)


def find_rates(
    session: Session,
    sale: SaleTerms,
    number: str,
    now: datetime,
    zone: tzinfo = UTC,
    source: RateSource = RATE_STATEMENT,
) -> CallRates:
    """The selling rate, and the rate of each carrier that the plan asks; days and hours are those of `zone`."""
    plan = None if sale.routing_plan_id is None else source.find_plan(session, sale.routing_plan_id)
    if plan is None:
        held = source.rates_that_hold(session, {sale.rate_table_id}, number, now, zone)
        return CallRates(held.get(sale.rate_table_id), None, ())
    rule = rule_for(plan.rules, number, sale.originator_tag)
    carriers = carriers_under(plan, rule)
    # Prices of two currencies cannot be compared, so a carrier with another one takes no part.
    asked = {carrier.rate_table_id for carrier in carriers if carrier.currency == sale.currency}
    held = source.rates_that_hold(session, {sale.rate_table_id, *asked}, number, now, zone)
    skipped: list[Skipped] = []
    candidates: list[Candidate] = []
    for carrier in carriers:
        reason = _unasked(carrier, rule, sale.currency, held)
        if reason is None:
            rate = held[carrier.rate_table_id]
            candidates.append(Candidate(carrier, rate.prefix, rate.tariff, carrier.dialled(number)))
        else:
            skipped.append(Skipped(carrier, reason))
    return CallRates(held.get(sale.rate_table_id), terms_under(plan, rule), tuple(candidates), tuple(skipped))


def _unasked(
    carrier: CarrierFacts, rule: PlanRule | None, currency: str, held: Mapping[int, HeldRate]
) -> SkipReason | None:
    if rule is not None and rule.is_blocked:
        return SkipReason.BLOCKED
    if rule is not None and rule.carrier_tag is not None and carrier.tag != rule.carrier_tag:
        return SkipReason.OTHER_TAG
    if carrier.currency != currency:
        return SkipReason.OTHER_CURRENCY
    rate = held.get(carrier.rate_table_id)
    if rate is None:
        return SkipReason.NO_RATE
    # A blocked prefix of a carrier hides its shorter ones: it does not take these calls at all.
    return SkipReason.BLOCKED if rate.is_blocked else None
