"""The gates before a caller is asked for a card, and the count of calls that end without a destination
(features.md 5.3, 3.10).
"""

import structlog

from billing.guard import TryVerdict
from billing.refusals import Refusal
from fastagi.flow.conversation import Conversation
from fastagi.logs import last_digits
from services.guard.admit_caller import Admission
from services.guard.guard_entry import Caller

log = structlog.get_logger()


def caller_of(talk: Conversation) -> Caller:
    return Caller(talk.caller_id, trunk_of(talk.call.channel))


def trunk_of(channel: str) -> str | None:
    """The endpoint by which the call came: "PJSIP/gateway-00000a1f" came by "gateway"."""
    endpoint = channel.partition("/")[2].rpartition("-")[0]
    return endpoint or None


async def admit(talk: Conversation) -> Admission:
    """Whether the caller may go on; who made too many calls without a destination is sent away, also a known phone."""
    admission = await talk.desk.admit(talk.access, caller_of(talk))
    if admission.is_shut_out:
        turn_away(talk, Refusal.TRY_AGAIN_LATER, "blocked, or calls without a destination")
    return admission


def tries_allowed(talk: Conversation, verdict: TryVerdict) -> int:
    """How often the caller is asked for a card; never, if the guard shuts the door."""
    if verdict.refusal is not None:
        turn_away(talk, verdict.refusal, "wrong entries")
        return 0
    attempts_max = talk.access.entry.attempts_max
    return attempts_max if verdict.tries_allowed is None else min(verdict.tries_allowed, attempts_max)


def turn_away(talk: Conversation, refusal: Refusal, why: str) -> None:
    """Said before anything was asked; a call that is turned away counts for nothing, or no door would open again."""
    log.info("caller turned away", why=why, caller=last_digits(talk.caller_id or ""), access=talk.access.number)
    talk.is_turned_away = True
    talk.say_refusal(refusal, None)


async def note_undialled(talk: Conversation) -> None:
    """Count a call that ended without a destination. Without a valid caller id there is no one to count it for."""
    if talk.caller_id is not None and not talk.is_turned_away:
        await talk.desk.note_undialled(talk.caller_id, talk.access.number)
