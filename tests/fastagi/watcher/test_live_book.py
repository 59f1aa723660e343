"""The book of live calls counts by Asterisk's clock, and takes the answer from Asterisk where no event told of it."""

from __future__ import annotations

import asyncio
from typing import Any

from fastagi.watcher.ask_asterisk import ANSWERS_AT_ONCE, ask_answers, ask_clock_ms
from fastagi.watcher.live_book import LiveBook

CALL = "0a3c52f4-6f57-4d68-9b47-0d24ae2a9c11"
OURS_MS, THEIRS_MS = 1_795_834_000_000, 1_795_834_600_000  # Asterisk's machine is ten minutes ahead
CALLER = {"Event": "CoreShowChannel", "Channel": "PJSIP/access-1", "Uniqueid": "north-1.1", "AccountCode": CALL}
LEG = {**CALLER, "Channel": "PJSIP/demo.second-2", "Application": "AppDial", "ChannelStateDesc": "Up"}
COMPLETE = {"Event": "CoreShowChannelsComplete"}
ROWS = [CALLER, LEG, COMPLETE]


def book(ours_ms: int = OURS_MS) -> LiveBook:
    return LiveBook("north", lambda: ours_ms)


def test_what_is_seen_is_stamped_by_asterisks_clock() -> None:
    """F14: the last heartbeat ends a call whose Asterisk died; by our clock it would be ten minutes off."""
    live = book()
    live.set_clock(THEIRS_MS)
    (seen,) = live.listed(ROWS, None, {CALL: THEIRS_MS - 5_000}).calls
    assert (seen.answered_at_ms, seen.leg_seen_at_ms) == (THEIRS_MS - 5_000, THEIRS_MS)
    assert live.clock_ms() == THEIRS_MS


def test_an_asterisk_that_does_not_tell_its_clock_is_taken_to_have_ours() -> None:
    live = book()
    live.set_clock(THEIRS_MS)
    live.set_clock(None)
    assert live.clock_ms() == OURS_MS


def test_only_answers_that_no_event_told_of_are_asked_for_and_once() -> None:
    """F13: as of calls that were up before the watcher."""
    live = book()
    assert live.callers_of_unstamped(ROWS) == {CALL: "PJSIP/access-1"}
    live.listed(ROWS, None, {CALL: OURS_MS - 60_000})
    assert live.callers_of_unstamped(ROWS) == {}
    assert live.callers_of_unstamped([CALLER, {**LEG, "ChannelStateDesc": "Ringing"}, COMPLETE]) == {}


def test_an_event_tells_of_the_answer_before_any_list() -> None:
    live = book()
    answer = {"DialStatus": "ANSWER", "DestAccountCode": CALL, "DestChannel": LEG["Channel"]}
    live.dial_ended({**answer, "Timestamp": "1795834000.123456"})
    assert live.callers_of_unstamped(ROWS) == {}
    (seen,) = live.listed(ROWS, None).calls
    assert seen.answered_at_ms == 1_795_834_000_123


class ControlPort:
    """Answers as Asterisk's control port does; a channel that it does not know has gone."""

    def __init__(self, stamps: dict[str, str]) -> None:
        self.stamps = stamps
        self.at_once = self.at_once_max = 0

    async def send_action(self, action: dict[str, str]) -> Any:  # noqa: ANN401 (panoramisk's word)
        if action["Action"] == "Ping":
            return {"Response": "Success", "Ping": "Pong", "Timestamp": "1795834600.000000"}
        assert action["Variable"] == "CARD_ANSWERED_AT"
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if action["Channel"] not in self.stamps:
            return [{"Response": "Error", "Message": "No such channel"}]
        return {"Response": "Success", "Value": self.stamps[action["Channel"]]}


def test_asterisk_is_asked_for_its_clock_and_for_the_dialplans_stamps() -> None:
    """Many calls are asked for in portions; who has gone, has no stamp yet, or has garbage in it is left out."""
    callers = {f"call {number}": f"channel {number}" for number in range(3 * ANSWERS_AT_ONCE)}
    stamps = {f"channel {number}": str(OURS_MS + number) for number in range(3, 3 * ANSWERS_AT_ONCE)}
    port = ControlPort({**stamps, "channel 1": "", "channel 2": "17958346OO000"})
    assert asyncio.run(ask_clock_ms(port)) == THEIRS_MS
    found = asyncio.run(ask_answers(port, callers))
    assert found == {f"call {number}": OURS_MS + number for number in range(3, 3 * ANSWERS_AT_ONCE)}
    assert port.at_once_max <= ANSWERS_AT_ONCE
