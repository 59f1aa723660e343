"""The dialplan's loop over the routes: guards, the question for a line, Dial with its outcome, stamps, and whether the
next route is tried.
"""

import re
from collections.abc import Generator
from typing import Final

from simulator.call_log import Dialled, NotDialled
from simulator.carriers import CarrierOutcome, EndedBy, Ring
from simulator.channel import Channel
from simulator.handset import DialAttempt
from simulator.requests import AgiRequest, AgiStatus
from telephony.handover import (
    DESTINATION_REGEX,
    LIMIT_REGEX,
    LIST_SEPARATOR,
    RING_REGEX,
    ROUTE_REGEX,
    ROUTES_MAX,
    SHOWN_REGEX,
    AgiScript,
    Turn,
    Variable,
    goes_on,
)

RING_BEFORE_ANSWER_MS: Final = 2_000
REFUSAL_MS: Final = 100
_LIMIT: Final = re.compile(LIMIT_REGEX)
_GUARDS: Final = (
    (Variable.ROUTES, re.compile(ROUTE_REGEX)),
    (Variable.DST, re.compile(DESTINATION_REGEX)),
    (Variable.RING, re.compile(RING_REGEX)),
    (Variable.SHOWN, re.compile(SHOWN_REGEX)),
)
_MUST_ASK: Final = "1"

DialSteps = Generator[AgiRequest, AgiStatus, None]


def dial_routes(channel: Channel, call_id: str) -> DialSteps:
    """Try up to ROUTES_MAX routes; the channel is dead afterwards when the caller hung up."""
    limit = channel.value(Variable.LIMIT)
    if not _LIMIT.fullmatch(limit):
        channel.log.add(NotDialled(call_id, Variable.LIMIT))
        return
    limit_ms = int(limit.partition(LIST_SEPARATOR)[0])
    for number in range(ROUTES_MAX):
        attempt = _attempt(channel, call_id, limit_ms, number)
        if attempt is None:
            return
        if _element(channel.value(Variable.CLAIM), number) == _MUST_ASK:
            channel.variables[Variable.TURN] = ""
            yield AgiRequest(AgiScript.ROUTE, (call_id, attempt.route))
            if channel.value(Variable.TURN) == Turn.SKIP:
                continue
        channel.variables |= {Variable.ROUTE: attempt.route, Variable.ENDED_AT: "", "DIALSTATUS": ""}
        outcome = channel.handset.outcome(attempt)
        _dial(channel, attempt, outcome)
        rang = outcome.ring is Ring.RINGS
        if channel.is_dead or not goes_on(outcome.dial_status, channel.value("HANGUPCAUSE"), rang=rang):
            return


def _attempt(channel: Channel, call_id: str, limit_ms: int, number: int) -> DialAttempt | None:
    """The next route when each of its elements passes its guard; the end of the list fails the first one."""
    elements = []
    for variable, shape in _GUARDS:
        element = _element(channel.value(variable), number)
        if not shape.fullmatch(element):
            if element or variable != Variable.ROUTES:
                channel.log.add(NotDialled(call_id, variable))
            return None
        elements.append(element)
    route, destination, ring_seconds, shown = elements
    return DialAttempt(call_id, route, destination, int(ring_seconds), limit_ms, shown)


def _element(joined: str, number: int) -> str:
    elements = joined.split(LIST_SEPARATOR)
    return elements[number] if number < len(elements) else ""


def _dial(channel: Channel, attempt: DialAttempt, outcome: CarrierOutcome) -> None:
    channel.clock.skip(_ring_ms(attempt, outcome))
    begun_at_ms = channel.clock.now_ms()
    talk_ms, ended_by = _talk(attempt, outcome) if outcome.is_answered else (0, "")
    channel.clock.skip(talk_ms)
    cause = channel.value("HANGUPCAUSE") if outcome.cause is None else outcome.cause
    tried = f"{channel.value(Variable.TRIED)}:{attempt.route}-{outcome.dial_status}-{cause}"
    channel.variables |= {"DIALSTATUS": outcome.dial_status, "HANGUPCAUSE": cause}
    if outcome.is_answered:
        channel.variables[Variable.ANSWERED_AT] = str(begun_at_ms)
    # from the first stamp, not from the clock: a scripted talk is exact to the millisecond. When the caller hangs up
    # in Dial, it is the hangup handler that sets these two, to the same values.
    channel.variables |= {Variable.ENDED_AT: str(begun_at_ms + talk_ms), Variable.TRIED: tried}
    channel.log.add(Dialled(attempt, outcome.word, outcome.dial_status, cause, talk_ms, ended_by))
    if outcome.dial_status == "CANCEL" or ended_by == EndedBy.CALLER:
        channel.hang_up()


def _ring_ms(attempt: DialAttempt, outcome: CarrierOutcome) -> int:
    if outcome.ring is Ring.NOTHING:
        return REFUSAL_MS
    whole = attempt.ring_seconds * 1000
    return min(RING_BEFORE_ANSWER_MS, whole) if outcome.is_answered else whole


def _talk(attempt: DialAttempt, outcome: CarrierOutcome) -> tuple[int, str]:
    """How long, and who ended it; L() cuts at the limit."""
    if outcome.talk_ms is None or outcome.talk_ms >= attempt.limit_ms:
        return attempt.limit_ms, EndedBy.LIMIT
    return outcome.talk_ms, outcome.ended_by
