"""Options of a command from a table of fields, and their texts as checked values."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.money import MoneyTextRefused, micros_from_text
from command_line.errors import Failure
from command_line.installation import settings
from services.store.fields import Field, FieldKind

Command = TypeVar("Command", bound=Callable[..., Any])
NOTHING = "none"  # empties an optional field
NAMES_SHOWN_MAX = 20


def field_options(fields: Iterable[Field]) -> Callable[[Command], Command]:
    """One option for each field that may change; its help is the field's."""

    def decorate(command: Command) -> Command:
        for field in reversed([field for field in fields if not field.is_fixed and field.name != "name"]):
            command = _option(field)(command)
        return command

    return decorate


def values_of(
    session: Session, fields: Iterable[Field], asked: Mapping[str, Any], tables: Mapping[str, Any]
) -> dict[str, Any]:
    """What was given on the command line, by the name of its field; `tables` says where a choice is looked up."""
    known = {field.name: field for field in fields}
    given = {name: text for name, text in asked.items() if text is not None and name in known}
    return {name: _value(session, known[name], text, tables) for name, text in given.items()}


def id_of(session: Session, table: Any, what: str, name: str) -> int:  # noqa: ANN401 (a table with a name)
    """The id of the row of this name, or the names that there are."""
    found: int | None = session.scalars(select(table.id).where(table.name == name)).one_or_none()
    if found is not None:
        return found
    names = session.scalars(select(table.name).order_by(table.name).limit(NAMES_SHOWN_MAX)).all()
    raise Failure(f"There is no {what} called {name!r}.", f"There are: {', '.join(names) or 'none'}")


def moment(text: str) -> datetime:
    """`2027-01-31` or `2027-01-31T08:00`, on the platform's clock unless an offset is given."""
    given = datetime.fromisoformat(text)
    return given if given.tzinfo else given.replace(tzinfo=settings().zone)


def _option(field: Field) -> Callable[[Command], Command]:
    name = _flag(field).removeprefix("--")
    told = f"{field.help} ('{NOTHING}' empties it.)" if field.is_optional else field.help
    if field.kind is FieldKind.FLAG:
        return click.option(f"--{name}/--no-{name}", field.name, default=None, help=field.help)
    if field.words is not None:
        words = click.Choice([word.value for word in field.words] + [NOTHING] * field.is_optional)
        return click.option(f"--{name}", field.name, type=words, help=told)
    shapes = {
        FieldKind.WHOLE: "NUMBER",
        FieldKind.MONEY: "AMOUNT",
        FieldKind.DAY: "YYYY-MM-DD",
        FieldKind.MOMENT: "MOMENT",
        FieldKind.CHOICE: "NAME",
    }
    return click.option(f"--{name}", field.name, metavar=shapes.get(field.kind, "TEXT"), help=told)


def _flag(field: Field) -> str:
    return "--" + field.name.removesuffix("_micros").removesuffix("_id").replace("_", "-")


def _value(session: Session, field: Field, given: Any, tables: Mapping[str, Any]) -> Any:  # noqa: ANN401 (by its kind)
    if field.is_optional and given == NOTHING:
        return None
    if field.kind is FieldKind.CHOICE:
        return id_of(session, tables[field.name], field.name.removesuffix("_id").replace("_", " "), given)
    read = READERS.get(field.kind)
    try:
        return given if read is None else read(given)
    except MoneyTextRefused as refused:
        raise click.BadParameter(str(refused), param_hint=_flag(field)) from refused
    except ValueError as wrong:
        raise click.BadParameter(f"{given!r} is no {field.kind.value} value.", param_hint=_flag(field)) from wrong


READERS: dict[FieldKind, Callable[[str], Any]] = {
    FieldKind.WHOLE: int,
    FieldKind.MONEY: micros_from_text,
    FieldKind.DAY: date.fromisoformat,
    FieldKind.MOMENT: moment,
}
