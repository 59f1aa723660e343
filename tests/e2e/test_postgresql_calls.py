"""The same calls on PostgreSQL, which may stop and come back (F6, F7)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from caller import ASK_CARD, ASK_NUMBER, ASK_PIN, dialling
from databases import Cluster, started_cluster
from house import SHORT_PIN, House, furnish

from services.demo.demo_data import ACCESS_NUMBER_AND_PIN
from tests.asterisk_fixtures import cel_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.asterisk, pytest.mark.postgresql]


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    """One that may be stopped: other tests' databases are elsewhere."""
    yield from started_cluster()


@pytest.fixture(scope="module")
def on_postgresql(furnished: House, own_cluster: Cluster) -> Iterator[House]:
    """The same plant with another server, whose database is PostgreSQL."""
    furnished.stop_server()
    house = furnish(furnished.state, furnished.plant, own_cluster.create_database())
    house.pins = furnished.pins
    house.start_server()
    yield house
    house.stop_server()
    house.engine.dispose()


def test_number_pin_destination_and_charge(on_postgresql: House) -> None:
    """M-6, M-7, M-25, M-26."""
    house = on_postgresql
    card = house.card("series 3")
    with dialling(house, ACCESS_NUMBER_AND_PIN) as caller:
        caller.answers(ASK_CARD, card.number.replace("-", ""))
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999000020#")
        caller.talks()
        caller.is_asked(ASK_NUMBER)
    record = caller.record()
    assert [route["route"] for route in record.tried] == ["demo.cheap", "demo.second"]
    assert (record.talk_seconds, record.cost_micros, record.buy_cost_micros) == (2, 2_000, 1_100)
    assert house.balance_micros(card) == 4_998_000
    assert house.is_proved()


def test_a_database_that_is_stopped_is_excused_and_back_without_a_restart(
    on_postgresql: House, own_cluster: Cluster
) -> None:
    """F7: within 3 s, and nothing is dialled. F6: a call that talks meanwhile is charged exactly."""
    house = on_postgresql
    talking, refused = house.card(SHORT_PIN), house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as talker:
        talker.answers(ASK_PIN, talking.pin)
        talker.answers(ASK_NUMBER, "9999000000#")
        call_id = talker.talks()
        legs = carriers_dialled(house)
        with dialling(house, SHORT_PIN) as caller:
            begun = time.monotonic()
            caller.is_asked(ASK_PIN)
            house.engine.dispose()
            own_cluster.stop()
            caller.phone.press(refused.pin)
            keyed_after = time.monotonic() - begun
            caller.waits_for_the_end()
        assert caller.heard_at("service-unavailable") - keyed_after < 3
        assert carriers_dialled(house) == legs
    house.plant.wait_until_idle()
    assert [file.name for file in house.spooled()] == [f"{call_id}.txt"]
    own_cluster.start()
    record = house.record(call_id)
    assert (record.settled_by, record.cost_micros) == ("spool", record.talk_seconds * 1_000)
    assert record.talk_seconds == record.talk_ms // 1000
    assert house.is_proved()


def carriers_dialled(house: House) -> int:
    return len({row[2] for row in cel_rows(house.plant.platform) if row[2].startswith("PJSIP/demo.")})
