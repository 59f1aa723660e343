"""Batches and vouchers as the rows of lists in the console; never a code."""

from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from models import Card, Voucher, VoucherBatch

Rows = Select[*tuple[Any, ...]]


def batch_rows() -> Rows:
    is_cancelled = VoucherBatch.cancelled_at.is_not(None)
    state = case((is_cancelled, "cancelled"), (VoucherBatch.made_at.is_(None), "running"), else_="done")
    return select(
        VoucherBatch.id,
        state.label("state"),
        VoucherBatch.name,
        VoucherBatch.value_micros.label("value"),
        VoucherBatch.currency,
        VoucherBatch.quantity,
        VoucherBatch.expires_at,
        VoucherBatch.created_at,
    )


def voucher_rows_of(batch_id: int) -> Rows:
    return (
        select(
            Voucher.id,
            Voucher.serial,
            Voucher.status,
            Voucher.redeemed_at,
            Card.number.label("card"),
            Voucher.blocked_reason,
        )
        .outerjoin(Card, Card.id == Voucher.redeemed_card_id)
        .where(Voucher.batch_id == batch_id)
    )


def find_batch(session: Session, batch_id: int) -> VoucherBatch | None:
    return session.get(VoucherBatch, batch_id)


def vouchers_made(session: Session, batch_id: int) -> int:
    """How far a batch is."""
    return session.scalars(select(func.coalesce(func.max(Voucher.serial), 0)).where(Voucher.batch_id == batch_id)).one()


def waiting_batches(session: Session) -> list[int]:
    """Those that are not whole: ordered in the console, or by a command that was killed."""
    is_waiting = (VoucherBatch.made_at.is_(None), VoucherBatch.cancelled_at.is_(None))
    return list(session.scalars(select(VoucherBatch.id).where(*is_waiting).order_by(VoucherBatch.id)))
