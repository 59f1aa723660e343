"""Block vouchers that were lost or stolen, and unblock them; those that were redeemed stay redeemed."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from billing.states import VoucherStatus
from models import Voucher, VoucherBatch
from services.audit.audit import Act, Actor, note

REASON_CHARACTERS_MAX = 500


class VoucherBlockRefused(ValueError):
    """The vouchers cannot be blocked so; the sentence says what to change."""


def block_vouchers(
    session: Session, batch_id: int, serials: range | None, reason: str, actor: Actor, now: datetime
) -> int:
    """How many vouchers of the batch are blocked by this act. `serials` None: the whole batch."""
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
        raise VoucherBlockRefused(f"Blocking needs a reason of 1 to {REASON_CHARACTERS_MAX} characters.")
    values = {"status": VoucherStatus.BLOCKED, "blocked_reason": reason}
    changed = _change(session, batch_id, _chosen(batch_id, serials, VoucherStatus.READY), values)
    if changed:
        note(session, actor, _act("vouchers.blocked", batch_id, serials, changed, reason), now)
    return changed


def unblock_vouchers(session: Session, batch_id: int, serials: range | None, actor: Actor, now: datetime) -> int:
    """How many vouchers of the batch can be redeemed again by this act."""
    values = {"status": VoucherStatus.READY, "blocked_reason": None}
    changed = _change(session, batch_id, _chosen(batch_id, serials, VoucherStatus.BLOCKED), values)
    if changed:
        note(session, actor, _act("vouchers.unblocked", batch_id, serials, changed, None), now)
    return changed


def _chosen(batch_id: int, serials: range | None, status: VoucherStatus) -> ColumnElement[bool]:
    chosen = (Voucher.batch_id == batch_id) & (Voucher.status == status)
    if serials is None:
        return chosen
    assert serials.step == 1, serials  # noqa: S101
    return chosen & (Voucher.serial >= serials.start) & (Voucher.serial < serials.stop)


def _change(session: Session, batch_id: int, chosen: ColumnElement[bool], values: Mapping[str, object]) -> int:
    """A batch that is still being made is refused: the vouchers that come later would not be blocked."""
    if session.scalars(select(VoucherBatch.made_at).where(VoucherBatch.id == batch_id)).one() is None:
        raise VoucherBlockRefused("The batch is still being made: make it whole first; until then none is accepted.")
    changed = session.connection().execute(update(Voucher).where(chosen).values(values))
    return changed.rowcount


def _act(act: str, batch_id: int, serials: range | None, changed: int, reason: str | None) -> Act:
    which = "all" if serials is None else f"{serials.start}-{serials.stop - 1}"
    return Act(act, "voucher_batch", str(batch_id), after={"serials": which, "vouchers": changed}, reason=reason)
