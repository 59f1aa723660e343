"""What the console of a real Asterisk tells of its carriers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from telephony.trunk_states import Reach, Registration, TrunkState, trunk_states
from telephony.trunks import Trunk
from tests.asterisk_fixtures import Plant, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.asterisk


def named(names: Iterable[str]) -> list[Trunk]:
    return [Trunk(name, "127.0.0.1") for name in names]


def reaches(plant: Plant, names: Iterable[str]) -> list[Reach]:
    return [state.reach for state in trunk_states(plant.platform.console, named(names))]


def test_a_carrier_answers_or_is_silent_whatever_its_protocol(plant: Plant) -> None:
    names = ("demo.second", "demo.tcp", "demo.tls", "demo.dead", "demo.forged")
    wanted = [Reach.ANSWERS, Reach.ANSWERS, Reach.ANSWERS, Reach.SILENT, Reach.SILENT]
    wait_for(lambda: reaches(plant, names) == wanted, 30)
    assert {state.registration for state in trunk_states(plant.platform.console, named(names))} == {Registration.NONE}


def test_a_carrier_that_asterisk_has_not_read_yet_is_told_as_such(plant: Plant) -> None:
    states = trunk_states(plant.platform.console, named(["not.there"]))
    assert states == [TrunkState("not.there", Reach.UNKNOWN, Registration.NONE)]
