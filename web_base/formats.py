"""How amounts, moments and durations look on a page, in the reader's language (console.md 2.4)."""

from datetime import UTC, date, datetime
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Flask, current_app
from flask_babel import format_datetime, format_timedelta, get_locale
from markupsafe import Markup

from billing.money import MICROS_PER_UNIT, floor_to_coin, minor_digits
from web_base.texts import gettext

NOTHING = "—"
PRICE_DECIMALS_MAX = 6
MOMENT_PATTERN = "yyyy-MM-dd HH:mm"
MOMENT_PATTERNS = {"es": "dd/MM/yyyy HH:mm"}


def money(micros: int | None, currency: str) -> str:
    """An amount in coins: "5.00 USD"; what is less than a coin is left off (the card's own page shows it)."""
    if micros is None:
        return NOTHING
    digits = minor_digits(currency)
    coins = Decimal(floor_to_coin(micros, currency)) / MICROS_PER_UNIT
    return f"{_decimal(coins, digits, digits)} {currency}"


def exact_money(micros: int | None, currency: str) -> str:
    """An amount with as many decimals as it has: prices, and balances on their own page."""
    if micros is None:
        return NOTHING
    return f"{_decimal(Decimal(micros) / MICROS_PER_UNIT, minor_digits(currency), PRICE_DECIMALS_MAX)} {currency}"


def fee(micros: int, currency: str) -> str:
    """A fee of nothing is a dash (JC-16)."""
    return exact_money(micros, currency) if micros else NOTHING


def whole(number: int) -> str:
    return format_decimal(number, locale=get_locale())


def moment(value: datetime | str | None) -> Markup | str:
    """In the platform's zone, with UTC for whoever points at it; reports tell moments as ISO texts."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    local = value.astimezone(current_app.config["ZONE"])
    shown = format_datetime(local, MOMENT_PATTERNS.get(get_locale().language, MOMENT_PATTERN), rebase=False)
    utc = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), utc, shown)


def clock(value: str) -> str:
    """The time of day of a moment that is told as an ISO text, to the second, in the platform's zone."""
    return datetime.fromisoformat(value).astimezone(current_app.config["ZONE"]).strftime("%H:%M:%S")


def day(value: date | None) -> str:
    return NOTHING if value is None else format_date(value, "medium", locale=get_locale())


def duration(seconds: int | None) -> str:
    """Hours, minutes and seconds of a call: 1:05:09, 0:07."""
    if seconds is None:
        return NOTHING
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def ago(value: datetime, now: datetime) -> str:
    return str(format_timedelta(value - now, add_direction=True))


def spoken(word: str) -> str:
    """A word of the database for readers: number_and_pin -> number and pin."""
    return gettext(word.replace("_", " "))


def dashed(number: str) -> str:
    """A card's number as it is printed: series, dash, nine digits (JC-47)."""
    return f"{number[:-9]}-{number[-9:]}"


def set_up_formats(app: Flask) -> None:
    shown = (money, exact_money, fee, whole, moment, clock, day, duration, ago, spoken, dashed)
    app.jinja_env.filters |= {function.__name__: function for function in shown}


def _decimal(value: Decimal, least: int, most: int) -> str:
    pattern = "#,##0" + ("." + "0" * least + "#" * (most - least) if most else "")
    return format_decimal(value, pattern, locale=get_locale())
