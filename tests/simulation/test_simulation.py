"""Some worlds of the simulation on each database; a failure prints its seed, and the seed replays it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulate import Broken, Simulation

from services.calls import settle_call

if TYPE_CHECKING:
    from sqlalchemy import Engine

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_invariant_breaks_whatever_the_database_and_the_callers_do(engine: Engine, seed: int) -> None:
    """F8, F9, F12, F14, F19, F24: lost answers of COMMIT, a full disk, clocks that leap, hang-ups at every step."""
    simulation = Simulation(engine, seed)
    simulation.run(50)
    assert simulation.calls


def test_the_same_seed_tells_the_same_story(sqlite_databases: object) -> None:
    from models.database import make_engine  # noqa: PLC0415

    stories = []
    for _ in range(2):
        engine = make_engine(sqlite_databases.create(), pool_size=1)
        simulation = Simulation(engine, 7)
        simulation.run(25)
        stories.append(simulation.story)
        engine.dispose()
    assert stories[0] == stories[1]


def test_a_planted_bug_is_found_and_its_seed_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A settlement that charges a micro too much."""
    original = settle_call._free_and_charge

    def one_more(session: object, held: object, cost_micros: int) -> int:
        return original(session, held, cost_micros + 1)

    monkeypatch.setattr(settle_call, "_free_and_charge", one_more)
    with pytest.raises(Broken, match="seed 3: I1"):
        Simulation(engine, 3).run(50)
