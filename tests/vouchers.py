"""Vouchers for tests: a whole batch with the codes in the open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factories import KEYS, NOW, micros

from services.audit.audit import Actor, Door
from services.keys.permit import Permit
from services.vouchers.make_vouchers import NewVoucherBatch, make_vouchers, open_voucher_batch
from services.vouchers.voucher_report import voucher_rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CLERK = Actor("anna", Door.CONSOLE)


def a_batch(session: Session, name: str = "May", **terms: object) -> int:
    chosen = {"currency": "USD", "value_micros": micros("10.00"), "quantity": 3, **terms}
    return open_voucher_batch(session, NewVoucherBatch(name, **chosen), CLERK, NOW)


def vouchers(session: Session, name: str = "May", **terms: object) -> list[str]:
    """The codes of a new batch that is made whole."""
    batch_id = a_batch(session, name, **terms)
    while not make_vouchers(session, KEYS, batch_id, NOW).is_whole:
        pass
    return [row.code for row in voucher_rows(session, Permit(KEYS), batch_id)]
