"""Which calls operators try is read from the caller's channel, whose name no caller chooses."""

from __future__ import annotations

import pytest

from simulator.agi_head import MARK
from telephony.tried_lines import SIMULATED, is_tried
from telephony.web_phone import LINES


@pytest.mark.parametrize(
    ("channel", "expected"),
    [
        ("SIM/caller-1", True),
        *((f"PJSIP/{line}-0000001f", True) for line in LINES),
        ("PJSIP/access-0000001f", False),
        ("PJSIP/console-phone-9-0000001f", False),
        ("PJSIP/SIM-0000001f", False),
        ("IAX2/console-phone-1-17", False),
        ("", False),
    ],
)
def test_calls_that_operators_try_are_known_by_their_channel(channel: str, expected: bool) -> None:  # noqa: FBT001
    assert is_tried(channel) is expected


def test_the_simulator_has_the_mark() -> None:
    assert f"{MARK}/" == SIMULATED
