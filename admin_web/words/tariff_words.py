"""The terms of a tariff that are on, as people read them."""

from collections.abc import Iterator
from dataclasses import fields

from admin_web.forms.form import label
from billing.tariff import Tariff
from web_base.formats import exact_money
from web_base.texts import gettext

ALWAYS = ("price_per_minute_micros", "first_block_seconds", "increment_seconds", "steps")


def tariff_words(tariff: Tariff, currency: str) -> Iterator[tuple[str, str]]:
    """Name and value; price and blocks are always told."""
    yield gettext("A minute"), exact_money(tariff.price_per_minute_micros, currency)
    yield gettext("Blocks"), f"{tariff.first_block_seconds}/{tariff.increment_seconds} s"
    for field in fields(tariff):
        value = getattr(tariff, field.name)
        if value and field.name not in ALWAYS:
            yield label(field.name), exact_money(value, currency) if field.name.endswith("_micros") else f"{value} s"
    for place, step in enumerate(tariff.steps, 1):
        price = exact_money(step.price_per_minute_micros, currency)
        fee = exact_money(step.fee_micros, currency)
        told = gettext(
            "%(seconds)s s at %(price)s by %(increment)s s, fee %(fee)s",
            seconds=step.seconds,
            price=price,
            increment=step.increment_seconds,
            fee=fee,
        )
        yield gettext("Step %(place)s", place=place), told
