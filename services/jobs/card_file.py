"""Files of cards and vouchers, whoever writes them: a series whole, sheets for print, a batch of vouchers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from services.audit.audit import Actor
from services.keys.permit import Permit, PermitRefused
from services.keys.pin_keys import KeySource
from services.series.export_series import Progress, export_series, note_export, permit_export, series_to_export
from services.series.print_cards import PrintOrder, permit_print, plan_print, print_cards
from services.store.sheet_writer import SheetForm
from services.vouchers.export_vouchers import (
    export_vouchers,
    note_voucher_export,
    permit_voucher_export,
    vouchers_to_export,
)

KeysPermit = Permit[KeySource] | None  # None: the file has no secret in it


class FileOf(StrEnum):
    """What the rows or pages of a file are."""

    SERIES = "series"
    SHEETS = "sheets"
    VOUCHERS = "vouchers"


@dataclass(frozen=True, slots=True)
class FileOrder:
    """`name` is the number of a series or the name of a batch, `form` csv, xlsx or pdf; `terms` are those of a
    PrintOrder. With `has_secrets` PINs or codes stand in it.
    """

    of: FileOf
    name: str
    form: str
    has_secrets: bool = True
    terms: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        match self.of:
            case FileOf.SERIES:
                return f"series-{self.name}{'-with-pins' if self.has_secrets else ''}.{self.form}"
            case FileOf.SHEETS:
                return f"series-{self.name}-cards.{self.form}"
            case FileOf.VOUCHERS:
                return f"vouchers-{self.name}.{self.form}"


@dataclass(frozen=True, slots=True)
class CardFile:
    """`permit` with keys asks for what is secret, without them it names who takes the file; commit its transaction
    before `write`.
    """

    count: int
    permit: Callable[[Session, Actor, KeySource | None, datetime], KeysPermit | PermitRefused]
    write: Callable[[Session, Path, KeysPermit, tzinfo, Progress], object]


def card_file(session: Session, order: FileOrder) -> CardFile:
    """What the order leads to; ExportRefused with the sentence that says why there is nothing to write."""
    return _MAKERS[order.of](session, order)


def _series(session: Session, order: FileOrder) -> CardFile:
    series, form = series_to_export(session, int(order.name)), SheetForm(order.form)

    def permit(session: Session, actor: Actor, keys: KeySource | None, now: datetime) -> KeysPermit | PermitRefused:
        if keys is not None:
            return permit_export(session, series, form, actor, keys, now)
        note_export(session, series, form, actor, now)
        return None

    def write(session: Session, file: Path, permit: KeysPermit, zone: tzinfo, progress: Progress) -> None:
        export_series(session, series, file, form, zone, permit, progress)

    return CardFile(series.cards, permit, write)


def _sheets(session: Session, order: FileOrder) -> CardFile:
    plan = plan_print(session, PrintOrder(int(order.name), **order.terms))

    def permit(session: Session, actor: Actor, keys: KeySource | None, now: datetime) -> KeysPermit | PermitRefused:
        assert keys is not None, "sheets are of no use without PINs"  # noqa: S101 (no order says so)
        return permit_print(session, plan, actor, keys, now)

    def write(session: Session, file: Path, permit: KeysPermit, zone: tzinfo, progress: Progress) -> int:
        assert permit is not None, "given by the permit above"  # noqa: S101
        return print_cards(session, plan, file, permit, zone, progress)

    return CardFile(plan.cards, permit, write)


def _vouchers(session: Session, order: FileOrder) -> CardFile:
    batch, form = vouchers_to_export(session, order.name), SheetForm(order.form)

    def permit(session: Session, actor: Actor, keys: KeySource | None, now: datetime) -> KeysPermit | PermitRefused:
        if keys is not None:
            return permit_voucher_export(session, batch, form, actor, keys, now)
        note_voucher_export(session, batch, form, actor, now)
        return None

    def write(session: Session, file: Path, permit: KeysPermit, zone: tzinfo, progress: Progress) -> None:
        export_vouchers(session, batch, file, form, zone, permit, progress)

    return CardFile(batch.quantity, permit, write)


_MAKERS: Mapping[FileOf, Callable[[Session, FileOrder], CardFile]] = {
    FileOf.SERIES: _series,
    FileOf.SHEETS: _sheets,
    FileOf.VOUCHERS: _vouchers,
}
