"""Refill by a voucher in the portal: the service and the guard are those of a call; what is sent twice books once."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, World, a_world, at_once, micros
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from vouchers import vouchers

from billing.guard import GuardRules
from billing.refusals import Refusal
from billing.states import CardType
from models import FailedEntry, LedgerEntry, LedgerKind
from services.holders.refill import OnThisCard, refill
from services.vouchers.redeem_voucher import Redeemed, VoucherRefusal

if TYPE_CHECKING:
    from sqlalchemy import Engine

Answer = Redeemed | OnThisCard | VoucherRefusal | Refusal
RECHARGEABLE = {"card_type": CardType.RECHARGEABLE}


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session, group=RECHARGEABLE, series={"portal_login": True})


def enter(world: World, code: str, *, place: int = 0, minutes: int = 0) -> Answer:
    now = NOW + timedelta(minutes=minutes)
    return refill(world.session, KEYS, world.card(place), code, "192.0.2.1", now, UTC, GuardRules())


def booked(session: Session) -> int:
    return session.scalar(select(func.count()).where(LedgerEntry.kind == LedgerKind.RECHARGE)) or 0


def test_a_voucher_adds_its_value_and_the_ledger_says_by_which_door(world: World) -> None:
    """V-6."""
    code = vouchers(world.session)[0]
    answer = enter(world, f"{code[:4]} {code[4:8]}-{code[8:]}")
    assert answer == Redeemed(micros("10.00"), micros("15.00"), "USD")
    entry = world.session.scalars(select(LedgerEntry).where(LedgerEntry.kind == LedgerKind.RECHARGE)).one()
    assert entry.actor == f"portal:{world.card().number}"


def test_what_is_sent_twice_books_once_and_is_no_wrong_entry(world: World) -> None:
    code = vouchers(world.session)[0]
    enter(world, code)
    for minutes in (0, 1, 60):
        assert enter(world, code, minutes=minutes) == OnThisCard(micros("10.00"), NOW)
    assert booked(world.session) == 1
    assert world.session.scalar(select(func.count()).select_from(FailedEntry)) == 0


def test_a_voucher_of_another_card_is_used_and_counts_as_a_wrong_entry(world: World) -> None:
    code = vouchers(world.session)[0]
    enter(world, code)
    assert enter(world, code, place=1) is VoucherRefusal.USED
    assert world.session.scalar(select(func.count()).select_from(FailedEntry)) == 1


def test_guesses_shut_the_door_also_for_a_right_code(world: World) -> None:
    code = vouchers(world.session, quantity=1)[0]
    wrong = "0" * len(code)
    answers = [enter(world, wrong) for _ in range(5)]
    assert VoucherRefusal.NOT_FOUND in answers
    assert enter(world, code) is Refusal.TRY_AGAIN_LATER
    assert booked(world.session) == 0


@pytest.mark.parametrize("code", ["", "abc", "'; --", "\uff11" * 12, "9" * 5_000])
def test_whatever_is_typed_is_an_unknown_voucher(world: World, code: str) -> None:
    assert enter(world, code) in (VoucherRefusal.NOT_FOUND, Refusal.TRY_AGAIN_LATER)


def test_a_form_sent_ten_times_at_once_books_once(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group=RECHARGEABLE)
        code = vouchers(session)[0]
        session.commit()

    def send(session: Session) -> Answer:
        return enter(world.on(session), code)

    answers = at_once(engine, [send] * 10)
    assert sum(isinstance(one, Redeemed) for one in answers) == 1
    assert sum(isinstance(one, OnThisCard) for one in answers) == 9
    with Session(engine) as session:
        assert booked(session) == 1
        assert session.scalar(select(func.count()).select_from(FailedEntry)) == 0
