"""What the watcher notes and what the reconciler makes of it, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, NOW, TALK_BEGINS_MS, World, a_world, answered, at_once, not_answered
from sqlalchemy import func, select, update

from billing.judge_call import AlarmKind, Source
from billing.states import CardStatus, CardType
from models import CallAlarm, CallRecord, Hold, LedgerEntry, Overdraft, Wallet
from models.clock import DatabaseClock
from services.audit.audit import Actor, Door
from services.calls.call_alarms import close_alarms, open_alarms
from services.calls.settle_call import Settled, settle_call
from services.live.compare_calls import LoggedTalk, note_differences
from services.live.live_report import asterisk_states, live_calls
from services.live.note_sighting import note_calls, note_lost, note_sighting
from services.live.open_holds import database_now, unseen_calls
from services.live.reconcile_call import LoggedLeg, reconcile_call
from services.live.sighting import SeenCall, Sighting

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from services.calls.call_record import Settlement

CALL, OTHER = "0a3c52f4-6f57-4d68-9b47-0d24ae2a9c11", "11111111-6f57-4d68-9b47-0d24ae2a9c11"
CALLER = "PJSIP/caller-1"  # the unique id of the caller's channel in every call of the factories
TALKED = LoggedLeg("test.cheap", TALK_BEGINS_MS, TALK_BEGINS_MS + 62_400)
ANSWERED_ONLY = LoggedLeg("test.cheap", TALK_BEGINS_MS, None)


def seen(*calls: SeenCall, unique_ids: tuple[str, ...] = (), name: str = "north", up: int | None = 500_000) -> Sighting:
    return Sighting(name, up, calls, frozenset(unique_ids), 2 * len(calls))


def aged(session: Session, seconds: int) -> None:
    """So long ago was the last heartbeat of every hold."""
    session.execute(update(Hold).values(heartbeat_at=DatabaseClock(seconds)))
    session.expire_all()


def reconciled(session: Session, leg: LoggedLeg | None = None, now: datetime = NOW) -> list[Source]:
    done = [reconcile_call(session, call, leg, now, UTC) for call in unseen_calls(session)]
    return [one.source for one in done if one is not None]


def alarms(session: Session) -> dict[str, AlarmKind]:
    return {alarm.call_id: alarm.kind for alarm in open_alarms(session)}


def test_a_hold_is_placed_with_the_heartbeat_of_the_databases_clock(session: Session) -> None:
    """The clock of the call server may be wrong (NOW is): a lease is judged by one clock only."""
    a_world(session).call(CALL)
    hold = session.get_one(Hold, CALL)
    assert hold.placed_at == NOW
    assert abs(hold.heartbeat_at - database_now(session)) < timedelta(seconds=5)


def test_a_call_that_is_listed_keeps_its_hold_for_ever(session: Session) -> None:
    world = a_world(session)
    world.call(CALL)
    for _ in range(3):
        aged(session, 3_600)
        note_sighting(session, seen(SeenCall(call_id=CALL, leg_channel="PJSIP/test.cheap-1")))
        session.expire_all()
        assert reconciled(session, TALKED) == []
    assert world.holds() == {CALL: "open"}


def test_a_caller_who_hears_the_time_told_keeps_his_hold(session: Session) -> None:
    """No channel has the call id yet: the caller's own is known by its unique id."""
    world = a_world(session)
    world.call(CALL)
    aged(session, 3_600)
    note_sighting(session, seen(unique_ids=(CALLER,)))
    assert reconciled(session) == []
    assert world.holds() == {CALL: "open"}


def test_a_hold_whose_call_never_came_is_freed(session: Session) -> None:
    """F2; I2."""
    world = a_world(session)
    world.call(CALL)
    aged(session, 20)
    note_sighting(session, seen())
    assert reconciled(session) == [Source.RECONCILER]
    assert world.holds() == {CALL: "voided"}
    assert world.wallet() == (5_000_000, 0, 0)
    assert alarms(session) == {}
    assert world.is_proved()


