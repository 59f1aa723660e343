"""Which calls operators try: those of the simulator, and of the console's browser phone."""

from __future__ import annotations

from typing import Final

from telephony.web_phone import LINES

SIMULATED: Final = "SIM/"  # of channels that no Asterisk has (simulator.agi_head)


def is_tried(channel: str) -> bool:
    """By the name of the caller's channel, which no caller chooses: PJSIP/console-phone-2-0000001f is a line's."""
    technology, _, rest = channel.partition("/")
    return channel.startswith(SIMULATED) or (technology == "PJSIP" and rest.rpartition("-")[0] in LINES)
