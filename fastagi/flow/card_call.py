"""The call of a card holder, top to bottom: from the access number to the hand-over to Dial (features.md 5.3)."""

from enum import StrEnum

import structlog

from billing.card_check import check_card
from billing.phone import normal_caller_id
from billing.refusals import Refusal
from fastagi.call import Call, CallerHungUp
from fastagi.flow.announce import announce_balance, announce_outcome
from fastagi.flow.conversation import Conversation
from fastagi.flow.desk import CardDesk
from fastagi.flow.destination import reach_destination
from fastagi.flow.gate import note_undialled
from fastagi.flow.greet import greet
from fastagi.flow.identify import identify
from fastagi.logs import last_digits
from ivr_prompts.language import load_language
from services.calls.access import Access
from services.cards.card_facts import CardFacts
from telephony.handover import NextStep, Variable

log = structlog.get_logger()


class CallEnd(StrEnum):
    """How one session of the flow ended."""

    ACCESS_CLOSED = "access_closed"
    CARD_NOT_ACCEPTED = "card_not_accepted"
    NO_DESTINATION = "no_destination"
    HANDED_OVER = "handed_over"
    NO_MORE_CALLS = "no_more_calls"
    NOT_SETTLED = "not_settled"  # the call before is not charged yet, so nothing more is dialled


async def card_call(call: Call, desk: CardDesk) -> CallEnd:
    """One session: it asks for a card (first round) or tells how the last call ended, then asks for one destination."""
    round_number, last_call_id, access_number = call.arguments
    access = await desk.access(access_number)
    if access is None:
        return await _closed(call, access_number)
    talk = Conversation(call, desk, access, load_language(access.first_language), _caller_id(call, access))
    talk.name_call()
    if last_call_id:
        return await _next_call(talk, last_call_id, calls_made=int(round_number) - 1)
    try:
        end = await _first_call(talk)
    except CallerHungUp:
        await note_undialled(talk)
        raise
    if end is not CallEnd.HANDED_OVER:
        await note_undialled(talk)
    return end


async def _first_call(talk: Conversation) -> CallEnd:
    await greet(talk)
    card = await identify(talk)
    if card is None:
        return await _goodbye(talk, CallEnd.CARD_NOT_ACCEPTED)
    announce_balance(talk, card)
    return await _destination(talk, card)


async def _next_call(talk: Conversation, last_call_id: str, calls_made: int) -> CallEnd:
    """The caller is still there after a call: tell the outcome, and ask for the next number while the group allows
    one.
    """
    outcome = await talk.desk.outcome(last_call_id)
    if outcome is None:
        log.error("call not settled, caller sent away", last_call_id=last_call_id)
        return CallEnd.NOT_SETTLED  # CARD_NEXT stays unset: the dialplan says that the service is not available
    card = outcome.card
    talk.is_pinless = outcome.is_pinless
    talk.resume_in(card.language)
    announce_outcome(talk, outcome)
    if calls_made >= card.group.calls_per_session_max:
        return await _goodbye(talk, CallEnd.NO_MORE_CALLS)
    refusal = check_card(card.standing, talk.desk.now())
    if refusal is not None:
        talk.say(refusal.value)
        return await _goodbye(talk, CallEnd.NO_MORE_CALLS)
    return await _destination(talk, card)


async def _destination(talk: Conversation, card: CardFacts) -> CallEnd:
    if await reach_destination(talk, card):
        return CallEnd.HANDED_OVER
    return await _goodbye(talk, CallEnd.NO_DESTINATION)


async def _goodbye(talk: Conversation, how: CallEnd) -> CallEnd:
    talk.say("goodbye")
    await talk.speak()
    await talk.call.set_variables({Variable.NEXT: NextStep.END})
    return how


async def _closed(call: Call, access_number: str) -> CallEnd:
    log.warning("access number not in service", access_number=access_number, caller=last_digits(call.caller_id))
    await call.answer()
    await call.play([Refusal.ACCESS_CLOSED.value])
    await call.set_variables({Variable.NEXT: NextStep.END})
    return CallEnd.ACCESS_CLOSED


def _caller_id(call: Call, access: Access) -> str | None:
    return normal_caller_id(call.caller_id, access.rewrite_rules, access.caller_id_digits_min)
