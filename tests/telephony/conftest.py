"""The two instances, booted once for every test of the dialplan, and the tiny call server at their door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.asterisk_fixtures import Plant, asterisk_program, running_plant
from tests.telephony.tiny_agi_server import TinyAgiServer
from tests.telephony.tones import prompt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from telephony.program import AsteriskProgram

__all__ = ["asterisk_program"]
PROMPTS = ("service-unavailable", "call-ends-soon", "welcome", "enter-destination")


@pytest.fixture(scope="session")
def plant(asterisk_program: AsteriskProgram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("plant")
    for name in PROMPTS:
        prompt(folder / "prompts", name)
    with running_plant(folder, asterisk_program, prompts=folder / "prompts") as plant:
        yield plant


@pytest.fixture
def server(plant: Plant) -> Iterator[TinyAgiServer]:
    server = TinyAgiServer(plant.agi_port)
    server.start()
    yield server
    try:
        plant.wait_until_idle()
    finally:
        server.stop()
    assert server.failures == []
