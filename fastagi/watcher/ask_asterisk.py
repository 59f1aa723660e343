"""What a list of channels does not tell, and Asterisk knows: its own clock, and when each carrier answered."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final

from telephony.handover import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWERS_AT_ONCE: Final = 200  # questions on their way; a watcher that starts may find thousands of calls
_CLOCK: Final = re.compile(r"([0-9]{9,11})\.([0-9]{3})[0-9]{0,6}")
_STAMP: Final = re.compile("[0-9]{12,14}")  # ms since the epoch


async def ask_clock_ms(manager: Any) -> int | None:  # noqa: ANN401 (panoramisk has no types)
    """Asterisk's own clock, in ms since the epoch: all stamps of a call are of it, and ours may go otherwise."""
    answer = await manager.send_action({"Action": "Ping"})
    told = _CLOCK.fullmatch(str(_first(answer).get("Timestamp", "")))
    return int(told[1]) * 1000 + int(told[2]) if told else None


async def ask_answers(manager: Any, callers: Mapping[str, str]) -> dict[str, int]:  # noqa: ANN401 (the same)
    """The dialplan's own stamp of the answer, by call id; `callers` gives the caller's channel of each call. One that
    has gone meanwhile, or has no stamp yet, is left out.
    """
    asked = list(callers.items())
    found: dict[str, int] = {}
    for begin in range(0, len(asked), ANSWERS_AT_ONCE):
        chunk = asked[begin : begin + ANSWERS_AT_ONCE]
        stamps = await asyncio.gather(*(_ask_stamp(manager, channel) for _, channel in chunk))
        found |= {call_id: stamp for (call_id, _), stamp in zip(chunk, stamps, strict=True) if stamp is not None}
    return found


async def _ask_stamp(manager: Any, channel: str) -> int | None:  # noqa: ANN401 (the same)
    action = {"Action": "Getvar", "Channel": channel, "Variable": Variable.ANSWERED_AT.value}
    stamp = str(_first(await manager.send_action(action)).get("Value", ""))
    return int(stamp) if _STAMP.fullmatch(stamp) else None


def _first(answer: Any) -> Any:  # noqa: ANN401 (panoramisk makes a list of what comes in parts)
    return answer[0] if isinstance(answer, list) else answer
