"""callingcard rates lookup and simulate: what a call costs, and why."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime

import click
from rich.table import Table
from sqlalchemy import select

from billing.money import text_from_micros
from billing.rating import Tariff
from billing.share import DRAWS
from command_line.amount import AMOUNT
from command_line.errors import Failure
from command_line.form import id_of
from command_line.installation import now, read_session, settings
from command_line.own_rows import known_card
from command_line.rate_options import MOMENT
from command_line.route_table import show_routes
from command_line.show import console, emit_json, json_option, money
from ivr_prompts.compose import spoken_duration, transcript
from ivr_prompts.language import load_language
from models import RateTable
from services.accounts.account_facts import get_account
from services.accounts.find_account import find_account_id
from services.calls.day_limits import DayLeft
from services.rates.simulate_account_call import simulate_account_call
from services.rates.simulate_call import (
    AskedCall,
    SimulatedCall,
    SimulationRefused,
    international_number,
    lookup_rate,
    simulate_card_call,
    simulate_table_call,
)
from services.routing.explain_routes import explain_routes
from services.store.version_check import NotThere

TALK_SECONDS_MAX = 86_400
at_option = click.option("--at", type=MOMENT, help="At which moment.  [default: now]")


@click.command()
@click.argument("number")
@click.option("--table", required=True, help="The rate table.")
@at_option
@json_option
def lookup(number: str, *, table: str, at: datetime | None, as_json: bool) -> None:
    """Show the rate by which the rate TABLE would charge a call to NUMBER (international digits)."""
    with refusing_simulation(), read_session() as session:
        table_id = id_of(session, RateTable, "rate table", table)
        currency = session.scalars(select(RateTable.currency).where(RateTable.id == table_id)).one()
        digits = international_number(number)
        rate = lookup_rate(session, table_id, digits, at or now(), settings().zone)
    if rate is None:
        raise Failure(f"The table {table} has no rate for {digits} then.", f"callingcard rates prefixes {table!r}")
    terms = dict(_terms(rate.tariff, currency))
    if as_json:
        tariff = {field.name: getattr(rate.tariff, field.name) for field in fields(Tariff) if field.name != "steps"}
        words = {name: getattr(rate, name) for name in ("prefix", "destination_name", "is_blocked")}
        steps = [{field.name: getattr(step, field.name) for field in fields(step)} for step in rate.tariff.steps]
        emit_json(
            {"number": digits, **words, "ghost_minutes_percent": rate.ghost_minutes_percent, **tariff, "steps": steps}
        )
        return
    shown = _pairs()
    shown.add_row("number", digits)
    shown.add_row("prefix", f"{rate.prefix} {rate.destination_name}{' (blocked)' if rate.is_blocked else ''}")
    for name, value in terms.items():
        shown.add_row(name, value)
    if rate.ghost_minutes_percent is not None:
        shown.add_row("announced", f"{rate.ghost_minutes_percent} % of the minutes")
    console.print(shown)


@click.command()
@click.argument("number")
@click.option("--card", help="As a call of this card.")
@click.option("--account", help="As a call of this account without a card, its number without the tech prefix.")
@click.option("--table", help="By this rate table alone.")
@click.option("--access", help="Over this access number, with its surcharge (only with --card).")
@click.option("--balance", type=AMOUNT, help="With this balance.  [default: that of card or client]")
@click.option(
    "--seconds", type=click.IntRange(0, TALK_SECONDS_MAX), help="Sum of so long a call.  [default: the longest]"
)
@at_option
@json_option
def simulate(  # noqa: PLR0913 (its options)
    number: str,
    *,
    card: str | None,
    account: str | None,
    table: str | None,
    access: str | None,
    balance: int | None,
    seconds: int | None,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Show what a call to NUMBER would cost, how long the money lasts, what is announced, and who would carry it at
    which margin: each term of the sum.
    """
    if sum(given is not None for given in (card, account, table)) != 1:
        raise click.UsageError("Give one of --card, --account and --table.")
    if table is not None and balance is None:
        raise click.UsageError("A table has no balance: give --balance.")
    if card is None and access is not None:
        raise click.UsageError("Only calls of cards come over an access number: leave --access out.")
    asked = AskedCall(number, at or now(), settings().zone, seconds)
    draw = secrets.randbelow(DRAWS)
    with refusing_simulation(), read_session() as session:
        if table is not None and balance is not None:
            table_id = id_of(session, RateTable, "rate table", table)
            call = simulate_table_call(session, asked, table_id, balance)
        elif account is not None:
            facts = get_account(session, find_account_id(session, account))
            call = simulate_account_call(session, asked, facts, balance_micros=balance, draw=draw)
        else:
            found = known_card(session, str(card))
            call = simulate_card_call(session, asked, found, access_number=access, balance_micros=balance, draw=draw)
    explained = explain_routes(call, call.talk_seconds)
    if as_json:
        emit_json({**call.as_object(), "routes": explained.as_object()["routes"]})
        return
    _show(call)
    if explained.routes:
        console.print("\nCarriers")
        show_routes(explained)


