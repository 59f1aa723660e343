"""Block a phone: it may not call by any card until that is lifted; both acts are audited (V-25)."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from models import BlockedPhone
from services.audit.audit import Act, Actor, note
from services.store.upsert import insert_or_skip

DIGITS_MIN, DIGITS_MAX = 3, 15
REASON_LENGTH_MAX = 500


class PhoneBlockRefused(ValueError):
    """It cannot be blocked or lifted so; the sentence says what to change."""


def block_phone(session: Session, phone: str, reason: str, actor: Actor, now: datetime) -> str:
    """The caller id as it stands. Calls that are up go on: end them by themselves, or block their card."""
    caller_id, told = _caller_id(phone), " ".join(reason.split())[:REASON_LENGTH_MAX]
    if not told:
        raise PhoneBlockRefused("Say why the phone is blocked: whoever lifts it later needs to know.")
    values = {"caller_id": caller_id, "reason": told, "blocked_at": now, "blocked_by": str(actor)}
    if not insert_or_skip(session, BlockedPhone, **values):
        raise PhoneBlockRefused(f"{caller_id} is blocked already.")
    note(session, actor, Act("phone blocked", "phone", caller_id, reason=told), now)
    return caller_id


def unblock_phone(session: Session, phone: str, actor: Actor, now: datetime) -> str:
    caller_id = _caller_id(phone)
    lifted = delete(BlockedPhone).where(BlockedPhone.caller_id == caller_id).returning(BlockedPhone.reason)
    reason = session.scalars(lifted).one_or_none()
    if reason is None:
        raise PhoneBlockRefused(f"{caller_id} is not blocked.")
    note(session, actor, Act("phone unblocked", "phone", caller_id, before={"reason": reason}), now)
    return caller_id


def _caller_id(phone: str) -> str:
    """As caller ids are stored: international, digits only."""
    digits = phone.strip().lstrip("+").replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and DIGITS_MIN <= len(digits) <= DIGITS_MAX):
        raise PhoneBlockRefused(
            f"A phone to block has {DIGITS_MIN} to {DIGITS_MAX} digits in international form; “{phone}” has not."
        )
    return digits
