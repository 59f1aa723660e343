"""What dialplan/extensions_callingcard.conf does with a call, step by step, without Asterisk.

`run` is a generator: it asks for an AGI session by yielding, and whoever drives it runs the session (or finds that the
server is away) and sends the AGISTATUS back. So the same steps serve the terminal phone and the load driver.
"""

import re
from collections.abc import Generator
from pathlib import Path
from typing import Final

from simulator.call_log import CallEnd, Ended, SettleAsked
from simulator.channel import Channel
from simulator.dial_routes import dial_routes
from simulator.requests import AgiRequest, AgiStatus
from telephony.handover import CALL_ID_REGEX, ROUNDS_MAX, AgiScript, NextStep, SettlePlace, Variable

EXCUSE_PAUSE_MS: Final = 500
SERVICE_UNAVAILABLE: Final = "service-unavailable"
SPOOL_FILE_MODE: Final = 0o600
_CALL_ID: Final = re.compile(CALL_ID_REGEX)
_CLEARED_EACH_ROUND: Final = (
    Variable.CALL,
    Variable.NEXT,
    Variable.ROUTE,
    Variable.TRIED,
    Variable.ANSWERED_AT,
    Variable.ENDED_AT,
    "DIALSTATUS",
)


Steps = Generator[AgiRequest, AgiStatus, CallEnd]
RoundSteps = Generator[AgiRequest, AgiStatus, CallEnd | None]
SettleSteps = Generator[AgiRequest, AgiStatus, None]


class CardDialplan:
    """Contexts card, card-answer and card-settle for one caller."""

    def __init__(self, channel: Channel, access_number: str, spool_folder: Path | None = None) -> None:
        self._channel = channel
        self._access_number = access_number
        self._spool_folder = spool_folder

    def run(self) -> Steps:
        """The whole call; the hangup handler runs at its end, whoever hung up."""
        channel = self._channel
        channel.variables |= {"AGISIGHUP": "no", "AGIEXITONHANGUP": "yes", "HANGUPCAUSE": "0"}
        channel.variables |= {Variable.DID: self._access_number, Variable.CHAN: channel.name}
        end: CallEnd | None = None
        for number in range(1, ROUNDS_MAX + 1):
            end = yield from self._round(number)
            if end is not None or channel.is_dead:
                break
        yield from self._settle(SettlePlace.HANDLER)
        if channel.is_dead:
            end = CallEnd.GOODBYE if channel.is_hung_up_by_server else CallEnd.HUNG_UP
        end = end or CallEnd.ROUNDS_USED_UP
        channel.log.add(Ended(end))
        return end

    def _round(self, number: int) -> RoundSteps:
        """Ask for one number and make one call. The end of the whole call, or None to go on."""
        channel = self._channel
        last = channel.value(Variable.CALL)
        channel.variables |= dict.fromkeys(_CLEARED_EACH_ROUND, "")
        channel.variables |= {Variable.ROUND: str(number), Variable.LAST: last}
        status = yield AgiRequest(AgiScript.CARD_CALL, (str(number), last, self._access_number))
        if channel.is_dead:
            return None
        end = self._end_of_session(status)
        if end is not None:
            return end
        yield from dial_routes(channel, channel.value(Variable.CALL))
        if not channel.is_dead:
            yield from self._settle(SettlePlace.INLINE)
        return None

    def _end_of_session(self, status: AgiStatus) -> CallEnd | None:
        """None when the server handed a call over; only CARD_NEXT tells that it finished."""
        next_step = self._channel.value(Variable.NEXT) if status is AgiStatus.SUCCESS else ""
        if next_step == NextStep.END:
            return CallEnd.GOODBYE
        if next_step == NextStep.DIAL and _CALL_ID.fullmatch(self._channel.value(Variable.CALL)):
            return None
        self._channel.answer()
        self._channel.clock.skip(EXCUSE_PAUSE_MS)
        self._channel.hear(SERVICE_UNAVAILABLE)
        return CallEnd.SERVICE_UNAVAILABLE

    def _settle(self, place: SettlePlace) -> SettleSteps:
        """Once for each call id: nothing is sent when it is settled, or when no hold can exist."""
        channel = self._channel
        call_id = channel.value(Variable.CALL)
        if not _CALL_ID.fullmatch(call_id) or channel.value(Variable.SETTLED) == call_id:
            return
        if not channel.value(Variable.ENDED_AT):  # nothing was dialled
            channel.variables[Variable.ENDED_AT] = str(channel.clock.now_ms())
        names = (Variable.ROUTE, "DIALSTATUS", "HANGUPCAUSE", Variable.ANSWERED_AT, Variable.ENDED_AT)
        outcome = (channel.value(name) for name in names)
        arguments = (place.value, call_id, *outcome, channel.value(Variable.TRIED)[1:])
        yield AgiRequest(AgiScript.SETTLE, arguments)
        is_confirmed = channel.value(Variable.SETTLED) == call_id
        channel.log.add(SettleAsked(call_id, place, arguments, is_confirmed))
        if not is_confirmed and self._spool_folder is not None:
            spool(self._spool_folder / f"{call_id}.txt", ",".join(arguments))


def spool(file: Path, line: str) -> None:
    """Append one settlement that found no server."""
    file.touch(mode=SPOOL_FILE_MODE)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(f"{line}\n")
