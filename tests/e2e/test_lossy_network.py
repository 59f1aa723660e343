"""Between Asterisk and its call server packets are lost and late, or none comes through for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, dialling
from clocks import our_ms
from house import SHORT_PIN, House, furnish
from proxy import Proxy

from tests.asterisk_fixtures import Site, kept_tcp_port, running_plant, wait_for
from tests.lossy_wire import LossyWire, Weather, lossy_wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from telephony.program import AsteriskProgram

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(240)]

BAD_WEATHER = Weather(lost=0.05, doubled=0.05, delay_seconds=0.02, jitter_seconds=0.03)
MICROS_A_SECOND = 1_000
SECONDS_MAX = 60


@pytest.fixture(scope="module")
def wire() -> Iterator[LossyWire]:
    with lossy_wire() as wire:
        yield wire


@pytest.fixture(scope="module")
def far_house(wire: LossyWire, asterisk_program: AsteriskProgram, state: Path) -> Iterator[House]:
    """A plant whose Asterisk reaches the call server by the wire only."""
    keeper = kept_tcp_port()
    port = int(keeper.getsockname()[1])
    proxy = Proxy(port, wire.listener())
    site = Site("far", 20_000, port, agi_far=f"{wire.far}:{proxy.own_port}")
    with running_plant(state / "far", asterisk_program, prompts=state / "prompts", site=site) as plant:
        home = state / "far-home"
        home.mkdir()
        (home / "prompts").symlink_to(state / "prompts")
        house = furnish(home, plant, f"sqlite:///{home}/callingcard.sqlite")
        house.start_server()
        yield house
        house.stop_server()
        house.engine.dispose()
    proxy.close()
    keeper.close()


@pytest.fixture
def house(far_house: House, wire: LossyWire) -> Iterator[House]:
    """In fair weather before and after a test, which ends with the proof of the money."""
    wire.weather = Weather()
    yield far_house
    wire.weather = Weather()
    assert far_house.is_proved()


def test_a_call_over_a_bad_wire_is_served_and_charged_to_the_second(house: House, wire: LossyWire) -> None:
    """F12: question and answer come late or again, and the caller is charged once for what was talked."""
    wire.weather = BAD_WEATHER
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        caller.listens(ASK_PIN, card.pin)
        caller.listens(ASK_NUMBER, "9999000020#")
        call_id = caller.talks()
        caller.is_asked(ASK_NUMBER)
    record = house.record(call_id)
    assert (record.settled_by, record.talk_seconds) == ("inline", 2)
    assert abs(record.talk_ms - our_ms(house.plant, call_id)) < 100
    assert house.charged(call_id) == {"call": 2 * MICROS_A_SECOND}
    assert wire.lost > 0


def test_a_wire_that_is_cut_while_people_talk_costs_no_second(house: House, wire: LossyWire) -> None:
    """F3, F13: the server is up and cannot be reached; the line lies in the spool, which it reads by itself."""
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999000040#")
        call_id = caller.talks()
        wire.weather = Weather(is_cut=True)
        caller.waits_for_the_end(SECONDS_MAX)
    record = house.record(call_id)
    assert (record.settled_by, record.talk_seconds) == ("spool", 4)
    assert caller.is_heard("service-unavailable")
    assert house.charged(call_id) == {"call": 4 * MICROS_A_SECOND}


def test_a_wire_that_is_cut_in_a_question_keeps_no_line_busy(house: House, wire: LossyWire) -> None:
    """F1, F23: neither side hears of the other's end any more; the caller's line is free when he hangs up."""
    card = house.card(SHORT_PIN)
    with dialling(house, SHORT_PIN) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.is_asked(ASK_NUMBER)
        wire.weather = Weather(is_cut=True)
    wait_for(lambda: house.plant.channels() == 0, SECONDS_MAX)
    assert house.open_holds(card) == 0
