"""The verifier: a world of calls proves clean, and each error that is planted behind the code's back is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from factories import LITHUANIA, NOW, World, a_world, answered, micros, not_answered
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.orm import Session

from billing.states import CardStatus, EntryKind, HoldState
from models import (
    AuditEntry,
    CallRecord,
    Card,
    CardSeries,
    GuardBudget,
    Hold,
    LedgerEntry,
    LedgerKind,
    Wallet,
    WalletKind,
)
from models.database import make_read_engine
from services.audit.audit import Act, Actor, Door, note
from services.money.verify_ledger import BREACHES_SHOWN_MAX, verify_ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine


def live(session: Session) -> World:
    """A card with an answered, an unanswered and a running call, and another card with a running one."""
    world = a_world(session, group={"calls_max": 2}, series={"activation_fee_micros": micros("0.50")})
    world.call("answered", LITHUANIA)
    world.settle(answered("answered", 600))
    world.call("busy")
    world.settle(not_answered("busy", "BUSY"))
    world.call("running")
    world.call("other", place=1)
    return world


@pytest.fixture
def unguarded(session: Session) -> Iterator[World]:
    """As by a bug in a migration, or a hand in the database: no trigger and no check, until all is taken back."""
    world = live(session)
    if session.get_bind().dialect.name == "sqlite":
        for trigger in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {trigger}"))
        session.execute(text("PRAGMA ignore_check_constraints=ON"))
        yield world
        session.execute(text("PRAGMA ignore_check_constraints=OFF"))
        return
    session.execute(text("SET LOCAL session_replication_role = replica"))
    checks = text("SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0")
    for table, name in session.execute(checks).all():
        session.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    yield world


def found(world: World) -> set[str]:
    """The invariants that are broken; the guards themselves are told in a test of their own."""
    world.session.flush()
    return {breach.invariant.split()[0] for breach in verify_ledger(world.session)} - {"I8"}


def entry(world: World, **values: object) -> None:
    payments = world.session.scalars(select(Wallet.id).where(Wallet.kind == WalletKind.PAYMENTS)).one()
    good = {
        "source_wallet_id": payments,
        "destination_wallet_id": world.card(1).wallet_id,
        "amount_micros": 1,
        "kind": LedgerKind.ADJUSTMENT,
        "reference": "planted",
        "created_at": NOW,
        "actor": "nobody",
    }
    world.session.execute(insert(LedgerEntry).values({**good, **values}))


def change(table: type, where: Any, **values: object) -> Callable[[World], None]:  # noqa: ANN401 (a column condition)
    return lambda world: world.session.execute(update(table).where(where).values(values)) and None


def wallet(**values: object) -> Callable[[World], None]:
    return lambda world: world.set(Wallet, world.card(1).wallet_id, **values)


def lose_the_record(world: World) -> None:
    world.session.execute(delete(CallRecord).where(CallRecord.call_id == "busy"))


def pay_in_other_money(world: World) -> None:
    world.set(Wallet, world.card(1).wallet_id, currency="EUR", balance_micros=Wallet.balance_micros + 1)
    entry(world)


def forget_a_card(world: World) -> None:
    world.session.execute(update(CardSeries).values(quantity=3))


def write_over_an_act(world: World) -> None:
    note(world.session, Actor("mallory", Door.CLI), Act("guard.unlock", "caller_id", "15550100"), NOW)
    world.session.execute(update(AuditEntry).values(actor="alice"))


def spend_a_budget(world: World) -> None:
    day = {"day": NOW.date(), "kind": EntryKind.PIN_ONLY, "secret_length": 12}
    world.session.execute(insert(GuardBudget).values(**day, failures=138, allowed=275))


ANSWERED, BUSY = CallRecord.call_id == "answered", CallRecord.call_id == "busy"
FIRST_CARD, IS_CALL = Card.serial == 1, LedgerEntry.kind == LedgerKind.CALL
PLANTED: dict[str, tuple[Callable[[World], None], set[str]]] = {
    "a micro too much on a wallet": (wallet(balance_micros=Wallet.balance_micros + 1), {"I1"}),
    "a micro too little on a wallet": (wallet(balance_micros=Wallet.balance_micros - 1), {"I1"}),
    "another opening balance": (wallet(opening_micros=0), {"I1"}),
    "an entry that moved nothing": (entry, {"I1"}),
    "a lost entry": (
        lambda world: world.session.execute(delete(LedgerEntry).where(LedgerEntry.kind == LedgerKind.CALL)) and None,
        {"I1", "I6"},
    ),
    "money held for no call": (wallet(held_micros=Wallet.held_micros - 1), {"I2"}),
    "one call too many counted": (wallet(open_holds=Wallet.open_holds + 1), {"I2"}),
    "a hold that was never counted": (change(Hold, Hold.call_id == "running", amount_micros=1), {"I2"}),
    "a hold below nothing": (wallet(held_micros=-1), {"I2", "I3"}),
    "an overdrawn wallet": (wallet(balance_micros=-1), {"I1", "I3"}),
    "more held than there is": (wallet(held_micros=micros("5.01")), {"I2", "I3"}),
    "a closed hold without a record": (lose_the_record, {"I4"}),
    "a hold that is open again": (
        change(Hold, Hold.call_id == "busy", state=HoldState.OPEN, resolved_at=None),
        {"I2", "I4", "I5"},
    ),
    "a closed hold without its moment": (change(Hold, Hold.call_id == "busy", resolved_at=None), {"I4"}),
    "a voided hold of an answered call": (change(Hold, Hold.call_id == "answered", state=HoldState.VOIDED), {"I5"}),
    "a settled hold of an unanswered call": (change(Hold, Hold.call_id == "busy", state=HoldState.SETTLED), {"I5"}),
    "a charge without a call": (
        lambda world: entry(world, kind=LedgerKind.CALL, call_id="ghost", amount_micros=1),
        {"I1", "I5"},
    ),
    "a charge of an unanswered call": (change(CallRecord, ANSWERED, answered_at=None), {"I5"}),
    "a record that tells another cost": (change(CallRecord, ANSWERED, cost_micros=1), {"I6"}),
    "a charge above the hold": (
        change(Hold, Hold.call_id == "answered", amount_micros=micros("0.01")),
        {"I6"},
    ),
    "a record that tells another hold": (change(CallRecord, ANSWERED, held_micros=0), {"I6"}),
    "an entry of nothing": (lambda world: entry(world, amount_micros=0), {"I7"}),
    "an entry with one side": (
        lambda world: entry(world, source_wallet_id=world.card(1).wallet_id),
        {"I7"},
    ),
    "an entry between two currencies": (pay_in_other_money, {"I7"}),
    "a series with a card too few": (forget_a_card, {"I10"}),
    "a card that called and was never used": (
        change(Card, FIRST_CARD, status=CardStatus.PENDING, activated_at=None),
        {"I11"},
    ),
    "a card in use that remembers another state": (
        change(Card, FIRST_CARD, status_before=CardStatus.ACTIVATED),
        {"I11"},
    ),
    "a blocked card that goes back to nowhere": (
        change(Card, FIRST_CARD, status=CardStatus.BLOCKED, status_before=CardStatus.BLOCKED),
        {"I11"},
    ),
    "a used card that would be new again": (
        change(Card, FIRST_CARD, status=CardStatus.BLOCKED, status_before=CardStatus.PENDING),
        {"I11"},
    ),
    "a call that told nonsense": (change(CallRecord, ANSWERED, announced_seconds=-1), {"I12"}),
    "a call longer than it was granted": (change(CallRecord, ANSWERED, limit_seconds=10), {"I12"}),
    "an act that was written over": (write_over_an_act, {"I13"}),
    "a budget spent in silence": (spend_a_budget, {"I14"}),
    "an entry of another series": (change(LedgerEntry, IS_CALL, series_id=LedgerEntry.series_id + 1), {"I16"}),
    "an entry of no series": (change(LedgerEntry, IS_CALL, series_id=0), {"I16"}),
    "an entry of two series": (change(LedgerEntry, IS_CALL, other_series_id=LedgerEntry.series_id), {"I16"}),
    "an unfiled entry of another series": (change(LedgerEntry, IS_CALL, series_id=None, other_series_id=7), {"I16"}),
}


def test_a_world_of_calls_is_proved(session: Session) -> None:
    assert live(session).is_proved()


@pytest.mark.parametrize("error", PLANTED)
def test_a_planted_error_is_found(unguarded: World, error: str) -> None:
    """I1 to I7, I10 to I14 and I16."""
    plant, invariants = PLANTED[error]
    assert found(unguarded) == set()
    plant(unguarded)
    assert found(unguarded) == invariants


def test_the_evidence_names_subject_expected_and_found(unguarded: World) -> None:
    wallet(balance_micros=Wallet.balance_micros + 7)(unguarded)
    [breach] = [breach for breach in verify_ledger(unguarded.session) if breach.invariant.startswith("I1 ")]
    subject = f"wallet {unguarded.card(1).wallet_id}"
    assert str(breach) == f"I1 balance = opening + in - out {subject}: expected 5000000, found 5000007"


@pytest.mark.parametrize(
    ("sqlite", "postgresql", "trigger"),
    [
        (
            "DROP TRIGGER ledger_entry_no_update",
            "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_no_update",
            "ledger_entry_no_update",
        ),
        (
            "DROP TRIGGER wallet_opening_fixed",
            "DROP TRIGGER wallet_opening_fixed ON wallet",
            "wallet_opening_fixed",
        ),
        ("DROP TRIGGER wallet_no_delete", "ALTER TABLE wallet DISABLE TRIGGER ALL", "wallet_no_delete"),
    ],
)
def test_a_missing_trigger_is_found(world: World, sqlite: str, postgresql: str, trigger: str) -> None:
    """I8."""
    world.session.execute(text(sqlite if world.session.get_bind().dialect.name == "sqlite" else postgresql))
    breaches = verify_ledger(world.session)
    assert {breach.invariant.split()[0] for breach in breaches} == {"I8"}
    assert f"trigger {trigger}" in {breach.subject for breach in breaches}


def test_a_flood_of_errors_is_told_by_its_first_hundred(session: Session) -> None:
    world = a_world(session, series={"quantity": BREACHES_SHOWN_MAX + 5})
    session.execute(update(Wallet).where(Wallet.kind == WalletKind.CARD).values(balance_micros=micros("6.00")))
    assert world.session
    assert len(verify_ledger(session)) == BREACHES_SHOWN_MAX


def test_the_verifier_reads_one_moment(engine: Engine, database_url: str) -> None:
    """A call that settles while the verifier runs is neither half seen nor in its way."""
    reader = make_read_engine(database_url)
    with Session(engine, autoflush=False) as session, Session(reader) as reading:
        world = live(session)
        session.commit()
        assert verify_ledger(reading) == []
        world.settle(answered("running", 60))
        session.commit()
        assert verify_ledger(reading) == []
        assert reading.scalars(select(Hold.state).where(Hold.call_id == "running")).one() is HoldState.OPEN
    reader.dispose()