@contextmanager
def refusing_simulation() -> Iterator[None]:
    """What cannot be simulated is a failure with the service's own sentence."""
    try:
        yield
    except (SimulationRefused, NotThere) as refused:
        raise Failure(str(refused)) from refused


LOOKUP_COMMANDS = (lookup, simulate)


def _show(call: SimulatedCall) -> None:
    shown = _pairs()
    for name, value in _facts(call):
        shown.add_row(name, value)
    console.print(shown)
    if not call.lines:
        return
    beyond = " (more than the money pays)" if call.talk_seconds > call.limit_seconds else ""
    console.print(f"\nA call of {call.talk_seconds} s{beyond}")
    total = Table(box=None, show_header=False)
    total.add_column(justify="right")
    for line in call.lines:
        amount = text_from_micros(line.amount_micros, 6)
        total.add_row(f"({amount})" if line.is_contained else amount, line.what, line.how)
    total.add_row(text_from_micros(call.cost_micros, 6), "cost", f"leaves {_left(call)}")
    console.print(total)


def _facts(call: SimulatedCall) -> Iterator[tuple[str, str]]:
    yield "number", call.number
    yield "rate table", call.rate_table
    if call.rate is not None:
        yield "prefix", f"{call.rate.prefix} {call.rate.destination_name}{' (blocked)' if call.rate.is_blocked else ''}"
        yield from _terms(call.rate.tariff, call.currency)
    yield "available", money(call.available_micros, call.currency)
    if call.price is not None:
        yield "limit", f"{call.limit_seconds} s, which cost {money(call.limit_cost_micros, call.currency)}"
        language = load_language("en")
        is_exact = bool(call.announced_seconds % 60)
        spoken = transcript(language, spoken_duration(language, call.announced_seconds, say_seconds=is_exact))
        yield "announced", f"{spoken} ({call.announced_seconds} s, {call.announced_percent} % of the limit)"
    if call.day_left is not None:
        yield "left today", " and ".join(_left_today(call.day_left, call.currency))
    if call.refusal is not None:
        yield "refused", call.refusal.value


def _left_today(left: DayLeft, currency: str) -> Iterator[str]:
    """Below 0 where a limit was lowered after it was used."""
    if left.spend_micros is not None:
        yield money(max(0, left.spend_micros), currency)
    if left.talk_seconds is not None:
        yield f"{max(0, left.talk_seconds)} s"


def _terms(tariff: Tariff, currency: str) -> Iterator[tuple[str, str]]:
    """Those that are on, as people read them."""
    yield "price per minute", money(tariff.price_per_minute_micros, currency)
    yield "blocks", f"{tariff.first_block_seconds}/{tariff.increment_seconds} s"
    for field in fields(Tariff):
        value = getattr(tariff, field.name)
        if not value or field.name in ("price_per_minute_micros", "first_block_seconds", "increment_seconds"):
            continue
        name = field.name.removesuffix("_micros").replace("_", " ")
        if field.name == "steps":
            for place, step in enumerate(tariff.steps, 1):
                fee = f", fee {money(step.fee_micros, currency)}" if step.fee_micros else ""
                price = money(step.price_per_minute_micros, currency)
                yield f"step {place}", f"{step.seconds} s at {price} by {step.increment_seconds} s{fee}"
        else:
            yield name, money(value, currency) if field.name.endswith("_micros") else f"{value} s"


def _left(call: SimulatedCall) -> str:
    return money(call.available_micros - call.cost_micros, call.currency)


def _pairs() -> Table:
    return Table(show_header=False, box=None)
