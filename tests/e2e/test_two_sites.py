"""Two sites, north and south, on one database: each has an Asterisk, a call server and a watcher of its own."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, Caller, dialling
from databases import Cluster, started_cluster
from house import SHORT_PIN, House, furnish
from sqlalchemy import delete, select, update
from watching import HEARTBEAT_SECONDS, Watch

from billing.judge_call import AlarmKind
from billing.states import HoldState
from models import AsteriskState, Card, CardGroup, CardSeries, Hold, Wallet
from services.live.live_report import asterisk_states, live_calls
from tests.asterisk_fixtures import Site, free_tcp_port, running_plant, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from services.series.create_series import NewCard
    from telephony.program import AsteriskProgram

pytestmark = [pytest.mark.asterisk, pytest.mark.postgresql, pytest.mark.timeout(300)]
REPAIRED_SECONDS_MAX = 60
MICROS_A_SECOND = 1_000


@pytest.fixture(scope="module")
def own_cluster() -> Iterator[Cluster]:
    yield from started_cluster()


@pytest.fixture(scope="module")
def sites(asterisk_program: AsteriskProgram, state: Path, own_cluster: Cluster) -> Iterator[tuple[House, House]]:
    """Each Asterisk asks its own call server, and the other one's when that takes no connection."""
    url = own_cluster.create_database()
    ports = free_tcp_port(), free_tcp_port()
    north, south = Site("north", 22_000, *ports), Site("south", 24_000, *reversed(ports))
    prompts = state / "prompts"
    with (
        running_plant(state / "north", asterisk_program, prompts=prompts, site=north) as first,
        running_plant(state / "south", asterisk_program, prompts=prompts, site=south) as second,
    ):
        one = furnish(home_of(state, "north-home"), first, url)
        two = House(second, home_of(state, "south-home"), url, one.cards)
        shutil.copy(one.state / "keys.json", two.state)
        yield one, two
        for house in (one, two):
            house.stop_server()
            house.engine.dispose()


@pytest.fixture
def both(sites: tuple[House, House]) -> Iterator[tuple[House, House]]:
    """Both call servers run; afterwards no hold is open, no line is spooled, and every invariant holds."""
    for house in sites:
        house.ensure_server()
    yield sites
    for house in sites:
        house.ensure_server()
        assert house.is_proved()


@pytest.fixture
def watched(both: tuple[House, House]) -> Iterator[tuple[Watch, Watch]]:
    watches = Watch(both[0], "north"), Watch(both[1], "south")
    for watch in watches:
        watch.start()
    for watch in watches:
        wait_for(watch.sees_up, 20)
    yield watches
    for watch in watches:
        watch.stop()


def home_of(state: Path, name: str) -> Path:
    folder = state / name
    folder.mkdir()
    (folder / "prompts").symlink_to(state / "prompts")
    return folder


def begin(caller: Caller, card: NewCard, number: str = "9999000000") -> str:
    caller.answers(ASK_PIN, card.pin)
    caller.answers(ASK_NUMBER, f"{number}#")
    return caller.talks()


def held(house: House, card: NewCard) -> tuple[list[int], int]:
    """What its open holds hold, and what its wallet says is held."""
    with house.look() as session:
        holds = select(Hold.amount_micros).where(Hold.card_id == card.card_id, Hold.state == HoldState.OPEN)
        wallet = select(Wallet.held_micros).join(Card, Card.wallet_id == Wallet.id).where(Card.id == card.card_id)
        return list(session.scalars(holds)), session.scalars(wallet).one()


def allow_calls(house: House, card: NewCard, calls_max: int) -> None:
    with house.look() as session:
        group = (
            select(CardSeries.card_group_id).join(Card, Card.series_id == CardSeries.id).where(Card.id == card.card_id)
        )
        session.execute(update(CardGroup).where(CardGroup.id == group.scalar_subquery()).values(calls_max=calls_max))


def test_one_card_on_both_sites_holds_what_is_there_and_no_third_call(both: tuple[House, House]) -> None:
    """F15, F16: two calls at once are allowed, one at each site; the third hears that the card is in use."""
    north, south = both
    card = north.card(SHORT_PIN)
    allow_calls(north, card, 2)
    with dialling(north, SHORT_PIN) as first:
        first_id = begin(first, card)
        with dialling(south, SHORT_PIN) as second:
            second_id = begin(second, card)
            holds, wallet = held(north, card)
            assert len(holds) == 2
            assert sum(holds) == wallet <= 5_000_000
            with dialling(south, SHORT_PIN) as third:
                third.answers(ASK_PIN, card.pin)
                third.waits_for_the_end()
            assert "card-in-use" in third.said
    records = [north.record(call_id) for call_id in (first_id, second_id)]
    allow_calls(north, card, 1)
    assert [record.cost_micros for record in records] == [record.talk_seconds * MICROS_A_SECOND for record in records]
    assert north.balance_micros(card) == 5_000_000 - sum(record.cost_micros for record in records)


