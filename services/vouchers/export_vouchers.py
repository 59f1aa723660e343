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
from models import Voucher, VoucherBatch
from services.audit.audit import Act, Actor, note
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
    if batch.made_at is None:
        raise ExportRefused(f"The vouchers of {name} are still being made: go on with the same make command first.")
    return batch


def note_voucher_export(
    session: Session, batch: VoucherBatch, form: SheetForm, actor: Actor, now: datetime, *, with_codes: bool
) -> None:
    """Name who takes what, in a transaction that ends before the first code is read."""
    facts = {"batch": batch.name, "vouchers": batch.quantity, "with_codes": with_codes, "format": form.value}
    note(session, actor, Act("voucher_batch.exported", "voucher_batch", str(batch.id), after=facts), now)


def export_vouchers(
    session: Session,
    batch: VoucherBatch,
    file: Path,
    form: SheetForm,
    zone: tzinfo,
    keys: KeySource | None = None,
    progress: Progress = lambda _done, _total: None,
) -> None:
    """Write the file; codes only with `keys`. Use a read session: it sees one moment of the database."""
    write_table(file, form, TITLES, _rows(session, batch, zone, keys, progress), batch.quantity)


def _rows(
    session: Session, batch: VoucherBatch, zone: tzinfo, keys: KeySource | None, progress: Progress
) -> Iterator[Row]:
    value = Decimal(text_from_micros(batch.value_micros, minor_digits(batch.currency)))
    expires = None if batch.expires_at is None else last_day(batch.expires_at, zone).isoformat()
    serial, done = 0, 0
    while rows := _round_after(session, batch.id, serial):
        current = keys.current() if keys else None
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