def test_a_hold_that_was_just_placed_is_not_judged_by_a_list_of_that_moment(session: Session) -> None:
    a_world(session).call(CALL)
    note_sighting(session, seen())
    assert reconciled(session) == []


def test_a_list_that_is_noted_late_frees_no_call_that_began_after_it(session: Session) -> None:
    """F2, F11: the database kept the watcher waiting for 20 s, and the call began 18 s ago."""
    world = a_world(session)
    world.call(CALL)
    aged(session, 18)
    note_sighting(session, seen(), lambda: timedelta(seconds=20))
    assert reconciled(session) == []
    assert world.holds() == {CALL: "open"}
    note_sighting(session, seen())
    assert reconciled(session) == [Source.RECONCILER]


def test_a_lease_that_ran_out_asks_and_does_not_void(session: Session) -> None:
    """F11: without a list of channels since, nothing is decided; also when no watcher ever ran."""
    world = a_world(session)
    world.call(CALL)
    aged(session, 10 * 3_600)
    assert reconciled(session) == []
    note_sighting(session, seen())
    note_lost(session, "north", "the connection was lost")
    session.expire_all()
    assert reconciled(session) == []
    assert [state.is_up for state in asterisk_states(session)] == [False]
    assert world.holds() == {CALL: "open"}


def test_a_call_that_was_never_seen_needs_every_asterisk(session: Session) -> None:
    world = a_world(session)
    world.call(CALL)
    aged(session, 60)
    note_sighting(session, seen(name="north"))
    note_lost(session, "south", "not connected yet")
    assert reconciled(session) == []
    note_sighting(session, seen(name="south"))
    session.expire_all()
    assert reconciled(session) == [Source.RECONCILER]
    assert world.is_proved()


def test_a_call_that_was_seen_needs_only_its_own_asterisk(session: Session) -> None:
    world = a_world(session)
    world.call(CALL)
    note_calls(session, "north", [SeenCall(call_id=CALL)])
    aged(session, 60)
    note_lost(session, "south", "not connected yet")
    note_sighting(session, seen(name="north"))
    assert reconciled(session, TALKED) == [Source.CEL]
    assert world.is_proved()


def test_a_lost_settlement_is_charged_from_the_event_log(session: Session) -> None:
    """F13."""
    world = a_world(session)
    world.call(CALL)
    aged(session, 60)
    note_sighting(session, seen())
    assert reconciled(session, TALKED) == [Source.CEL]
    record = world.record(CALL)
    assert (record.settled_by, record.talk_ms, record.cost_micros) == ("cel", 62_400, 62_000)
    assert record.carrier_account_id == world.carriers["test.cheap"]
    assert alarms(session) == {}
    assert world.is_proved()


def test_without_an_event_log_the_events_of_the_control_port_charge(session: Session) -> None:
    world = a_world(session)
    world.call(CALL)
    begun = SeenCall(call_id=CALL, leg_channel="PJSIP/test.second-00000004", answered_at_ms=TALK_BEGINS_MS)
    note_calls(session, "north", [begun])
    note_calls(session, "north", [SeenCall(call_id=CALL, ended_at_ms=TALK_BEGINS_MS + 3_500)])
    aged(session, 60)
    note_sighting(session, seen())
    session.expire_all()
    assert reconciled(session) == [Source.EVENTS]
    record = world.record(CALL)
    assert (record.settled_by, record.talk_ms) == ("events", 3_500)
    assert record.carrier_account_id == world.carriers["test.second"]


