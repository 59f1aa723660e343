"""How the columns of lists are drawn: a formatter of Flask-Admin for each kind of value."""

from typing import Any

from flask import get_template_attribute
from markupsafe import Markup

from admin_web.words.told import spoken_act
from web_base import formats


def status(_view: Any, _context: Any, row: Any, name: str) -> Markup:  # noqa: ANN401 (as Flask-Admin has it)
    word = getattr(row, name)
    return status_word(getattr(word, "value", word))


def status_word(word: str) -> Markup:
    return Markup(get_template_attribute("console/macros.html", "status")(word))  # noqa: S704 (our own template)


def word(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    value = getattr(row, name)
    return formats.NOTHING if value is None else formats.spoken(getattr(value, "value", str(value)))


def act(_view: Any, _context: Any, row: Any, name: str) -> Markup:  # noqa: ANN401
    """What was done; the kind of thing has its own column. The title is the name by which it is searched."""
    value = getattr(row, name)
    return Markup('<span title="{}">{}</span>').format(value, spoken_act(value))


def text(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    value = getattr(row, name)
    return formats.NOTHING if value in (None, "") else str(value)


def money(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    return formats.money(getattr(row, name), row.currency)


def exact_money(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    return formats.exact_money(getattr(row, name), row.currency)


def fee(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    return formats.fee(getattr(row, name), row.currency)


def whole(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    value = getattr(row, name)
    return formats.NOTHING if value is None else formats.whole(value)


def parted(view: Any, context: Any, row: Any, name: str) -> Markup | str:  # noqa: ANN401
    """A whole number, and below it what it consists of, where the list knows it (`parts`)."""
    number = whole(view, context, row, name)
    parts = view.parts(row)
    if not parts.stretches:
        return number
    return Markup(get_template_attribute("console/macros.html", "parted")(number, parts))  # noqa: S704 (our own template)


def moment(_view: Any, _context: Any, row: Any, name: str) -> Markup | str:  # noqa: ANN401
    return formats.moment(getattr(row, name))


def day(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    return formats.day(getattr(row, name))


def duration(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    return formats.duration(getattr(row, name))


def card_number(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    """In one piece: a number is not broken at its dash."""
    value = getattr(row, name)
    return formats.NOTHING if value is None else Markup("<span class=unbroken>{}</span>").format(formats.dashed(value))


def flag(_view: Any, _context: Any, row: Any, name: str) -> str:  # noqa: ANN401
    return "✓" if getattr(row, name) else formats.NOTHING
