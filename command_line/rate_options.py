"""Options of the rates commands: moments, days, hours and steps as people write them."""

from datetime import datetime
from typing import Any

import click

from billing.money import MoneyTextRefused, micros_from_text
from billing.rate_times import RateTimesRefused, days_from_text, hours_from_text
from command_line.form import Command, moment

STEP_DEFAULTS = ("1", "0")  # increment and fee


class Days(click.ParamType[int]):
    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401 (as click has it)
        try:
            return value if isinstance(value, int) else days_from_text(value)
        except RateTimesRefused as refused:
            self.fail(str(refused), param, ctx)


class Hours(click.ParamType[tuple[int, int]]):
    name = "hours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:  # noqa: ANN401
        try:
            return value if isinstance(value, tuple) else hours_from_text(value)
        except RateTimesRefused as refused:
            self.fail(str(refused), param, ctx)


class StepOption(click.ParamType[dict[str, int]]):
    """`120:0.50:60:0.10`: the first (next) 120 s at 0.50 a minute, billed by 60 s, 0.10 when the step begins."""

    name = "step"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, int]:  # noqa: ANN401
        if isinstance(value, dict):
            return value
        try:
            return _step(value)
        except MoneyTextRefused as refused:
            self.fail(str(refused), param, ctx)
        except ValueError:
            self.fail("write SECONDS:PRICE[:INCREMENT[:FEE]], such as 120:0.50 or 120:0.50:60:0.10", param, ctx)


class MomentOption(click.ParamType[datetime]):
    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401
        try:
            return value if isinstance(value, datetime) else moment(value)
        except ValueError:
            self.fail(f"{value!r} is no moment: write 2027-01-31 or 2027-01-31T08:00", param, ctx)


MOMENT = MomentOption()
id_option = click.option("--id", "rate_id", type=int, help="Which of several rates of the prefix (rates prefixes).")


def time_options(command: Command) -> Command:
    """Days, hours and steps, in the words of billing.rate_times."""
    for option in (
        click.option(
            "--step", "steps", type=StepOption(), multiple=True, help="SECONDS:PRICE[:INCREMENT[:FEE]], in order."
        ),
        click.option("--hours", type=Hours(), help="Hours of the platform's day, such as 08:00-18:00."),
        click.option("--days", type=Days(), help="Weekdays, such as mon-fri or sat,sun."),
    ):
        command = option(command)
    return command


def _step(text: str) -> dict[str, int]:
    seconds, price, *rest = text.split(":")
    increment, fee = (*rest, *STEP_DEFAULTS[len(rest) :])
    return {
        "seconds": int(seconds),
        "price_per_minute_micros": micros_from_text(price),
        "increment_seconds": int(increment),
        "fee_micros": micros_from_text(fee),
    }
