"""Disabling leaves the history; deleting gives back every charge in one transaction, and erases nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from account_calls import account_call_up, account_called, client_wallet
from account_world import ACTOR, AccountWorld, an_account_world
from factories import LITHUANIA, NOW, World, a_world, answered, at_once, micros
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from billing.rights import ALL_RIGHTS, ROLE_RIGHTS, RightMissing, Role
from models import Account, AuditEntry, CallRecord, LedgerEntry, LedgerKind
from services.accounts.client_money import pay_client_wallet
from services.accounts.delete_account import delete_account, disable_account, preview_deletion
from services.money.verify_ledger import verify_ledger
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

if TYPE_CHECKING:
    from sqlalchemy import Engine


def paid(trade: AccountWorld, amount: str = "50.00") -> None:
    pay_client_wallet(trade.session, trade.client_id, micros(amount), "R-1", ACTOR, NOW)


def delete(trade: AccountWorld, account_id: int, version: int | None = None) -> object:
    return delete_account(trade.session, account_id, version, ACTOR, NOW, rights=ALL_RIGHTS, reason="sold")


@pytest.fixture
def called(world: World, trade: AccountWorld) -> int:
    """An account with two charged calls, one of them with a connection fee."""
    paid(trade)
    account_id = trade.sender().id
    assert account_called(world, account_id, "call-1") == micros("0.06")
    assert account_called(world, account_id, "call-2", 60, LITHUANIA) == micros("0.17")
    assert client_wallet(trade.session, account_id).balance_micros == micros("49.77")
    return account_id


def test_disabling_stops_the_traffic_and_keeps_the_history(trade: AccountWorld, called: int) -> None:
    """JA-13, JA-14: both roles off."""
    assert disable_account(trade.session, called, 1, ACTOR, NOW).version == 2
    account = trade.stored(called)
    assert (account.originator_enabled, account.terminator_enabled, account.deleted_at) == (False, False, None)
    assert client_wallet(trade.session, called).balance_micros == micros("49.77")
    assert trade.session.scalars(select(CallRecord.reversed_at)).all() == [None, None]


def test_the_sum_is_told_first_and_nothing_moves(trade: AccountWorld, called: int) -> None:
    """JA-12: the dialog shows the sum."""
    told = preview_deletion(trade.session, called)
    assert (told.account, told.client, told.calls, told.entries) == ("Main", "Acme Telecom", 2, 3)
    assert (told.refund_micros, told.balance_micros, told.currency) == (micros("0.23"), micros("50.00"), "USD")
    assert trade.stored(called).deleted_at is None


def test_deleting_gives_every_charge_back(trade: AccountWorld, called: int) -> None:
    """JA-12, JA-20: the client's balance rises, the calls leave the statistics, no row is erased."""
    told = preview_deletion(trade.session, called)
    assert delete(trade, called, 1) == told
    wallet = client_wallet(trade.session, called)
    assert wallet.balance_micros == micros("50.00")
    query = select(LedgerEntry).where(LedgerEntry.kind == LedgerKind.REVERSAL)
    reversals = trade.session.scalars(query).all()
    assert sorted(entry.amount_micros for entry in reversals) == [micros("0.06"), micros("0.07"), micros("0.10")]
    assert {entry.destination_wallet_id for entry in reversals} == {wallet.id}
    assert {entry.reason for entry in reversals} == {"sold"}
    records = trade.session.scalars(select(CallRecord).execution_options(populate_existing=True)).all()
    assert [(record.reversed_at, record.cost_micros > 0) for record in records] == [(NOW, True), (NOW, True)]
    account = trade.stored(called)
    assert (account.deleted_at, account.originator_enabled, account.version) == (NOW, False, 2)
    note = trade.session.scalars(select(AuditEntry).where(AuditEntry.act == "account.deleted")).one()
    assert note.after == {"calls": 2, "refund_micros": micros("0.23"), "entries": 3}
    assert verify_ledger(trade.session) == []


