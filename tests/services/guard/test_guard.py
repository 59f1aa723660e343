"""The guard at every door: what locks, whom it leaves alone, and that a guesser learns nothing from it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import ACCESS, KEYS, NOW, World, a_world
from sqlalchemy import event, func, select
from structlog.testing import capture_logs

from billing.guard import GuardRules
from billing.refusals import Refusal
from billing.states import EntryKind, GuardScope, PinEntryMode
from models import FailedEntry, GuardBudget, GuardCounter
from services.audit.audit import Door
from services.calls.identify_card import Identified, NotAccepted, identify_card
from services.calls.note_undialled_call import note_undialled_call
from services.guard.guard import may_try, record_failure, record_success
from services.guard.guard_entry import Caller, EntryAttempt
from services.upkeep.prune_guard import Pruned, prune_guard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

WRONG_PIN = "000000000000"
WRONG = NotAccepted(Refusal.NUMBER_OR_PIN_NOT_ACCEPTED)
LATER = NotAccepted(Refusal.TRY_AGAIN_LATER)
NO_SUCH_NUMBER = "1999999999"
PHONE = "15550101"


def entry(caller_id: str | None = PHONE, **how: object) -> EntryAttempt:
    values = {"kind": EntryKind.NUMBER_AND_PIN, "door": Door.IVR, "secret_length": 12, "access_number": ACCESS}
    return EntryAttempt(**{**values, "caller_id": caller_id, **how})


def fail(session: Session, times: int, attempt: EntryAttempt, now: datetime = NOW) -> list[bool]:
    return [record_failure(session, attempt, now) for _ in range(times)]


def key_in(
    world: World, number: str | None, pin: str, caller_id: str | None = PHONE, now: datetime = NOW
) -> Identified | NotAccepted:
    return identify_card(world.session, KEYS, world.access(), number, pin, now, Caller(caller_id, "gateway"))


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements run meanwhile, without transaction control; those of an executemany count as one."""
    seen: list[str] = []

    def note(_: Connection, __: object, statement: str, *___: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_five_wrong_entries_lock_a_caller_for_a_quarter_of_an_hour(session: Session) -> None:
    """V-33: and a try during the lock neither counts nor prolongs it."""
    assert fail(session, 5, entry()) == [True] * 5
    assert may_try(session, entry(), NOW).refusal is Refusal.TRY_AGAIN_LATER
    assert fail(session, 1, entry()) == [False]
    assert may_try(session, entry(), NOW + timedelta(minutes=14, seconds=59)).refusal is Refusal.TRY_AGAIN_LATER
    assert may_try(session, entry(), NOW + timedelta(minutes=15)).allowed
    assert may_try(session, entry("15550102"), NOW).allowed
    assert session.scalar(select(func.count()).select_from(FailedEntry)) == 5


def test_withheld_numbers_share_one_bucket_for_each_access_number(session: Session) -> None:
    fail(session, 5, entry(None))
    assert not may_try(session, entry(None), NOW).allowed
    assert may_try(session, entry(None, access_number="18005550199"), NOW).allowed
    assert may_try(session, entry(PHONE), NOW).allowed


def test_a_call_shop_may_err_more_often(session: Session) -> None:
    rules = GuardRules(shop_caller_ids=frozenset({PHONE}))
    assert [record_failure(session, entry(), NOW, rules) for _ in range(49)] == [True] * 49
    assert may_try(session, entry(), NOW, rules).allowed
    record_failure(session, entry(), NOW, rules)
    assert not may_try(session, entry(), NOW, rules).allowed


def test_a_right_entry_does_not_forgive_the_caller(world: World) -> None:
    """Who owns one card could else guess the others without end."""
    for _ in range(4):
        assert key_in(world, NO_SUCH_NUMBER, WRONG_PIN) == WRONG
    assert isinstance(key_in(world, *world.keyed()), Identified)
    assert key_in(world, NO_SUCH_NUMBER, WRONG_PIN) == WRONG
    assert key_in(world, NO_SUCH_NUMBER, WRONG_PIN) == LATER
    assert key_in(world, *world.keyed()) == LATER


def test_an_access_number_and_a_trunk_with_too_many_wrong_tries_ask_once(world: World) -> None:
    """reliability.md 11: more than 30 % of the last 50; the alarm ends when right entries have pushed them out."""
    with capture_logs() as logs:
        for caller in range(16):
            assert may_try(world.session, entry(trunk="gateway"), NOW).tries_allowed is None
            key_in(world, NO_SUCH_NUMBER, WRONG_PIN, f"1555{caller:04}")
    assert [(line["event"], line["subject"]) for line in logs] == [("alarm", ACCESS), ("alarm", "gateway")]
    braked = may_try(world.session, entry(), NOW)
    assert (braked.allowed, braked.tries_allowed, braked.delay_seconds) == (True, 1, 1)
    assert may_try(world.session, entry(access_number=None, trunk="gateway"), NOW).tries_allowed == 1
    assert may_try(world.session, entry(access_number="18005550199", trunk="other"), NOW).tries_allowed is None
    assert alarms(world.session) == {(GuardScope.ACCESS_NUMBER, ACCESS), (GuardScope.TRUNK, "gateway")}
    for _ in range(34):
        key_in(world, *world.keyed())
    assert may_try(world.session, entry(), NOW).tries_allowed == 1
    key_in(world, *world.keyed())
    assert may_try(world.session, entry(), NOW).tries_allowed is None
    assert alarms(world.session) == set()


def alarms(session: Session) -> set[tuple[GuardScope, str]]:
    query = select(GuardCounter.scope, GuardCounter.subject).where(GuardCounter.alarmed_at.is_not(None))
    return {(scope, subject) for scope, subject in session.execute(query)}


def test_unknown_number_wrong_pin_and_locked_card_run_the_same_statements(shared_engine: Engine, world: World) -> None:
    """features.md 3.9: neither the answer nor the work tells a guesser which numbers exist."""
    number, pin = world.keyed()
    access, runs = world.access(), []
    tries = [(NO_SUCH_NUMBER, pin), (number, WRONG_PIN), (world.keyed(1)[0], world.keyed(1)[1])]
    world.set_card(1, locked_until=NOW + timedelta(hours=1))
    key_in(world, NO_SUCH_NUMBER, WRONG_PIN, "15559999")  # the rows of the lines and of the day are there
    for place, keyed in enumerate(tries):
        with statements(shared_engine) as seen:
            assert (
                identify_card(world.session, KEYS, access, *keyed, NOW, Caller(f"1555{place:04}", "gateway")) == WRONG
            )
        runs.append(seen)
    assert runs[0] == runs[1] == runs[2]
    assert len(runs[0]) <= 8


@pytest.mark.parametrize("mode", PinEntryMode)
def test_a_right_entry_costs_no_statement_more(shared_engine: Engine, session: Session, mode: PinEntryMode) -> None:
    """The gate is read beside the card; only after wrong tries of its line one more statement counts the right one."""
    world = a_world(session, group={"pin_entry_mode": mode})
    number, pin = world.keyed()
    access, keyed = world.access(), (None if mode is PinEntryMode.PIN_ONLY else number, pin)
    counts = []
    for _ in range(2):
        with statements(shared_engine) as seen:
            assert isinstance(identify_card(session, KEYS, access, *keyed, NOW, Caller(PHONE, "gateway")), Identified)
        counts.append(len(seen))
        identify_card(session, KEYS, access, number, WRONG_PIN, NOW, Caller("15550102", "gateway"))
        world.set_card(pin_failures=0)
    assert counts == [1, 2]


def test_what_was_keyed_is_not_kept(world: World) -> None:
    """V-34: the operator's list shows who, where and when."""
    key_in(world, world.keyed()[0], WRONG_PIN)
    kept = world.session.scalars(select(FailedEntry)).one()
    values = {name: value for name, value in vars(kept).items() if not name.startswith("_")}
    assert values == {
        "id": kept.id,
        "happened_at": NOW,
        "kind": EntryKind.NUMBER_AND_PIN,
        "door": "ivr",
        "caller_id": PHONE,
        "access_number": ACCESS,
        "trunk": "gateway",
        "address": None,
        "card_id": world.cards[0].card_id,
    }


def test_every_door_counts_on_the_same_card(world: World) -> None:
    """Three wrong PINs by telephone and two in the portal lock the card; the portal is told to judge wrong."""
    number, pin = world.keyed()
    for _ in range(3):
        key_in(world, number, WRONG_PIN)
    visitor = {"kind": EntryKind.PORTAL, "door": Door.PORTAL, "access_number": None, "address": "192.0.2.7"}
    portal = entry(None, **visitor, card_id=world.cards[0].card_id)
    assert not may_try(world.session, portal, NOW).is_card_locked
    fail(world.session, 2, portal)
    assert may_try(world.session, portal, NOW).is_card_locked
    assert key_in(world, number, pin) == WRONG
    fail(world.session, 3, portal)
    assert not may_try(world.session, portal, NOW).allowed
    elsewhere = entry(None, **{**visitor, "address": "192.0.2.8"}, card_id=world.cards[0].card_id)
    assert may_try(world.session, elsewhere, NOW).allowed


def test_success_at_another_door_ends_the_row_of_wrong_ones(world: World) -> None:
    for _ in range(4):
        key_in(world, world.keyed()[0], WRONG_PIN)
    voucher = entry(kind=EntryKind.VOUCHER, card_id=world.cards[0].card_id)
    record_success(world.session, voucher, NOW)
    assert world.card().pin_failures == 4
    record_success(world.session, entry(card_id=world.cards[0].card_id), NOW)
    assert world.card().pin_failures == 0


def test_a_password_has_no_budget_but_counts_by_address(session: Session) -> None:
    login = entry(None, kind=EntryKind.CONSOLE, door=Door.CONSOLE, secret_length=0, access_number=None, address="::1")
    fail(session, 5, login)
    assert not may_try(session, login, NOW).allowed
    assert session.scalars(select(GuardBudget)).all() == []


def test_the_budget_of_number_and_pin_alarms_but_refuses_nobody(session: Session) -> None:
    """The locks of cards bound that attack: features.md 5.3 refuses where only a PIN is asked."""
    day = {"day": NOW.date(), "kind": EntryKind.NUMBER_AND_PIN, "secret_length": 8}
    session.add(GuardBudget(**day, failures=2_752, allowed=2_753))
    session.flush()
    for caller in range(3):
        assert record_failure(session, entry(f"1555{caller:04}", secret_length=8), NOW)
    assert may_try(session, entry(secret_length=8), NOW).allowed
    budget = session.execute(select(GuardBudget.failures, GuardBudget.alarmed_at)).one()
    assert tuple(budget) == (2_755, NOW)


def test_more_cards_shrink_the_budget_of_the_same_day(session: Session) -> None:
    world = a_world(session, group={"pin_entry_mode": PinEntryMode.PIN_ONLY}, series={"pin_length": 8})
    pin_only = entry(kind=EntryKind.PIN_ONLY, secret_length=8)
    fail(session, 4, pin_only)
    world.set_series(quantity=10_000)
    other = entry("15550102", kind=EntryKind.PIN_ONLY, secret_length=8)
    assert fail(session, 1, other) == [False]
    assert not may_try(session, other, NOW).allowed


def test_pruning_keeps_what_still_counts(session: Session) -> None:
    """A lock, a doubling and an alarm outlive it; everyone who once hung up does not."""
    fail(session, 5, entry(trunk="gateway"))
    note_undialled_call(session, "15550102", ACCESS, NOW)
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=3)
    assert prune_guard(session, soon, 90) == Pruned(0, 0, 0)
    assert prune_guard(session, later, 90, dry_run=True) == Pruned(2, 0, 0)
    assert prune_guard(session, later, 90) == Pruned(2, 0, 0)
    assert set(session.scalars(select(GuardCounter.scope))) == {GuardScope.ACCESS_NUMBER, GuardScope.TRUNK}
    assert prune_guard(session, NOW + timedelta(days=91), 90) == Pruned(0, 5, 1)


def test_calls_without_a_destination_leave_other_access_numbers_alone(session: Session) -> None:
    """features.md 3.10: the gate of an arriving caller is tested in the flow."""
    for _ in range(10):
        note_undialled_call(session, PHONE, ACCESS, NOW)
    rows = session.execute(select(GuardCounter.scope, GuardCounter.subject, GuardCounter.locked_until)).all()
    assert [tuple(row) for row in rows] == [(GuardScope.UNDIALLED, f"{PHONE}@{ACCESS}", NOW + timedelta(hours=1))]
