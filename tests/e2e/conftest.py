"""The platform, booted once for all calls: real prompts, two Asterisks, and `python -m fastagi` on a demo database."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ivr_prompts.build import build
from ivr_prompts.espeak_voice import EspeakVoice
from ivr_prompts.language import languages, load_language
from telephony import phone
from tests.asterisk_fixtures import asterisk_program, running_plant

sys.path.insert(0, str(Path(__file__).parent))

from house import House, furnish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from telephony.program import AsteriskProgram
    from tests.asterisk_fixtures import Plant

    Told = Callable[[Callable[[House], Any]], Any]

__all__ = ["asterisk_program"]
CALLS_AT_ONCE = 5  # on two cores prompts still begin in time


@pytest.fixture(scope="session", autouse=True)
def quick_fingers() -> Iterator[None]:
    """Keys as short as Asterisk takes them for keys (80 ms, and 45 ms between two), since these tests press many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phone, "KEY_MS", 85)
        patch.setattr(phone, "GAP_SECONDS", 0.06)
        yield


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state directory, with the prompts that callers will hear."""
    folder = tmp_path_factory.mktemp("e2e")
    for code in languages():
        build(load_language(code), folder / "prompts", EspeakVoice())
    return folder


@pytest.fixture(scope="session")
def plant(asterisk_program: AsteriskProgram, state: Path) -> Iterator[Plant]:
    with running_plant(state / "plant", asterisk_program, prompts=state / "prompts") as plant:
        yield plant


@pytest.fixture(scope="session")
def furnished(plant: Plant, state: Path) -> Iterator[House]:
    house = furnish(state, plant, f"sqlite:///{state}/callingcard.sqlite")
    yield house
    house.stop_server()
    house.engine.dispose()


@pytest.fixture
def house(furnished: House) -> Iterator[House]:
    """The call server runs, and after the test the money is proved."""
    furnished.ensure_server()
    yield furnished
    furnished.ensure_server()
    assert furnished.is_proved()


@pytest.fixture(scope="module")
def told(furnished: House, request: pytest.FixtureRequest) -> Iterator[Told]:
    """The stories of a module: all its functions named `story_...` run at the same time, each with its own card, and
    `told(story)` gives what one of them tells.
    """
    furnished.ensure_server()
    stories = [story for name, story in vars(request.module).items() if name.startswith("story_")]
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        running = {story: pool.submit(story, furnished) for story in stories}
        wait(running.values())
    yield lambda story: running[story].result()
    assert furnished.is_proved()
