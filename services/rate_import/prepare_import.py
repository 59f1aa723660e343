"""Steps one and two of an import together: a file is read and compared with a table, and nothing is written."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ImportMode, RateTable
from services.rate_import.compare import Comparing, Preview, compare
from services.rate_import.date_cells import DateOrder
from services.rate_import.find_columns import Columns, find_columns
from services.rate_import.headings import Column
from services.rate_import.open_file import open_file
from services.rate_import.price_cells import DecimalSign
from services.rate_import.read_rates import FileRates, Reading, read_rates
from services.rate_import.refusals import FileRefused, Reason
from services.rate_import.senders import Sender, sender_called
from services.rate_import.sheet import Progress, nothing_shown
from services.rate_import.stage_import import ImportFacts
from services.rate_import.table_rates import table_rates

Bars = Callable[[str], AbstractContextManager[Progress]]  # a bar for each step


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What the operator says; what is None comes from the sender's last file, or is found out."""

    table_id: int
    mode: ImportMode
    applies_at: datetime
    now: datetime
    zone: tzinfo
    jump_percent: int
    sender: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    dates: DateOrder | None = None
    decimal: DecimalSign | None = None
    notice_days: int | None = None
    left_out: frozenset[Reason] = frozenset()
    ghost_above_100_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that is shown before an import is applied, and all that staging it needs."""

    facts: ImportFacts
    preview: Preview
    columns: Columns
    file: FileRates
    currency: str


class Silent(AbstractContextManager[Progress]):
    """The bar of who does not look."""

    def __init__(self, _title: str) -> None:
        super().__init__()

    def __enter__(self) -> Progress:
        return nothing_shown

    def __exit__(self, *_: object) -> None:
        return


def prepare_import(session: Session, file: Path, order: ImportOrder, bars: Bars = Silent) -> Prepared:
    """`session` sees one moment of the database. Raises FileRefused."""
    with collector_at_rest():
        return _prepared(session, file, order, bars)


def _prepared(session: Session, file: Path, order: ImportOrder, bars: Bars) -> Prepared:
    table = session.execute(
        select(RateTable.name, RateTable.currency, RateTable.revision, RateTable.is_deleted).where(
            RateTable.id == order.table_id
        )
    ).one()
    if table.is_deleted:
        raise FileRefused(f"The rate table {table.name} is deleted: choose another one.")
    sender = sender_called(session, order.sender)
    options = _options(order, sender)
    with bars("Reading") as progress:
        opened = open_file(file, order.sheet, progress)
    columns = find_columns(opened.sheet, sender.columns, order.columns)
    with bars("Understanding") as progress:
        found = read_rates(opened.sheet, columns, _reading(order, options, table.currency), progress)
    comparing = Comparing(order.mode, order.applies_at, order.now, order.jump_percent, options["notice_days"])
    needs_past = Column.VALID_UNTIL in columns.places
    old = table_rates(session, order.table_id, None if needs_past else order.applies_at)
    with bars("Comparing") as progress:
        preview = compare(old, found, comparing, progress)
    preview.counts["lines"] = len(opened.sheet.rows)
    preview.counts["duplicates"] = found.duplicates
    preview.counts["remarks"] = found.remarks
    facts = ImportFacts(
        rate_table_id=order.table_id,
        rate_sender_id=sender.id,
        table_revision=table.revision,
        file_name=opened.name,
        file_sha256=opened.sha256,
        comparing=comparing,
        columns=columns.by_heading(),
        options=options,
        notes=[*opened.sheet.notes, *columns.notes, *found.notes],
        left_out=order.left_out,
    )
    return Prepared(facts, preview, columns, found, table.currency)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """A million small tuples make no circle: looking for one among them took a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _options(order: ImportOrder, sender: Sender) -> dict[str, Any]:
    """In JSON's values."""
    told = {"dates": order.dates, "decimal": order.decimal, "notice_days": order.notice_days}
    known = {name: value if value is not None else sender.options.get(name) for name, value in told.items()}
    return {**known, "sender": order.sender, "jump_percent": order.jump_percent, "sheet": order.sheet}


def _reading(order: ImportOrder, options: Mapping[str, Any], currency: str) -> Reading:
    return Reading(
        currency,
        order.zone,
        DateOrder(options["dates"]) if options["dates"] else None,
        DecimalSign(options["decimal"]) if options["decimal"] else None,
        order.ghost_above_100_allowed,
    )
