"""callingcard currency: exchange rates, by which reports sum up several currencies."""

from datetime import date, datetime
from typing import Any

import click
from rich.table import Table

from billing.exchange import ExchangeRefused, text_from_value_parts, value_parts_from_text
from command_line.actor import cli_actor
from command_line.errors import refusing
from command_line.installation import now, read_session, settings, write_session
from command_line.show import console, emit_json, json_option
from services.currencies.exchange_report import exchange_rates
from services.currencies.set_exchange_rate import set_exchange_rate


class Value(click.ParamType[int]):
    """What a unit is worth, as parts."""

    name = "value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401 (as click has it)
        try:
            return value if isinstance(value, int) else value_parts_from_text(value)
        except ExchangeRefused as refused:
            self.fail(str(refused), param, ctx)


@click.group()
def currency() -> None:
    """Currencies of reports; prices and balances are never converted."""


@currency.group()
def rate() -> None:
    """Exchange rates."""


@rate.command("set")
@click.argument("code")
@click.argument("value", type=Value())
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="From which day on.  [default: today]")
@click.option("--yes", is_flag=True, help="It is right, even if it jumped.")
def set_(code: str, value: int, day: datetime | None, *, yes: bool) -> None:
    """Set what a unit of the currency CODE is worth in the currency of reports (CALLINGCARD_REPORT_CURRENCY)."""
    report = settings().report_currency
    from_day = day.date() if day else _today()
    with refusing(), write_session() as session:
        set_exchange_rate(session, code, value, from_day, report, cli_actor(), now(), is_sure=yes)
    worth = text_from_value_parts(value)
    console.print(f"From {from_day} on a {code} is worth {worth} {report} in reports.")


@rate.command("list")
@click.option("--currency", "code", help="Only of this currency.")
@json_option
def list_(code: str | None, *, as_json: bool) -> None:
    """List the exchange rates, the newest of each currency first."""
    with read_session() as session:
        found = exchange_rates(session, settings().report_currency, code)
    if as_json:
        emit_json(found)
        return
    table = Table("Currency", "From", box=None)
    table.add_column(f"Value in {settings().report_currency}", justify="right")
    for row in found:
        table.add_row(row["currency"], row["day"], row["value"])
    console.print(table)


def _today() -> date:
    return now().astimezone(settings().zone).date()
