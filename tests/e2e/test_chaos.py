"""Everything is killed while people talk; a short run here, a long one by CHAOS_SECONDS=3600 (see `make chaos`)."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import caller
import pytest
from chaos import Chaos
from clerk import Clerk, Console
from databases import Cluster, started_cluster
from house import House, furnish
from watching import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = float(os.environ.get("CHAOS_SECONDS", "35"))
SEED = int(os.environ.get("CHAOS_SEED", "5"))
CALLERS = int(os.environ.get("CHAOS_CALLERS", "2"))
# The goal is 200 kills of call servers, 100 of databases, 50 of Asterisk; a short run so would let no call through.
OFTEN = {"call server": 4, "postgresql": 2, "watcher": 2} if SECONDS >= 600 else {}
pytestmark = [pytest.mark.asterisk, pytest.mark.postgresql, pytest.mark.timeout(SECONDS + 600)]


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    yield from started_cluster()


@pytest.fixture
def on_postgresql(furnished: House, own_cluster: Cluster) -> Iterator[House]:
    """The same plant with another call server, whose database may be killed."""
    furnished.stop_server()
    house = furnish(furnished.state, furnished.plant, own_cluster.create_database())
    house.start_server()
    yield house
    house.stop_server()
    furnished.pins += house.pins
    house.engine.dispose()


@pytest.fixture
def console(on_postgresql: House) -> Iterator[Console]:
    console = Console(on_postgresql)
    console.start()
    yield console
    console.stop()


@pytest.fixture
def watch(on_postgresql: House) -> Iterator[Watch]:
    watch = Watch(on_postgresql)
    watch.start()
    yield watch
    watch.stop()


def test_each_call_that_a_carrier_answered_is_charged_once_whatever_dies(
    on_postgresql: House, own_cluster: Cluster, console: Console, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F3, F4, F6, F9, F10, F12, F13, F27: kill -9 of call server, watcher, console, Asterisk and PostgreSQL at random
    moments, while callers call and a clerk recharges cards.
    """
    monkeypatch.setattr(caller, "STEP_SECONDS_MAX", 15)
    house = on_postgresql
    parts = {
        "call server": (house.kill_server, house.start_server),
        "watcher": (watch.kill, watch.start),
        "asterisk": (house.plant.kill_platform, house.plant.revive_platform),
        "postgresql": (own_cluster.kill, own_cluster.start),
        "console": (console.kill, console.start),
    }
    clerk = Clerk(console)
    chaos = Chaos(house, watch, SEED, parts, clerk=clerk, often=OFTEN)
    chaos.run(SECONDS, CALLERS)
    house.ensure_server()
    findings = chaos.findings()
    told = f"calls by {chaos.settled_by}, recharges {len(clerk.confirmed)} of {len(clerk.sent)} confirmed"
    sys.stdout.write(f"seed {SEED}: kills {chaos.kills}, {told}, {len(findings)} findings\n")
    assert findings == [], f"seed {SEED}"
    assert chaos.settled_by, "no call came through"
    assert house.is_proved()
