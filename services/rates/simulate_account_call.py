"""What a call of an account without a card would cost, how long it may last and who would carry it. Nothing is written.

The refusal is that of the function which quotes such calls.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from billing.phone import check_destination
from billing.refusals import Refusal
from models import RateTable
from services.calls.quote_account_call import (
    account_price,
    account_routes,
    account_seconds,
    account_terms,
    quote_account_call,
)
from services.rates.simulate_call import AskedCall, SimulatedCall, SimulationRefused, with_sum, without_price
from services.routing.carrier_loads import moment_of
from services.routing.rates import find_rates

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from services.accounts.account_facts import AccountFacts


def simulate_account_call(
    session: Session, asked: AskedCall, account: AccountFacts, *, balance_micros: int | None = None, draw: int = 0
) -> SimulatedCall:
    """`asked.number` without the account's tech prefix; with the client's balance and credit, or another balance."""
    if account.rate_table_id is None:
        raise SimulationRefused(f"Neither {account.name} nor its client has a rate table for its calls: choose one.")
    if balance_micros is not None:
        account = replace(account, balance_micros=balance_micros, held_micros=0)
    table = session.scalars(select(RateTable.name).where(RateTable.id == account.rate_table_id)).one()
    destination = check_destination(asked.number, (), ())
    if isinstance(destination, Refusal):
        call = SimulatedCall(asked.number, table, account.currency, account.available_micros)
        return replace(call, refusal=destination)
    call = SimulatedCall(destination, table, account.currency, account.available_micros)
    rates = find_rates(session, account_terms(account), destination, asked.at, asked.zone)
    if rates.price is None or rates.price.is_blocked:
        return without_price(call, rates.price)
    price = account_price(session, account, rates.price)
    limit_seconds = account_seconds(account, price)
    moment = moment_of(session, rates.candidates, asked.at, draw)
    quote = quote_account_call(session, account, destination, asked.at, asked.zone, draw=draw)
    call = replace(
        call,
        rate=rates.price,
        price=price,
        announced_seconds=limit_seconds,
        refusal=quote if isinstance(quote, Refusal) else None if account.is_enabled else Refusal.NOT_ALLOWED,
        choice=account_routes(rates, price, limit_seconds, moment),
        moment=moment,
    )
    return with_sum(call, price, limit_seconds, asked.talk_seconds)