def test_a_call_that_asterisk_took_with_it_is_charged_to_the_last_heartbeat_and_listed(session: Session) -> None:
    """F10: it started 5 s ago; the call was seen up 30 s after its answer."""
    world = a_world(session)
    world.call(CALL)
    note_calls(session, "north", [SeenCall(call_id=CALL, leg_seen_at_ms=TALK_BEGINS_MS + 30_000)])
    aged(session, 12)
    note_sighting(session, seen(up=5))
    session.expire_all()
    assert reconciled(session, ANSWERED_ONLY) == [Source.HEARTBEAT]
    assert world.record(CALL).talk_seconds == 30
    assert alarms(session) == {CALL: AlarmKind.HEARTBEAT_CHARGE}
    assert world.is_proved()


def test_a_hold_ends_after_its_longest_time_also_when_no_asterisk_can_be_asked(session: Session) -> None:
    world = a_world(session)
    world.call(CALL)
    note_lost(session, "north", "not connected yet")
    assert reconciled(session, now=NOW + timedelta(hours=1)) == []
    assert reconciled(session, now=NOW + timedelta(hours=9)) == [Source.RECONCILER]
    assert alarms(session) == {CALL: AlarmKind.RELEASED_UNSEEN}
    assert world.is_proved()


def test_a_settlement_that_comes_for_a_freed_hold_is_charged_and_listed(session: Session) -> None:
    """reliability.md 3."""
    world = a_world(session)
    world.call(CALL)
    world.settle(not_answered(CALL))
    settled = world.settle(answered(CALL, 60))
    assert (settled.is_repeat, settled.cost_micros, settled.overdraft_micros) == (False, 60_000, 0)
    assert world.wallet() == (4_940_000, 0, 0)
    assert world.holds() == {CALL: "settled"}
    assert alarms(session) == {CALL: AlarmKind.LATE_SETTLEMENT}
    assert world.settle(answered(CALL, 60)).is_repeat
    assert world.wallet() == (4_940_000, 0, 0)
    assert world.is_proved()


def test_a_late_settlement_takes_no_more_than_is_there(session: Session) -> None:
    """The rest is an overdraft that moves no money (I6)."""
    world = a_world(session)
    world.call(CALL)
    world.settle(not_answered(CALL))
    card = world.card()
    session.execute(update(Wallet).where(Wallet.id == card.wallet_id).values(held_micros=4_990_000, open_holds=1))
    settled = settle_call(session, answered(CALL, 60), NOW, UTC)
    assert isinstance(settled, Settled)
    assert (settled.cost_micros, settled.overdraft_micros) == (10_000, 50_000)
    noted = session.execute(select(Overdraft.cost_micros, Overdraft.held_micros)).one()
    assert tuple(noted) == (60_000, 10_000)


def test_a_late_settlement_that_finds_nothing_moves_nothing(session: Session) -> None:
    world = a_world(session)
    world.call(CALL)
    world.settle(not_answered(CALL))
    card = world.card()
    session.execute(update(Wallet).where(Wallet.id == card.wallet_id).values(held_micros=5_000_000, open_holds=1))
    assert world.settle(answered(CALL, 60)).overdraft_micros == 60_000
    assert session.scalars(select(func.count()).select_from(LedgerEntry)).one() == 0


def test_a_disposable_card_is_used_up_by_a_call_that_is_charged_late(session: Session) -> None:
    """Else it makes another call for each settlement that comes late."""
    world = a_world(session, group={"card_type": CardType.DISPOSABLE})
    world.call(CALL)
    world.settle(not_answered(CALL))
    world.settle(answered(CALL, 60))
    assert world.card().status is CardStatus.USED
    assert world.is_proved()


def test_a_call_that_was_freed_and_is_answered_by_the_event_log_is_charged(session: Session) -> None:
    """asterisk.md 6.5: no stamp of the answer came, or the log could not be read in time. Nobody talks for free."""
    world = a_world(session)
    world.call(CALL)
    world.settle(not_answered(CALL))
    talk = LoggedTalk(CALL, 62_400, TALKED)
    assert note_differences(session, [talk], NOW) == []
    record = world.record(CALL)
    assert (record.settled_by, record.talk_ms, record.cost_micros) == ("cel", 62_400, 62_000)
    assert record.carrier_account_id == world.carriers["test.cheap"]
    assert alarms(session) == {CALL: AlarmKind.LATE_SETTLEMENT}
    assert note_differences(session, [talk], NOW) == []
    assert world.ledger() == [("call", CALL, 62_000)]
    assert world.is_proved()


