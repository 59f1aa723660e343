"""callingcard rates add, change, end, block, unblock and prefixes: single rates of a table."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from rich.table import Table
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from billing.rate_times import text_of_days, text_of_hours
from command_line.actor import cli_actor
from command_line.errors import Failure, refusing
from command_line.form import field_options, id_of, values_of
from command_line.installation import now, read_session, settings, write_session
from command_line.rate_options import MOMENT, id_option, time_options
from command_line.show import console, emit_json, json_option, money
from models import Rate, RateTable
from services.rates.block_prefix import block_prefix, unblock_prefix
from services.rates.check_rate import prefix_problem
from services.rates.live_rates import live_rates
from services.rates.rate_fields import RATE_FIELDS
from services.rates.rate_report import RATES_SHOWN_MAX, rates_of_table
from services.rates.save_rate import SavedRate, add_rate, change_rate, end_rate
from services.store.fields import Field

IN_WORDS = ("prefix", "days", "from_minute", "until_minute")  # given as arguments or in words of their own
OPTIONS: tuple[Field, ...] = tuple(field for field in RATE_FIELDS if field.name not in IN_WORDS)
NEW_OPTIONS = tuple(field for field in OPTIONS if field.name != "is_blocked")


@click.command()
@click.argument("table")
@click.argument("prefix")
@field_options(NEW_OPTIONS)
@time_options
@json_option
def add(table: str, prefix: str, *, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options)
    """Add a rate of PREFIX to the rate TABLE; it holds from now unless --valid-from says another moment."""
    with refusing(), write_session() as session:
        values = {**_values(session, asked), "prefix": prefix}
        saved = add_rate(session, _table_id(session, table), values, cli_actor(), now(), **_ghost())
    _tell(f"The rate of {prefix} is added to {table}.", [saved], as_json=as_json)


@click.command()
@click.argument("table")
@click.argument("prefix")
@click.option("--from", "begins_at", type=MOMENT, help="When the new terms begin.  [default: now]")
@id_option
@click.option("--no-steps", is_flag=True, help="Without steps from now on.")
@field_options(OPTIONS)
@time_options
@json_option
def change(
    table: str,
    prefix: str,
    *,
    begins_at: datetime | None,
    rate_id: int | None,
    no_steps: bool,
    as_json: bool,
    **asked: Any,  # noqa: ANN401
) -> None:
    """Give PREFIX other terms from now or --from on; what is not given stays, and what it cost before is kept."""
    with refusing(), write_session() as session:
        values = _values(session, asked) | ({"steps": []} if no_steps else {})
        chosen = _rate_id(session, table, prefix, rate_id, begins_at)
        saved = change_rate(session, chosen, values, cli_actor(), now(), begins_at=begins_at, **_ghost())
    _tell(f"The rate of {prefix} in {table} is changed.", [saved], as_json=as_json)


@click.command()
@click.argument("table")
@click.argument("prefix")
@click.option("--at", "ends_at", type=MOMENT, help="When it ends.  [default: now]")
@id_option
@json_option
def end(table: str, prefix: str, *, ends_at: datetime | None, rate_id: int | None, as_json: bool) -> None:
    """End the rate of PREFIX in the rate TABLE; calls that run keep their price."""
    with refusing(), write_session() as session:
        chosen = _rate_id(session, table, prefix, rate_id, ends_at)
        end_rate(session, chosen, cli_actor(), now(), ends_at=ends_at)
        left = [str(row.id) for row in _lasting(session, table, prefix, ends_at or now())]
    others = f" Others of {prefix} go on or begin later: {', '.join(left)}." if left else ""
    _tell(f"The rate of {prefix} in {table} ends.{others}", [SavedRate(chosen)], as_json=as_json)


@click.command()
@click.argument("table")
@click.argument("prefix")
@click.option("--destination-name", help="What is told of a prefix that has no rate yet.")
@json_option
def block(table: str, prefix: str, *, destination_name: str | None, as_json: bool) -> None:
    """Let no call go to the numbers of PREFIX by the rate TABLE."""
    with refusing(), write_session() as session:
        how = {"destination_name": destination_name}
        saved = block_prefix(session, _table_id(session, table), prefix, cli_actor(), now(), **how)
    _tell(f"The prefix {prefix} is blocked in {table}.", saved, as_json=as_json)


@click.command()
@click.argument("table")
@click.argument("prefix")
@json_option
def unblock(table: str, prefix: str, *, as_json: bool) -> None:
    """Let calls go to the numbers of PREFIX again."""
    with refusing(), write_session() as session:
        saved = unblock_prefix(session, _table_id(session, table), prefix, cli_actor(), now())
    _tell(f"The prefix {prefix} is open again in {table}.", saved, as_json=as_json)


@click.command()
@click.argument("table")
@click.argument("prefix", default="")
@click.option("--at", type=MOMENT, help="Only the rates whose period holds then (all otherwise).")
@click.option("--most", type=click.IntRange(1, RATES_SHOWN_MAX), default=100, show_default=True, help="How many.")
@click.option("--after", help="The next page, by the place that the page before told.")
@json_option
def prefixes(table: str, prefix: str, *, at: datetime | None, most: int, after: str | None, as_json: bool) -> None:
    """List the rates of the rate TABLE whose prefix begins with PREFIX, with their periods."""
    problem = prefix_problem(prefix) if prefix else None
    if problem:
        raise click.BadParameter(problem, param_hint="prefix")
    with refusing(), read_session() as session:
        page = rates_of_table(session, _table_id(session, table), prefix=prefix, at=at, after=after, most=most)
        currency = session.scalars(select(RateTable.currency).where(RateTable.name == table)).one()
    if as_json:
        emit_json({"rates": page.rates, "after": page.after})
        return
    console.print(_shown(page.rates, currency))
    if page.after is not None:
        console.print(f"There are more: --after {page.after}")


RATE_COMMANDS = (add, change, end, block, unblock, prefixes)


def _shown(found: Sequence[dict[str, Any]], currency: str) -> Table:
    shown = Table("Id", "Prefix", "Destination", box=None)
    for title in ("A minute", "Connection", "Blocks"):
        shown.add_column(title, justify="right")
    for title in ("Days", "Hours", "From", "Until", ""):
        shown.add_column(title)
    for rate in found:
        shown.add_row(
            str(rate["id"]),
            rate["prefix"],
            rate["destination_name"],
            money(rate["price_per_minute_micros"], currency),
            money(rate["connect_fee_micros"], currency),
            f"{rate['first_block_seconds']}/{rate['increment_seconds']}",
            text_of_days(rate["days"]),
            text_of_hours(rate["from_minute"], rate["until_minute"]),
            rate["valid_from"][:16],
            (rate["valid_until"] or "-")[:16],
            "blocked" if rate["is_blocked"] else "",
        )
    return shown


def _values(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    values = values_of(session, OPTIONS, asked, {})
    if asked["days"] is not None:
        values["days"] = asked["days"]
    if asked["hours"] is not None:
        values["from_minute"], values["until_minute"] = asked["hours"]
    if asked["steps"]:
        values["steps"] = list(asked["steps"])
    return values


def _table_id(session: Session, name: str) -> int:
    return id_of(session, RateTable, "rate table", name)


def _rate_id(session: Session, table: str, prefix: str, rate_id: int | None, at: datetime | None) -> int:
    """The one rate of the prefix that holds at that moment, or else will hold later."""
    at = at or now()
    rows = [row for row in _lasting(session, table, prefix, at) if rate_id in (None, row.id)]
    now_and_later = [row.id for row in rows if row.valid_from <= at] or [row.id for row in rows]
    if not now_and_later:
        raise Failure(
            f"The table {table} has no such rate of {prefix} then.", f"callingcard rates prefixes {table!r} {prefix}"
        )
    if len(now_and_later) > 1:
        raise Failure(
            f"The table {table} has {len(now_and_later)} rates of {prefix} then: {', '.join(map(str, now_and_later))}.",
            "Name one by --id",
        )
    chosen: int = now_and_later[0]
    return chosen


def _lasting(session: Session, table: str, prefix: str, at: datetime) -> Sequence[Row[int, datetime]]:
    """The rates of exactly this prefix that have not ended by then, in the order of their beginning."""
    lasts = Rate.valid_until.is_(None) | (Rate.valid_until > at)
    query = select(Rate.id, Rate.valid_from).where(live_rates(_table_id(session, table)), Rate.prefix == prefix, lasts)
    return session.execute(query.order_by(Rate.valid_from, Rate.id)).all()


def _ghost() -> dict[str, bool]:
    return {"ghost_above_100_allowed": settings().allow_ghost_above_100}


def _tell(sentence: str, saved: Sequence[SavedRate], *, as_json: bool) -> None:
    if as_json:
        emit_json([{"id": rate.id, "ended_id": rate.ended_id} for rate in saved])
    else:
        console.print(sentence)