def test_deleting_needs_its_right(trade: AccountWorld, called: int) -> None:
    """JA-20."""
    rights = ROLE_RIGHTS[Role.FINANCE]
    with pytest.raises(RightMissing, match="the right to delete"):
        delete_account(trade.session, called, None, ACTOR, NOW, rights=rights)
    assert trade.stored(called).deleted_at is None


def test_other_accounts_keep_their_charges(world: World, trade: AccountWorld, called: int) -> None:
    other = trade.sender("Other", addresses="192.0.2.8").id
    cost = account_called(world, other, "call-3")
    delete(trade, called)
    assert client_wallet(trade.session, other).balance_micros == micros("50.00") - cost
    assert verify_ledger(trade.session) == []


def test_a_deleted_account_is_changed_no_more_and_frees_its_identity(trade: AccountWorld, called: int) -> None:
    delete(trade, called)
    for act in (lambda: delete(trade, called), lambda: trade.change(called, notes="x")):
        with pytest.raises(FieldsRefused, match="is deleted"):
            act()
    trade.sender("Successor")


def test_a_carrier_gives_back_nothing_that_others_paid(world: World, trade: AccountWorld) -> None:
    """Calls that it carried were charged to cards and other accounts."""
    world.call("card-call")
    world.settle(answered("card-call", 60))
    carrier = world.carriers["test.cheap"]
    told = delete_account(world.session, carrier, None, ACTOR, NOW, rights=ALL_RIGHTS)
    assert (told.calls, told.refund_micros) == (0, 0)
    assert world.record("card-call").reversed_at is None
    assert verify_ledger(trade.session) == []


def test_an_account_with_a_call_up_is_not_deleted(world: World, trade: AccountWorld, called: int) -> None:
    account_call_up(world, called, "call-3")
    with pytest.raises(FieldsRefused, match=r"Calls of Main are up \(1\): disable it"):
        delete(trade, called)


def test_a_deletion_is_refused_after_another_ones_change(trade: AccountWorld, called: int) -> None:
    trade.change(called, 1, notes="x")
    with pytest.raises(ChangedMeanwhile):
        delete(trade, called, 1)


def test_the_password_of_a_deleted_account_is_gone(trade: AccountWorld, called: int) -> None:
    sealed = {"password_sealed": b"sealed", "password_key": 1}
    trade.session.execute(update(Account).where(Account.id == called).values(sealed))
    delete(trade, called)
    assert trade.stored(called).password_sealed is None


def breaches(session: Session) -> set[str]:
    return {breach.invariant for breach in verify_ledger(session)}


def test_the_verifier_sees_a_call_that_was_not_given_back(trade: AccountWorld, called: int) -> None:
    trade.session.execute(update(CallRecord).where(CallRecord.account_id == called).values(reversed_at=NOW))
    assert breaches(trade.session) == {"I6 a reversed call was given back whole, and no other one"}


@pytest.mark.parametrize("reference", ["entry:999999", "call-1", "entry:x", "entry:"])
def test_the_verifier_sees_a_reversal_of_nothing(trade: AccountWorld, called: int, reference: str) -> None:
    delete(trade, called)
    first = trade.session.scalars(select(LedgerEntry).where(LedgerEntry.kind == LedgerKind.CALL)).first()
    assert first is not None
    forged = {"source_wallet_id": first.destination_wallet_id, "destination_wallet_id": first.source_wallet_id}
    facts = {"amount_micros": 1, "kind": LedgerKind.REVERSAL, "call_id": first.call_id}
    row = {**forged, **facts, "reference": reference, "created_at": NOW, "actor": "x"}
    trade.session.execute(insert(LedgerEntry).values(row))
    assert "I6 a reversal is one entry of a call, the other way round" in breaches(trade.session)


def test_of_two_deletions_at_once_one_gives_back(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world, trade = a_world(session), an_account_world(session)
        paid(trade)
        account_id = trade.sender().id
        account_called(world, account_id, "call-1")
        session.commit()

        def work(own: Session) -> bool:
            try:
                delete(trade.on(own), account_id)
            except FieldsRefused:
                return False
            return True

        assert sorted(at_once(engine, [work, work, work])) == [False, False, True]
        assert client_wallet(session, account_id).balance_micros == micros("50.00")
        assert verify_ledger(session) == []
