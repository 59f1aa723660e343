"""The rates of a table as a file: every term, so that importing it again changes nothing; no cell runs (F30)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from billing.money import MICROS_PER_UNIT
from billing.rate_times import text_of_days, text_of_hours
from models import Rate, RateTable
from services.audit.audit import Act, Actor, note
from services.rate_import.headings import Column
from services.rate_import.sheet import Progress, nothing_shown
from services.rate_import.terms import TERM_NAMES, steps_text
from services.rates.live_rates import live_rates
from services.store.sheet_writer import Cell, SheetForm, write_table

ROWS_A_FETCH: Final = 5_000
COLUMNS: Final = {
    "destination_name": Column.DESTINATION,
    "is_blocked": Column.BLOCKED,
}
TERM_TITLES: Final = tuple(COLUMNS.get(name, name.removesuffix("_micros")) for name in TERM_NAMES)
TITLES: Final = ("code", *TERM_TITLES, "valid_from", "valid_until", "days", "hours")


@dataclass(frozen=True, slots=True)
class RateExport:
    """`at` None: all periods, past ones too."""

    table_id: int
    table: str
    at: datetime | None
    rates: int


def rates_to_export(session: Session, table_id: int, at: datetime | None) -> RateExport:
    """What holds at a moment, by day or night; what begins later is left out then."""
    name = session.scalars(select(RateTable.name).where(RateTable.id == table_id)).one()
    count = session.scalar(_of_moment(select(func.count()).select_from(Rate), table_id, at)) or 0
    return RateExport(table_id, name, at, count)


def export_rates(
    session: Session, export: RateExport, file: Path, form: SheetForm, progress: Progress = nothing_shown
) -> None:
    write_table(file, form, TITLES, _rows(session, export, progress), export.rates)


def note_rate_export(session: Session, export: RateExport, form: SheetForm, actor: Actor, now: datetime) -> None:
    told: dict[str, Any] = {"rates": export.rates, "form": form.value}
    told["at"] = None if export.at is None else export.at.isoformat()
    note(session, actor, Act("rates.exported", "rate_table", str(export.table_id), after=told), now)


def _of_moment(query: Select[Any], table_id: int, at: datetime | None) -> Select[Any]:
    query = query.where(live_rates(table_id))
    if at is None:
        return query
    return query.where(Rate.valid_from <= at, Rate.valid_until.is_(None) | (Rate.valid_until > at))


def _rows(session: Session, export: RateExport, progress: Progress) -> Iterator[list[Cell]]:
    terms = [getattr(Rate, name) for name in TERM_NAMES]
    query = select(Rate.prefix, *terms, Rate.valid_from, Rate.valid_until)
    query = query.add_columns(Rate.days, Rate.from_minute, Rate.until_minute)
    query = _of_moment(query, export.table_id, export.at).order_by(Rate.prefix, Rate.valid_from, Rate.id)
    for place, row in enumerate(session.execute(query.execution_options(yield_per=ROWS_A_FETCH)), 1):
        if place % ROWS_A_FETCH == 0:
            progress(place, export.rates)
        prefix, *values, begins, ends, days, first, last = row
        cells = [_cell(name, value) for name, value in zip(TERM_NAMES, values, strict=True)]
        yield [prefix, *cells, _moment(begins), _moment(ends), text_of_days(days), text_of_hours(first, last)]
    progress(export.rates, export.rates)


def _cell(name: str, value: Any) -> Cell:  # noqa: ANN401 (a column's value)
    if name.endswith("_micros"):
        return Decimal(value).scaleb(-6) if value % MICROS_PER_UNIT else value // MICROS_PER_UNIT
    if name == "steps":
        return steps_text(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    found: Cell = value
    return found


def _moment(moment: datetime | None) -> str | None:
    """In UTC and said so, to the microsecond where it has any: it means the same on every platform."""
    if moment is None:
        return None
    told = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{told.isoformat(sep=' ')} UTC"
