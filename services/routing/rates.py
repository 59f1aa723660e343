"""The rates of a call: what it is sold for and what each of its carriers asks, by the longest prefix of the number."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from sqlalchemy.orm import Session

from billing.held_rate import HeldRate
from billing.lcr import Candidate
from services.cards.card_facts import CardFacts
from services.routing.plan_facts import CarrierFacts, PlanFacts, PlanTerms
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
    """`price` None: no selling rate; `plan` None: no carrier of the plan has a rate for the number."""

    price: HeldRate | None
    plan: PlanTerms | None
    candidates: tuple[Candidate, ...]


def terms_of_card(card: CardFacts) -> SaleTerms:
    return SaleTerms(card.series.rate_table_id, card.series.routing_plan_id, card.currency)


def find_rates(
    session: Session,
    terms: SaleTerms,
    number: str,
    now: datetime,
    zone: tzinfo = UTC,
    source: RateSource = RATE_STATEMENT,
) -> CallRates:
    """The selling rate, and the rate of each carrier of the plan; days and hours are those of `zone`."""
    selling_id, plan_id = terms.rate_table_id, terms.routing_plan_id
    plan = None if plan_id is None else source.find_plan(session, plan_id)
    # Prices of two currencies cannot be compared, so a carrier with another one takes no part.
    carriers = () if plan is None else tuple(it for it in plan.carriers if it.currency == terms.currency)
    tables = {selling_id, *(carrier.rate_table_id for carrier in carriers)}
    held = source.rates_that_hold(session, tables, number, now, zone)
    asked = [(carrier, rate) for carrier in carriers if (rate := held.get(carrier.rate_table_id)) is not None]
    # A blocked prefix of a carrier hides its shorter ones: it does not take these calls at all.
    candidates = tuple(_candidate(carrier, rate, number) for carrier, rate in asked if not rate.is_blocked)
    return CallRates(held.get(selling_id), _terms(plan) if asked else None, candidates)


def _terms(plan: PlanFacts | None) -> PlanTerms | None:
    return None if plan is None else plan.terms


def _candidate(carrier: CarrierFacts, rate: HeldRate, number: str) -> Candidate:
    return Candidate(
        carrier_id=carrier.carrier_id,
        endpoint=carrier.endpoint,
        prefix=rate.prefix,
        buy=rate.tariff,
        priority=carrier.priority,
        ring_seconds=carrier.ring_seconds,
        number=number,
    )
