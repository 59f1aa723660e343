"""Batches of vouchers and single vouchers as an operator sees them; the codes only by `voucher_rows`, for an export."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ScalarSelect, func, literal, select
from sqlalchemy.orm import Session

from billing.states import VoucherStatus
from models import Card, Voucher, VoucherBatch
from services.keys.permit import Permit
from services.keys.pin_keys import PinKeys
from services.vouchers.voucher_codes import decrypted_code

BATCHES_SHOWN_MAX = 200
ROWS_A_ROUND = 2_000


@dataclass(frozen=True, slots=True)
class VoucherRow:
    """What is printed on a voucher. The code is a secret: whoever asks for it audits that first."""

    serial: int
    code: str = field(repr=False)
    value_micros: int
    currency: str
    expires_at: datetime | None
    status: VoucherStatus


def find_voucher_batch(session: Session, name: str) -> VoucherBatch | None:
    return session.scalars(select(VoucherBatch).where(VoucherBatch.name == name)).one_or_none()


def voucher_batches(session: Session, *, newest: int = BATCHES_SHOWN_MAX) -> list[dict[str, Any]]:
    """The newest batches first, each with the numbers of its vouchers by state."""
    query = select(VoucherBatch).order_by(VoucherBatch.id.desc()).limit(min(newest, BATCHES_SHOWN_MAX))
    batches = session.scalars(query).all()
    counts = _counts(session, [batch.id for batch in batches])
    return [batch_report(batch, counts) for batch in batches]


def voucher_batch_report(session: Session, batch: VoucherBatch, most: int | None = None) -> dict[str, Any]:
    """Each voucher counted; with `most`, which takes no time in a large batch, a state with more has that and one."""
    counts = _counts(session, [batch.id]) if most is None else _counts_up_to(session, batch.id, most)
    return batch_report(batch, counts)


def batch_report(batch: VoucherBatch, counts: dict[tuple[int, VoucherStatus], int]) -> dict[str, Any]:
    """Amounts in micros, moments as ISO text; `made_at` is empty while the batch is being made."""
    return {
        "name": batch.name,
        "currency": batch.currency,
        "value_micros": batch.value_micros,
        "quantity": batch.quantity,
        "code_length": batch.code_length,
        "expires_at": _text(batch.expires_at),
        "created_at": _text(batch.created_at),
        "made_at": _text(batch.made_at),
        "cancelled_at": _text(batch.cancelled_at),
        **{status.value: counts.get((batch.id, status), 0) for status in VoucherStatus},
    }


def voucher_report(session: Session, batch: VoucherBatch, serial: int) -> dict[str, Any] | None:
    """One voucher without its code; None if the batch has none with this serial."""
    row = session.execute(
        select(Voucher.status, Voucher.redeemed_at, Card.number, Voucher.blocked_reason)
        .outerjoin(Card, Card.id == Voucher.redeemed_card_id)
        .where(Voucher.batch_id == batch.id, Voucher.serial == serial)
    ).one_or_none()
    if row is None:
        return None
    status, redeemed_at, card_number, reason = row
    return {
        "batch": batch.name,
        "serial": serial,
        "currency": batch.currency,
        "value_micros": batch.value_micros,
        "status": status.value,
        "redeemed_at": _text(redeemed_at),
        "redeemed_card": card_number,
        "blocked_reason": reason,
    }


def voucher_rows(session: Session, permit: Permit[PinKeys], batch_id: int) -> Iterator[VoucherRow]:
    """Every voucher of a batch in the order of serials, opened, a round at a time. A code that was erased after its
    export comes no more.
    """
    batch = session.get_one(VoucherBatch, batch_id)
    serial = 0
    while rows := _round_after(session, batch_id, serial):
        for serial, status, encrypted in rows:
            if encrypted is not None:
                code = decrypted_code(permit.keys, encrypted, batch_id, serial)
                yield VoucherRow(serial, code, batch.value_micros, batch.currency, batch.expires_at, status)


def _round_after(session: Session, batch_id: int, serial: int) -> list[tuple[int, VoucherStatus, bytes | None]]:
    query = (
        select(Voucher.serial, Voucher.status, Voucher.code_encrypted)
        .where(Voucher.batch_id == batch_id, Voucher.serial > serial)
        .order_by(Voucher.serial)
        .limit(ROWS_A_ROUND)
    )
    return [(row.serial, row.status, row.code_encrypted) for row in session.execute(query)]


def _counts(session: Session, batch_ids: list[int]) -> dict[tuple[int, VoucherStatus], int]:
    query = select(Voucher.batch_id, Voucher.status, func.count()).where(Voucher.batch_id.in_(batch_ids))
    rows = session.execute(query.group_by(Voucher.batch_id, Voucher.status))
    return {(batch_id, status): count for batch_id, status, count in rows}


def _counts_up_to(session: Session, batch_id: int, most: int) -> dict[tuple[int, VoucherStatus], int]:
    found = {status: _some(batch_id, status, most + 1) for status in VoucherStatus}
    row = session.execute(select(*(count.label(status.value) for status, count in found.items()))).one()
    return {(batch_id, status): count for status, count in zip(found, row, strict=True)}


def _some(batch_id: int, status: VoucherStatus, most: int) -> ScalarSelect[int]:
    some = select(literal(1).label("one")).where(Voucher.batch_id == batch_id, Voucher.status == status).limit(most)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
