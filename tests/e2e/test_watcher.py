"""The watcher on real Asterisk: calls that are up, ends that were asked for, and the deaths of everything around it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, dialling
from clocks import our_ms
from house import SHORT_PIN, House
from watching import HEARTBEAT_SECONDS, Watch

from billing.judge_call import AlarmKind
from models import Hold
from services.audit.audit import Actor, Door
from services.calls.end_calls import ask_to_end_calls
from services.cards.card_range import running_calls
from services.live.live_report import live_calls
from telephony.handover import SettleArguments
from tests.asterisk_fixtures import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(240)]

MICROS_A_SECOND = 1_000
REPAIRED_SECONDS_MAX = 40  # 15 s until a list of channels is believed, a heartbeat, and a busy machine


@pytest.fixture
def watch(house: House) -> Iterator[Watch]:
    watch = Watch(house)
    watch.start()
    wait_for(watch.sees_up, 10)
    yield watch
    watch.stop()


@contextmanager
def talking(house: House, number: str = "9999000000") -> Iterator[tuple[str, object]]:
    """A call that a carrier has answered; its id and the caller."""
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, f"{number}#")
        yield caller.talks(), (caller, card)


def test_a_call_that_is_up_is_seen_beats_and_is_gone_when_it_ends(house: House, watch: Watch) -> None:
    """The list of live calls comes from rows; a hold's heartbeat is the database's own clock."""
    with talking(house) as (call_id, _):
        wait_for(lambda: watch.sees_talking(call_id), 5)
        with house.look() as session:
            (seen,) = [call for call in live_calls(session) if call.call_id == call_id]
            first = session.get_one(Hold, call_id).heartbeat_at
        assert (seen.asterisk, seen.route, seen.destination) == ("north", "demo.second", "9999000000")

        def has_beaten() -> bool:
            with house.look() as session:
                return session.get_one(Hold, call_id).heartbeat_at > first

        wait_for(has_beaten, 3 * HEARTBEAT_SECONDS)
    wait_for(lambda: not watch.sees_talking(call_id), 10)
    assert house.record(call_id).settled_by == "handler"
    assert watch.alarms(call_id) == []


def test_a_call_whose_end_was_asked_for_ends_within_five_seconds(house: House, watch: Watch) -> None:
    """F18: "Block and end calls"; what was talked is charged."""
    with talking(house) as (call_id, (caller, card)):
        with house.look() as session:
            running = running_calls(session, [card.card_id])
            ask_to_end_calls(session, running, Actor("test", Door.CLI), datetime.now(UTC))
        asked = time.monotonic()
        caller.waits_for_the_end(5)
        assert time.monotonic() - asked < 5
    record = house.record(call_id)
    assert (record.settled_by, record.cost_micros) == ("handler", record.talk_seconds * MICROS_A_SECOND)
    assert watch.service is not None


def test_a_settlement_that_got_lost_is_repaired_from_the_event_log(house: House, watch: Watch) -> None:
    """F13: neither server nor spool has it; the seconds are those of Asterisk's event log, to the micro."""
    watch.loses_the_spool()
    with talking(house, "9999000030") as (call_id, (caller, _)):
        house.kill_server()
        caller.waits_for_the_end()
    house.plant.wait_until_idle()
    lose(house, call_id)
    record = record_within(house, call_id, REPAIRED_SECONDS_MAX)
    assert (record.settled_by, record.talk_seconds) == ("cel", 3)
    assert record.talk_ms == our_ms(house.plant, call_id)
    assert record.cost_micros == 3 * MICROS_A_SECOND
    assert [route["route"] for route in record.tried] == ["demo.second"]
    assert watch.alarms(call_id) == []


def test_the_watcher_settles_the_spool_while_no_call_server_runs(house: House, watch: Watch) -> None:
    """F3: the spool is trusted before the event log."""
    with talking(house, "9999000020") as (call_id, (caller, _)):
        house.kill_server()
        caller.waits_for_the_end()
    record = record_within(house, call_id, REPAIRED_SECONDS_MAX)
    assert (record.settled_by, record.talk_seconds) == ("spool", 2)
    assert watch.alarms(call_id) == []


def test_a_watcher_that_is_killed_goes_on_where_it_was(house: House, watch: Watch) -> None:
    """A call that is lost while no watcher runs is repaired by the next one; one that talks is left alone."""
    with talking(house) as (talking_id, _):
        wait_for(lambda: watch.sees_talking(talking_id), 5)
        watch.kill()
        with talking(house, "9999000020") as (lost_id, (caller, _)):
            house.kill_server()
            caller.waits_for_the_end()
        lose(house, lost_id)
        watch.start()
        record = record_within(house, lost_id, REPAIRED_SECONDS_MAX)
        assert (record.settled_by, record.talk_seconds) == ("cel", 2)
        assert watch.sees_talking(talking_id)
        house.start_server()
    assert house.record(talking_id).settled_by == "handler"


def test_a_watcher_that_starts_in_mid_call_knows_since_when_it_is_talked(house: House, watch: Watch) -> None:
    """F13: with spool and event log lost as well, the charge is that of our own stamps, not of what a watcher saw."""
    watch.stop()
    watch.sees_spool = watch.sees_log = False
    with talking(house, "9999000080") as (call_id, (caller, _)):
        time.sleep(3)  # what a watcher would miss that began to count at its first list
        watch.start()
        wait_for(lambda: watch.sees_talking(call_id), 10)
        house.kill_server()
        caller.waits_for_the_end()
    house.plant.wait_until_idle()
    spooled = SettleArguments.from_spool_line((house.plant.spool / f"{call_id}.txt").read_text())
    lose(house, call_id)
    record = record_within(house, call_id, REPAIRED_SECONDS_MAX)
    assert record.settled_by == "events"
    assert record.answered_at == datetime.fromtimestamp((spooled.answered_at_ms or 0) / 1000, UTC)
    assert abs(record.talk_ms - spooled.talk_ms) < 100
    assert record.cost_micros == record.talk_seconds * MICROS_A_SECOND


def test_an_asterisk_that_is_killed_charges_to_the_last_heartbeat(house: House, watch: Watch) -> None:
    """F10, F11: nothing is decided while it is away; then within one heartbeat of the truth, and listed."""
    with talking(house) as (call_id, (_, card)):
        wait_for(lambda: watch.sees_talking(call_id), 5)
        talked_from = time.monotonic()
        time.sleep(3 * HEARTBEAT_SECONDS)
        house.plant.kill_platform()
        talked_ms = (time.monotonic() - talked_from) * 1000
        wait_for(lambda: not watch.sees_up(), 10)
        assert house.open_holds(card) == 1
    house.plant.revive_platform()
    record = record_within(house, call_id, REPAIRED_SECONDS_MAX)
    assert record.settled_by == "heartbeat"
    assert talked_ms - (HEARTBEAT_SECONDS + 2) * 1000 < record.talk_ms < talked_ms + 5_000
    assert record.cost_micros == record.talk_seconds * MICROS_A_SECOND <= record.held_micros
    assert watch.alarms(call_id) == [AlarmKind.HEARTBEAT_CHARGE]
    wait_for(watch.sees_up, 10)


def record_within(house: House, call_id: str, seconds: float):  # noqa: ANN201
    wait_for(lambda: house._find(call_id) is not None, seconds)
    return house.record(call_id)


def lose(house: House, call_id: str) -> None:
    """The spool's disk is gone."""
    file = house.plant.spool / f"{call_id}.txt"
    wait_for(file.exists, 5)
    file.unlink()
