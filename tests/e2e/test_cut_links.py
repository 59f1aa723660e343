"""The line to Asterisk's control port is cut while people talk: nothing is decided by what could not be heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from house import SHORT_PIN, House
from proxy import Proxy
from sqlalchemy import update
from test_watcher import talking
from watching import HEARTBEAT_SECONDS, Watch

from models import Hold
from models.clock import DatabaseClock
from tests.asterisk_fixtures import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(240)]
LONG_AGO_SECONDS = 300


@pytest.fixture
def proxy(house: House) -> Iterator[Proxy]:
    proxy = Proxy(house.plant.platform.instance.ami_port)
    yield proxy
    proxy.close()


@pytest.fixture
def watch(house: House, proxy: Proxy) -> Iterator[Watch]:
    watch = Watch(house, ami_port=proxy.own_port)
    watch.start()
    wait_for(watch.sees_up, 20)
    yield watch
    watch.stop()


def heartbeat(house: House, call_id: str) -> object:
    with house.look() as session:
        return session.get_one(Hold, call_id).heartbeat_at


def test_a_link_that_is_cut_decides_nothing_and_lists_all_channels_when_it_is_back(
    house: House, watch: Watch, proxy: Proxy
) -> None:
    """F11: the hold's lease ran out long ago, and still it stands; after the reconnect the call is seen to be up."""
    assert SHORT_PIN
    with talking(house) as (call_id, (_, card)):
        wait_for(lambda: watch.sees_talking(call_id), 20)
        proxy.cut()
        wait_for(lambda: not watch.sees_up(), 40)
        with house.look() as session:
            aged = update(Hold).where(Hold.call_id == call_id).values(heartbeat_at=DatabaseClock(LONG_AGO_SECONDS))
            session.execute(aged)
        old = heartbeat(house, call_id)
        beats = watch.beats()
        wait_for(lambda: watch.beats() >= beats + 2, 20 * HEARTBEAT_SECONDS)
        assert heartbeat(house, call_id) == old
        assert house.open_holds(card) == 1
        proxy.mend()
        wait_for(watch.sees_up, 40)
        wait_for(lambda: heartbeat(house, call_id) != old, 40)
        assert house.open_holds(card) == 1
    record = house.record(call_id)
    assert record.settled_by == "handler"
    assert record.cost_micros == record.talk_seconds * 1_000 > 0
    assert watch.alarms(call_id) == []
