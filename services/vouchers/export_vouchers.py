"""Export a batch of vouchers for a printer: codes only when asked for, and audited before the first one is read."""

from collections.abc import Iterator
from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.card_number import grouped
from billing.expiry import last_day
from billing.money import minor_digits, text_from_micros
from billing.rights import Right
from models import Voucher, VoucherBatch
from services.audit.audit import Act, Actor, note
from services.keys.permit import Permit, PermitRefused, ask_permit
from services.keys.pin_keys import KeySource, PinKeys
from services.series.export_series import ROWS_A_ROUND, ExportRefused, PinUnreadable, Progress
from services.store.run import run
from services.store.sheet_writer import Row, SheetForm, write_table
from services.vouchers.voucher_codes import decrypted_code
from services.vouchers.voucher_report import find_voucher_batch

TITLES: Final = ("Batch", "Serial", "Code", "Value", "Currency", "Status", "Expires")


def vouchers_to_export(session: Session, name: str) -> VoucherBatch:
    batch = find_voucher_batch(session, name)
    if batch is None:
        raise ExportRefused(f"There is no batch {name}.")
    if batch.cancelled_at is not None:
        raise ExportRefused(f"The making of {name} was cancelled: none of its vouchers is accepted.")
    if batch.made_at is None:
        raise ExportRefused(f"The vouchers of {name} are still being made: go on with the same make command first.")
    return batch


def note_voucher_export(session: Session, batch: VoucherBatch, form: SheetForm, actor: Actor, now: datetime) -> None:
    """Name who takes an export without codes."""
    note(session, actor, _act(batch, form, with_codes=False), now)


def permit_voucher_export(
    session: Session, batch: VoucherBatch, form: SheetForm, actor: Actor, keys: KeySource, now: datetime
) -> Permit[KeySource] | PermitRefused:
    """For an export with codes, in a transaction that ends before the first one is read. No reseller owns a batch."""
    return ask_permit(session, actor, [Right.EXPORT_PINS], keys, _act(batch, form, with_codes=True), now)


def _act(batch: VoucherBatch, form: SheetForm, *, with_codes: bool) -> Act:
    facts = {"batch": batch.name, "vouchers": batch.quantity, "with_codes": with_codes, "format": form.value}
    return Act("voucher_batch.exported", "voucher_batch", str(batch.id), after=facts)


def export_vouchers(
    session: Session,
    batch: VoucherBatch,
    file: Path,
    form: SheetForm,
    zone: tzinfo,
    permit: Permit[KeySource] | None = None,
    progress: Progress = lambda _done, _total: None,
) -> None:
    """Write the file; codes only with a permit. Use a read session: it sees one moment of the database."""
    write_table(file, form, TITLES, _rows(session, batch, zone, permit, progress), batch.quantity)


def _rows(
    session: Session, batch: VoucherBatch, zone: tzinfo, permit: Permit[KeySource] | None, progress: Progress
) -> Iterator[Row]:
    value = Decimal(text_from_micros(batch.value_micros, minor_digits(batch.currency)))
    expires = None if batch.expires_at is None else last_day(batch.expires_at, zone).isoformat()
    serial, done = 0, 0
    while rows := _round_after(session, batch.id, serial):
        current = permit.keys.current() if permit else None
        for serial, status, encrypted in rows:
            code = _code(current, encrypted, batch.id, serial) if current and encrypted else None
            yield batch.name, serial, code, value, batch.currency, status.value, expires
        done += len(rows)
        progress(done, batch.quantity)


def _code(keys: PinKeys, encrypted: bytes, batch_id: int, serial: int) -> str:
    try:
        return grouped(decrypted_code(keys, encrypted, batch_id, serial))
    except InvalidTag:
        pass
    raise PinUnreadable(
        f"The code of voucher {serial} opens with no key of the key file: if keys are being rotated, run this again; "
        "else restore the key file."
    )


def _round_after(session: Session, batch_id: int, serial: int) -> list[Any]:
    query = (
        select(Voucher.serial, Voucher.status, Voucher.code_encrypted)
        .where(Voucher.batch_id == batch_id, Voucher.serial > serial)
        .order_by(Voucher.serial)
        .limit(ROWS_A_ROUND)
    )
    return list(run(session, query).all())
