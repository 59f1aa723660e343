"""An account of many calls is deleted by steps: the ledger is whole between any two, whoever is killed."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from account_calls import account_call_up, account_called, client_wallet
from factories import NOW, World, a_world, answered, micros
from sqlalchemy import select, update

from billing.rights import ALL_RIGHTS, RightMissing
from billing.states import JobState
from models import AuditEntry, CallRecord, Job, LedgerEntry, LedgerKind
from services.accounts import deletion_job
from services.accounts.client_money import pay_client_wallet
from services.accounts.deletion_job import ask_deletion, deletion_step
from services.accounts.save_account import update_account
from services.audit.audit import Actor, Door
from services.calls.settle_call import settle_call
from services.jobs.asked_jobs import REFUSED, asked_jobs, asked_step
from services.money.verify_ledger import verify_ledger
from services.store.fields import FieldsRefused

if TYPE_CHECKING:
    from account_world import AccountWorld
    from sqlalchemy.orm import Session

OWNER = Actor("owner", Door.CONSOLE, rights=ALL_RIGHTS)
CALLS = 5


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session)


@pytest.fixture
def called(world: World, trade: AccountWorld, monkeypatch: pytest.MonkeyPatch) -> int:
    """Five charged calls, of which a step takes two."""
    monkeypatch.setattr(deletion_job, "CALLS_A_STEP", 2)
    pay_client_wallet(trade.session, trade.client_id, micros("50.00"), "R-1", OWNER, NOW)
    account_id = trade.sender().id
    for place in range(CALLS):
        account_called(world, account_id, f"call-{place}")
        placed = {"placed_at": NOW + timedelta(minutes=place)}
        trade.session.execute(update(CallRecord).where(CallRecord.call_id == f"call-{place}").values(placed))
    return account_id


def ask(trade: AccountWorld, account_id: int, version: int | None = 1, token: str = "t-1") -> int:
    return ask_deletion(trade.session, account_id, version, "sold", token, OWNER, NOW)


def work(trade: AccountWorld, job_id: int) -> None:
    """As the worker does, to the end."""
    while asked_step(trade.session, job_id, "account_delete", NOW, UTC):
        assert verify_ledger(trade.session) == []


def job(trade: AccountWorld, job_id: int) -> Job:
    trade.session.expire_all()
    return trade.session.get_one(Job, job_id)


def test_ja_12_every_call_is_given_back_and_the_ledger_holds_after_each_step(trade: AccountWorld, called: int) -> None:
    charged = trade.session.scalars(select(CallRecord.cost_micros)).all()
    job_id = ask(trade, called)
    assert ask(trade, called) == job_id, "the same form sent twice asks once"
    assert (trade.stored(called).originator_enabled, trade.stored(called).deleted_at) == (False, None)
    while deletion_step(trade.session, job_id, NOW):
        assert verify_ledger(trade.session) == []
    assert verify_ledger(trade.session) == []
    ended = job(trade, job_id)
    assert (ended.state, ended.done, ended.total) == (JobState.DONE, CALLS, CALLS)
    assert ended.result == {
        "calls": CALLS,
        "entries": CALLS,
        "given_back": f"{sum(charged) / 1_000_000:.2f} USD",
        "balance": "50.00 USD",
    }
    assert client_wallet(trade.session, called).balance_micros == micros("50.00")
    assert None not in trade.session.scalars(select(CallRecord.reversed_at)).all()
    reversals = trade.session.scalars(select(LedgerEntry.reason).where(LedgerEntry.kind == LedgerKind.REVERSAL)).all()
    assert reversals == ["sold"] * CALLS
    assert trade.stored(called).deleted_at == NOW
    noted = trade.session.scalars(select(AuditEntry).where(AuditEntry.act == "account.deleted")).one()
    assert noted.after == {"calls": CALLS, "entries": CALLS, "refund_micros": sum(charged)}


def test_a_call_that_begins_meanwhile_stops_it_and_it_goes_on_afterwards(
    world: World, trade: AccountWorld, called: int
) -> None:
    """Somebody switched the account on again: what is given back stays so, and nothing is given back twice."""
    job_id = ask(trade, called)
    deletion_step(trade.session, job_id, NOW)
    update_account(trade.session, called, None, {"originator_enabled": True}, OWNER, NOW)
    account_call_up(world, called, "late")
    with pytest.raises(REFUSED, match="are up"):
        work(trade, job_id)
    settle_call(trade.session, answered("late", 60), NOW, UTC)
    assert [kind for _, kind in asked_jobs(trade.session)] == ["account_delete"]
    work(trade, job_id)
    assert job(trade, job_id).state is JobState.DONE
    assert client_wallet(trade.session, called).balance_micros == micros("50.00")
    assert verify_ledger(trade.session) == []


def test_it_is_not_begun_while_calls_are_up_or_without_the_right(
    world: World, trade: AccountWorld, called: int
) -> None:
    with pytest.raises(RightMissing):
        ask_deletion(trade.session, called, 1, None, "t-2", Actor("support", Door.CONSOLE), NOW)
    account_call_up(world, called, "up")
    with pytest.raises(FieldsRefused, match="are up"):
        ask(trade, called)
