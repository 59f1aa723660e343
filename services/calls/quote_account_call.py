"""Quote a call without a card: the price by the account's or the client's table, the routes, the time that balance and
credit last, and what is to be held (JA-39, JA-40).
"""

from datetime import UTC, datetime, tzinfo

from sqlalchemy.orm import Session

from billing.destination_rules import is_permitted
from billing.held_rate import HeldRate
from billing.lcr import CallMoment, RouteChoice, ordered_routes
from billing.rating import CallPrice, affordable_seconds, call_cost
from billing.refusals import Refusal
from services.accounts.account_facts import AccountFacts
from services.calls.quote_call import Quote, passed_over, refusal_without_routes
from services.products.destination_rules import destination_rules
from services.routing.carrier_loads import moment_of
from services.routing.rate_source import RateSource
from services.routing.rate_statement import RATE_STATEMENT
from services.routing.rates import CallRates, SaleTerms, find_rates
from services.taxes.tax_profiles import taxes_of_profile

# A call holds what it may cost at most, so that long limits leave nothing for the client's other calls. Two hours are
# longer than nearly every call; a client whose money is short has calls of half an hour, or of a tenth of the money.
ACCOUNT_CALL_SECONDS_MAX = 7_200
SHORT_OF_MONEY_SECONDS_MAX = 1_800
CALLS_AT_ONCE = 10


def quote_account_call(
    session: Session,
    account: AccountFacts,
    destination: str,
    now: datetime,
    zone: tzinfo = UTC,
    rate_source: RateSource = RATE_STATEMENT,
    draw: int = 0,
) -> Quote | Refusal:
    """`destination` is in international digits, its tech prefix cut off. Without a rate table an account's traffic is
    refused.
    """
    if account.lines_left == 0:
        return Refusal.ALL_LINES_BUSY
    if account.rate_table_id is None:
        return Refusal.NO_RATE
    rates = find_rates(session, account_terms(account), destination, now, zone, rate_source)
    rate = rates.price
    if rate is None:
        return Refusal.NO_RATE
    if rate.is_blocked or not is_permitted(destination, (destination_rules(session, ()).platform,)):
        return Refusal.NOT_ALLOWED
    return _with_routes(session, account, destination, rates, rate, (now, draw))


def _with_routes(
    session: Session,
    account: AccountFacts,
    destination: str,
    rates: CallRates,
    rate: HeldRate,
    at: tuple[datetime, int],
) -> Quote | Refusal:
    price = account_price(session, account, rate)
    limit_seconds = account_seconds(account, price)
    moment = moment_of(session, rates.candidates, *at)
    choice = account_routes(rates, price, limit_seconds, moment)
    routes = choice.routes
    if not routes:
        longest = account_routes(rates, price, ACCOUNT_CALL_SECONDS_MAX, moment)
        if not longest.routes:
            return refusal_without_routes(longest)
    if not routes or limit_seconds == 0:
        return Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    return Quote(
        payer=account,
        destination=destination,
        price=price,
        activates=False,
        rate_prefix=rate.prefix,
        destination_name=rate.destination_name,
        routes=routes,
        limit_seconds=limit_seconds,
        announced_seconds=limit_seconds,
        amount_micros=call_cost(price, limit_seconds).total_micros,
        warning_seconds=(),
        passed_over=passed_over(choice),
    )


def account_terms(account: AccountFacts) -> SaleTerms:
    """Of an account that has a rate table, its own or its client's."""
    assert account.rate_table_id is not None  # noqa: S101 (asked by whoever calls)
    return SaleTerms(account.rate_table_id, account.routing_plan_id, account.currency, account.tag)


def account_price(session: Session, account: AccountFacts, rate: HeldRate) -> CallPrice:
    taxes = taxes_of_profile(session, account.tax_profile_id)
    return CallPrice(tariff=rate.tariff, taxes=taxes.taxes, taxes_included=taxes.are_included)


def account_seconds(account: AccountFacts, price: CallPrice) -> int:
    """How long the money lasts, with room for other calls of the client."""
    available_micros = max(0, account.available_micros)
    calls = CALLS_AT_ONCE if account.lines_left is None else min(CALLS_AT_ONCE, max(1, account.lines_left))
    share_seconds = affordable_seconds(price, available_micros // calls, ACCOUNT_CALL_SECONDS_MAX)
    return affordable_seconds(price, available_micros, max(share_seconds, SHORT_OF_MONEY_SECONDS_MAX))


def account_routes(rates: CallRates, price: CallPrice, granted_seconds: int, moment: CallMoment) -> RouteChoice:
    if rates.plan is None:
        return RouteChoice((), rates.skipped)
    choice = ordered_routes(rates.candidates, price, rates.plan, granted_seconds, moment)
    return RouteChoice(choice.routes, (*rates.skipped, *choice.skipped))
