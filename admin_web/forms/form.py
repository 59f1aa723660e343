"""Forms from the tables of fields that the services check by: what is shown, what was typed, what is wrong with it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import current_app, request

from admin_web.forms.amounts import read_amount, shown_amount
from admin_web.forms.field_labels import LABELS, unit_of
from billing.money import MoneyTextRefused
from services.store.fields import Field, FieldKind
from web_base.formats import spoken
from web_base.texts import gettext, translated

LONG_TEXT = 255  # a longer one gets several lines
REQUIREMENTS = re.compile(r" \((?:(?:JC|JA|V|M)-\d+(?:, | to | a )?)+\)")  # for readers of the source only
NOTHING = ""
Choices = Callable[[], list[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field as the template draws it; options are values and labels."""

    name: str
    kind: FieldKind
    help: str
    options: tuple[tuple[str, str], ...]
    unit: str
    is_optional: bool
    is_long: bool


def shown_fields(
    fields: Iterable[Field], choices: Mapping[str, Choices] | None = None, currency: str = NOTHING
) -> list[ShownField]:
    return [
        ShownField(
            field.name,
            field.kind,
            REQUIREMENTS.sub("", gettext(field.help)),
            _options(field, choices or {}),
            _unit(field, currency),
            field.is_optional,
            field.kind is FieldKind.TEXT and field.most > LONG_TEXT,
        )
        for field in fields
    ]


def typed_values(values: Mapping[str, Any]) -> dict[str, str]:
    """Stored values as they stand in the form."""
    return {name: _typed(name, value) for name, value in values.items()}


def posted() -> dict[str, str]:
    """What was typed, as it was typed: a form that is refused is shown again with it."""
    return {name: request.form[name].strip() for name in request.form}


def read_values(fields: Iterable[Field], typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values by kind, and a sentence for each that cannot be read; bounds are checked where they are saved."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field in fields:
        text = typed.get(field.name, NOTHING)
        if field.kind is FieldKind.FLAG:
            values[field.name] = bool(text)
        elif not text and field.is_optional:
            values[field.name] = None
        elif not text:
            problems[field.name] = gettext("%(name)s is needed.", name=label(field.name))
        else:
            try:
                values[field.name] = _read(field.kind, text)
            except MoneyTextRefused as refused:
                problems[field.name] = f"{label(field.name)}: {translated(refused)}"
            except ValueError:
                problems[field.name] = gettext("%(name)s cannot be read: %(typed)s", name=label(field.name), typed=text)
    return values, problems


def label(name: str) -> str:
    """A field's name for readers: card_group_id -> Card group."""
    return gettext(plain_label(name))


def plain_label(name: str) -> str:
    if name in LABELS:
        return LABELS[name]
    text = name.removesuffix("_micros").removesuffix("_id").replace("_", " ")
    words = {"Pinless": "PINless", "Pin ": "PIN ", "Ani ": "ANI "}
    shown = text[:1].upper() + text[1:]
    for plain, usual in words.items():
        shown = shown.replace(plain, usual)
    return shown


def _unit(field: Field, currency: str) -> str:
    if field.kind is FieldKind.MONEY:
        return currency
    unit = unit_of(field.name) if field.kind is FieldKind.WHOLE else NOTHING
    return gettext(unit) if unit else NOTHING


def _options(field: Field, choices: Mapping[str, Choices]) -> tuple[tuple[str, str], ...]:
    if field.words is not None:
        return tuple((word.value, spoken(word.value)) for word in field.words)
    if field.kind is FieldKind.CHOICE:
        return tuple((str(row_id), name) for row_id, name in choices[field.name]())
    return ()


def _typed(name: str, value: Any) -> str:  # noqa: ANN401 (by the kind of its field)
    if value is None or value is False:
        return NOTHING
    if name.endswith("_micros"):
        return shown_amount(value)
    if isinstance(value, datetime):
        return shown_moment(value)
    return "1" if value is True else str(getattr(value, "value", value))


def shown_moment(value: datetime | None) -> str:
    """As the field of a moment shows it: to the second, in the platform's zone."""
    if value is None:
        return NOTHING
    return value.astimezone(current_app.config["ZONE"]).strftime("%Y-%m-%dT%H:%M:%S")


def _read(kind: FieldKind, text: str) -> Any:  # noqa: ANN401 (by kind)
    match kind:
        case FieldKind.WHOLE | FieldKind.CHOICE:
            return int(text)
        case FieldKind.MONEY:
            return read_amount(text)
        case FieldKind.DAY:
            return date.fromisoformat(text)
        case FieldKind.MOMENT:
            return datetime.fromisoformat(text).replace(tzinfo=current_app.config["ZONE"])
        case _:
            return text