def test_the_other_sites_call_server_takes_over_when_one_is_killed(both: tuple[House, House]) -> None:
    """F1, F3: it settles a call that talks, so that nothing is spooled, and serves the next caller."""
    north, south = both
    talking, next_one = north.card(SHORT_PIN), north.card(SHORT_PIN)
    with dialling(north, SHORT_PIN) as caller:
        talking_id = begin(caller, talking)
        north.kill_server()
    assert north.record(talking_id).settled_by == "handler"
    assert north.spooled() == []
    served_by_south = replace(north, state=south.state)  # what is said stands in the trace of who serves
    with dialling(served_by_south, SHORT_PIN) as caller:
        next_id = begin(caller, next_one, "9999000020")
        caller.is_asked(ASK_NUMBER)
    record = north.record(next_id)
    assert (record.settled_by, record.talk_seconds, record.cost_micros) == ("inline", 2, 2 * MICROS_A_SECOND)
    served_by_south.engine.dispose()


def test_an_asterisk_that_dies_takes_no_call_of_the_other_with_it(
    both: tuple[House, House], watched: tuple[Watch, Watch]
) -> None:
    """F10: north is killed and comes back: its call is charged to the last heartbeat by its own watcher; the call of
    south goes on, keeps its hold and is settled as ever.
    """
    north, south = both
    lost_card, kept_card = north.card(SHORT_PIN), north.card(SHORT_PIN)
    with dialling(south, SHORT_PIN) as talker:
        kept_id = begin(talker, kept_card)
        with dialling(north, SHORT_PIN) as caller:
            lost_id = begin(caller, lost_card)
            wait_for(lambda: watched[0].sees_talking(lost_id) and watched[1].sees_talking(kept_id), 20)
            with north.look() as session:
                assert {call.call_id: call.asterisk for call in live_calls(session)} == {
                    lost_id: "north",
                    kept_id: "south",
                }
            time.sleep(2 * HEARTBEAT_SECONDS)
            north.plant.kill_platform()
            wait_for(lambda: not watched[0].sees_up(), 20)
        north.plant.revive_platform()
        wait_for(lambda: north._find(lost_id) is not None, REPAIRED_SECONDS_MAX)
        lost = north.record(lost_id)
        assert (lost.settled_by, lost.cost_micros) == ("heartbeat", lost.talk_seconds * MICROS_A_SECOND)
        assert watched[0].alarms(lost_id) == [AlarmKind.HEARTBEAT_CHARGE]
        assert len(held(south, kept_card)[0]) == 1
        assert watched[1].sees_talking(kept_id)
    kept = south.record(kept_id)
    assert (kept.settled_by, watched[1].alarms(kept_id)) == ("handler", [])
    wait_for(watched[0].sees_up, 20)


def test_a_lost_settlement_is_repaired_by_the_watcher_that_reads_its_event_log(
    both: tuple[House, House], watched: tuple[Watch, Watch]
) -> None:
    """F13: north's watcher looks as often, and knows nothing of the answer; it leaves south's call to south's."""
    north, south = both
    watched[1].loses_the_spool()
    card = south.card(SHORT_PIN)
    with dialling(south, SHORT_PIN) as caller:
        call_id = begin(caller, card, "9999000030")
        south.kill_server()
        north.kill_server()
        caller.waits_for_the_end()
    file = south.plant.spool / f"{call_id}.txt"
    wait_for(file.exists, 10)
    file.unlink()
    wait_for(lambda: south._find(call_id) is not None, REPAIRED_SECONDS_MAX)
    record = south.record(call_id)
    assert (record.settled_by, record.talk_seconds, record.cost_micros) == ("cel", 3, 3 * MICROS_A_SECOND)


def test_an_asterisk_that_calls_itself_otherwise_is_told_and_not_believed(both: tuple[House, House]) -> None:
    """Its calls carry that name: under another one they would be taken for those of an Asterisk that nobody watches."""
    watch = Watch(both[0], "west")
    watch.start()

    def says() -> str:
        with both[0].look() as session:
            return "".join(state.says for state in asterisk_states(session) if state.name == "west")

    wait_for(lambda: "its systemname is north: name its table [north]" in says(), 20)
    watch.stop()
    with both[0].look() as session:
        session.execute(delete(AsteriskState).where(AsteriskState.name == "west"))
