"""Amounts of money as options of commands."""

from typing import Any

import click

from billing.money import MoneyTextRefused, micros_from_text


class Amount(click.ParamType[int]):
    """`5.00` as people write it, in whole micros; never below 0."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401 (as click has it)
        try:
            return value if isinstance(value, int) else micros_from_text(value)
        except MoneyTextRefused as refused:
            self.fail(str(refused), param, ctx)


AMOUNT = Amount()
