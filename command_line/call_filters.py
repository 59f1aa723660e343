"""The options by which calls are chosen, shared by the commands that list and export them."""

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from typing import Any

import click

from billing.card_number import CardNumberRefused, keyed_number
from billing.states import CallDisposition
from command_line.installation import settings
from services.calls.call_report import CallFilter
from services.reports.days import bounds_of

Command = Callable[..., Any]


class Day(click.ParamType[date]):
    """A day of the platform's clock, such as 2026-11-27."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:  # noqa: ANN401 (click's own)
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day: write it as 2026-11-27.", param, ctx)


def call_filter_options(command: Command) -> Command:
    options = (
        click.option("--from", "first", type=Day(), help="Placed on this day or later."),
        click.option("--to", "last", type=Day(), help="Placed on this day or earlier."),
        click.option("--card", "card_number", help="Only the calls of this card."),
        click.option("--series", type=int, help="Only those of this series."),
        click.option("--destination", "destination_prefix", help="Only numbers that begin so (digits)."),
        click.option("--caller", "caller_id", help="Only of this caller id (digits)."),
        click.option("--access-number", help="Only over this access number."),
        click.option("--carrier", help="Only those that this carrier answered (its endpoint)."),
        click.option("--originator", "account", help="Only of this account, by its name."),
        click.option("--outcome", type=click.Choice([one.value for one in CallDisposition]), help="Only these."),
        click.option("--min-seconds", "min_talk_seconds", type=click.IntRange(0), help="Talked at least so long."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def call_filter(
    first: date | None,
    last: date | None,
    card_number: str | None,
    outcome: str | None,
    **others: Any,  # noqa: ANN401
) -> CallFilter:
    zone = settings().zone
    return CallFilter(
        card_number=card_digits(card_number),
        begin=None if first is None else _begin(first, zone),
        end=None if last is None else bounds_of(last, zone).end,
        disposition=None if outcome is None else CallDisposition(outcome),
        **others,
    )


def _begin(day: date, zone: tzinfo) -> datetime:
    return bounds_of(day, zone).begin


def card_digits(card_number: str | None) -> str | None:
    try:
        return None if card_number is None else keyed_number(card_number)
    except CardNumberRefused as refused:
        raise click.BadParameter(str(refused)) from refused