def test_an_answer_in_the_moment_of_the_callers_hang_up_stays_free(session: Session) -> None:
    """The log knows of an answer that no one could talk after."""
    world = a_world(session)
    world.call(CALL)
    world.settle(not_answered(CALL, "CANCEL"))
    leg = LoggedLeg("test.cheap", TALK_BEGINS_MS, TALK_BEGINS_MS + 900)
    assert note_differences(session, [LoggedTalk(CALL, 900, leg)], NOW) == []
    assert (world.ledger(), alarms(session)) == ([], {})


@pytest.mark.parametrize("first", [answered(CALL, 60), not_answered(CALL)])
def test_eight_who_settle_at_once_charge_once(engine: Engine, committed_world: World, first: Settlement) -> None:
    """F12: inline, handler, spool, reconciler; also when the first of them freed the hold."""
    world = committed_world
    world.call(CALL)
    world.session.commit()
    reports = [first, *[answered(CALL, 60)] * 7]
    at_once(engine, [lambda on, report=report: settle_call(on, report, NOW, UTC) for report in reports])
    world.session.rollback()
    assert world.ledger() == [("call", CALL, 60_000)]
    assert world.wallet() == (4_940_000, 0, 0)
    assert world.session.scalars(select(func.count()).select_from(CallRecord)).one() == 1
    assert world.is_proved()


def test_records_that_differ_from_the_event_log_are_listed_once(session: Session) -> None:
    world = a_world(session, group={"calls_max": 2})
    for call_id in (CALL, OTHER):
        world.call(call_id)
        world.settle(answered(call_id, 60))
    talks = [LoggedTalk(CALL, 61_000), LoggedTalk(OTHER, 61_001)]
    assert [found.call_id for found in note_differences(session, talks, NOW)] == [OTHER]
    assert note_differences(session, talks, NOW) == []
    assert alarms(session) == {OTHER: AlarmKind.CLOCK_DIFFERENCE}


def test_a_call_that_no_hold_knows_is_listed_and_not_charged(session: Session) -> None:
    """F36: what was talked after the backup that was restored."""
    world = a_world(session)
    assert [found.record_ms for found in note_differences(session, [LoggedTalk(CALL, 5_000)], NOW)] == [None]
    assert alarms(session) == {CALL: AlarmKind.NOT_AUTHORISED}
    assert world.ledger() == []


def test_an_alarm_is_closed_by_someone_and_that_is_audited(session: Session) -> None:
    world = a_world(session)
    world.call(CALL)
    world.settle(not_answered(CALL))
    world.settle(answered(CALL, 60))
    assert close_alarms(session, CALL, Actor("ann", Door.CLI), NOW) == 1
    assert close_alarms(session, CALL, Actor("bob", Door.CLI), NOW) == 0
    assert alarms(session) == {}
    assert session.scalars(select(CallAlarm.closed_by)).one() == "cli:ann"


def test_live_calls_tell_card_carrier_and_answer(session: Session) -> None:
    world = a_world(session)
    world.call(CALL, BRITAIN)
    leg = SeenCall(call_id=CALL, leg_channel="PJSIP/test.cheap-00000001", answered_at_ms=TALK_BEGINS_MS)
    note_sighting(session, seen(leg))
    (call,) = live_calls(session)
    assert (call.card, call.route, call.destination, call.asterisk) == ("1000000001", "test.cheap", BRITAIN, "north")
    assert call.answered_at == datetime.fromtimestamp(TALK_BEGINS_MS / 1000, UTC)
    world.settle(answered(CALL, 60))
    note_sighting(session, seen())
    assert live_calls(session) == []
