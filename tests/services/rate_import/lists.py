"""Lists of rates as tests write them, and the steps of an import on one session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from factories import NOW
from sqlalchemy import insert, select

from models import RATE_TERMS, ImportMode, Rate, RateTable
from services.audit.audit import Actor, Door
from services.rate_import.apply_import import apply_import
from services.rate_import.date_cells import DateOrder
from services.rate_import.find_columns import find_columns
from services.rate_import.open_file import open_file
from services.rate_import.prepare_import import ImportOrder, Prepared, prepare_import
from services.rate_import.read_rates import FileRates, Reading, read_rates
from services.rate_import.stage_import import stage_import
from services.rate_import.undo_import import undo_import
from services.rates.live_rates import live_rates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy.orm import Session

ACTOR = Actor("anna", Door.CLI)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def understood(folder: Path, content: str | bytes, currency: str = "USD", name: str = "list.csv") -> FileRates:
    """What is read of a file; nothing is compared."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    sheet = open_file(file).sheet
    columns = find_columns(sheet, {}, {})
    found = read_rates(sheet, columns, Reading(currency, UTC))
    found.notes[:0] = [*sheet.notes, *columns.notes]
    return found


def prices(found: FileRates) -> dict[str, Any]:
    return {rate.prefix: rate.given[1] for rate in found.rates}


@dataclass(frozen=True)
class Desk:
    """A rate table and whoever imports into it."""

    session: Session
    folder: Path
    table_id: int

    def has(self, prefix: str, price_micros: int, **terms: Any) -> int:  # noqa: ANN401 (columns of a rate)
        row = {"prefix": prefix, "destination_name": prefix, "price_per_minute_micros": price_micros}
        values = {**row, "valid_from": LONG_AGO, "rate_table_id": self.table_id, **terms}
        rate_id: int = self.session.scalars(insert(Rate).values(values).returning(Rate.id)).one()
        return rate_id

    def prepared(self, content: str | bytes, **order: Any) -> Prepared:  # noqa: ANN401 (of an ImportOrder)
        name = order.pop("name", "list.csv")
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        basis = {"mode": ImportMode.AMEND, "applies_at": NOW, "now": NOW, "zone": UTC, "jump_percent": 30}
        wanted = ImportOrder(**{"table_id": self.table_id, "dates": DateOrder.DAY_FIRST, **basis, **order})
        return prepare_import(self.session, self.folder / name, wanted)

    def staged(self, content: str | bytes, **order: Any) -> int:  # noqa: ANN401 (of an ImportOrder)
        prepared = self.prepared(content, **order)
        return stage_import(self.write, prepared.facts, prepared.preview, ACTOR)

    def write(self, work: Callable[[Session], Any]) -> Any:  # noqa: ANN401 (what the work gives)
        return work(self.session)

    def applies(self, import_id: int, now: datetime = NOW) -> None:
        apply_import(self.write, import_id, ACTOR, lambda: now)

    def applied(self, content: str | bytes, **order: Any) -> int:  # noqa: ANN401 (of an ImportOrder)
        import_id = self.staged(content, **order)
        self.applies(import_id)
        return import_id

    def undone(self, import_id: int) -> None:
        undo_import(self.write, import_id, ACTOR, lambda: NOW)

    def rows(self) -> list[tuple[Any, ...]]:
        """Number and every term of every rate of the table that is seen."""
        columns = [Rate.id, *(getattr(Rate, name) for name in RATE_TERMS)]
        query = select(*columns).where(live_rates(self.table_id)).order_by(Rate.prefix, Rate.valid_from, Rate.id)
        return [tuple(row) for row in self.session.execute(query)]

    def periods(self) -> list[tuple[str, int, str, str | None]]:
        """Code, price in micros, from and until."""
        query = select(Rate.prefix, Rate.price_per_minute_micros, Rate.valid_from, Rate.valid_until)
        query = query.where(live_rates(self.table_id)).order_by(Rate.prefix, Rate.days, Rate.valid_from)
        return [
            (code, price, f"{begins:%Y-%m-%d}", None if ends is None else f"{ends:%Y-%m-%d}")
            for code, price, begins, ends in self.session.execute(query)
        ]


def desk(session: Session, folder: Path) -> Desk:
    table = RateTable(name="Carrier", currency="USD")
    session.add(table)
    session.flush()
    return Desk(session, folder, table.id)
