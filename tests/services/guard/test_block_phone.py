"""A blocked phone is sent away by every gate, also where it is bound to a good card, until the block is lifted."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from factories import ACCESS, NOW, a_world
from sqlalchemy import select

from billing.refusals import Refusal
from billing.states import EntryKind
from models import AuditEntry, CallerIdBinding
from services.audit.audit import Actor, Door
from services.calls.access import find_access
from services.guard.admit_caller import Admission, admit_caller
from services.guard.block_phone import PhoneBlockRefused, block_phone, unblock_phone
from services.guard.guard import EntryAttempt, may_try
from services.guard.guard_entry import Caller
from services.guard.guard_report import guard_status

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PHONE = "37060000001"
ME = Actor("Olga", Door.CONSOLE)


def admitted(session: Session) -> Admission:
    access = find_access(session, ACCESS)
    assert access is not None
    return admit_caller(session, access, Caller(PHONE), NOW, UTC)


def test_a_blocked_phone_is_shut_out_and_lifting_lets_it_in(session: Session) -> None:
    """V-25, console.md 11.2: block CallerID."""
    world = a_world(session, group={"pinless_allowed": True})
    session.add(CallerIdBinding(caller_id=PHONE, card_id=world.cards[0].card_id, bound_at=NOW))
    session.flush()
    assert not admitted(session).is_shut_out
    assert block_phone(session, f"+{PHONE[:3]} {PHONE[3:]}", "rings all day", ME, NOW) == PHONE
    shut = admitted(session)
    assert shut.is_shut_out
    assert shut.verdict.refusal is Refusal.TRY_AGAIN_LATER
    voucher = EntryAttempt(EntryKind.VOUCHER, Door.IVR, 12, caller_id=PHONE, access_number=ACCESS)
    assert not may_try(session, voucher, NOW).allowed
    (told,) = guard_status(session, NOW)["blocked"]
    assert (told["caller_id"], told["reason"], told["blocked_by"]) == (PHONE, "rings all day", "console:Olga")
    unblock_phone(session, PHONE, ME, NOW)
    assert not admitted(session).is_shut_out
    acts = session.scalars(select(AuditEntry.act).where(AuditEntry.object_id == PHONE)).all()
    assert acts == ["phone blocked", "phone unblocked"]


@pytest.mark.parametrize(("phone", "reason"), [("12", "x"), ("abc", "x"), ("1" * 16, "x"), (PHONE, "  ")])
def test_what_cannot_be_blocked_says_why(session: Session, phone: str, reason: str) -> None:
    with pytest.raises(PhoneBlockRefused):
        block_phone(session, phone, reason, ME, NOW)


def test_a_block_is_neither_doubled_nor_lifted_twice(session: Session) -> None:
    block_phone(session, PHONE, "x", ME, NOW)
    with pytest.raises(PhoneBlockRefused, match="already"):
        block_phone(session, PHONE, "y", ME, NOW)
    unblock_phone(session, PHONE, ME, NOW)
    with pytest.raises(PhoneBlockRefused, match="not blocked"):
        unblock_phone(session, PHONE, ME, NOW)
