"""The disk of Asterisk's spool is full when a call ends and no server is there: it is told, and still charged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from clocks import our_ms
from test_watcher import MICROS_A_SECOND, record_within, talking
from watching import Watch

from command_line.looks.machine import look_at_spool
from services.store.settings import Settings
from tests.asterisk_fixtures import wait_for
from tests.small_disk import SmallDisk, small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from house import House

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(240)]

DISK = "2m"
REPAIRED_SECONDS_MAX = 90  # a line that was cut is given half a minute to be finished; and a busy machine


@pytest.fixture
def spool_disk(house: House) -> Iterator[SmallDisk]:
    house.plant.spool.mkdir(exist_ok=True)
    with small_disk(house.plant.spool, DISK) as disk:
        yield disk


def asterisks_log(house: House) -> str:
    return (house.plant.platform.instance.folder / "log" / "full").read_text(errors="replace")


def spool_by_doctor(house: House) -> tuple[str, str]:
    looked = look_at_spool(Settings(state_dir=house.state, spool_dir=house.plant.spool, _env_file=None))
    return looked.state, looked.cure


@pytest.mark.parametrize("settled_by", ["cel", "events"])
def test_a_call_that_ends_on_a_full_spool_is_told_and_charged_to_its_last_second(
    house: House, spool_disk: SmallDisk, settled_by: str
) -> None:
    """F8, F13: by the event log, and where that disk is full as well by the events of the control port."""
    watch = Watch(house)
    watch.sees_log = settled_by == "cel"
    watch.start()
    wait_for(watch.sees_up, 10)
    spool_disk.fill()
    with talking(house, "9999000030") as (call_id, (caller, card)):
        wait_for(lambda: watch.sees_talking(call_id), 10)
        house.kill_server()
        caller.waits_for_the_end()
    house.plant.wait_until_idle()
    assert house.open_holds(card) == 1
    assert f"CARD not spooled call={call_id}" in asterisks_log(house)
    assert spool_by_doctor(house)[0] == "its disk is full"
    assert "Make room on the disk" in spool_by_doctor(house)[1]
    record = record_within(house, call_id, REPAIRED_SECONDS_MAX)
    assert (record.settled_by, record.talk_seconds) == (settled_by, 3)
    assert abs(record.talk_ms - our_ms(house.plant, call_id)) < 100
    assert record.cost_micros == 3 * MICROS_A_SECOND
    assert watch.alarms(call_id) == []
    spool_disk.make_room()
    watch.stop()
    house.start_server()
    with talking(house) as (next_id, _):
        pass
    assert house.record(next_id).settled_by == "handler"
