"""Hold the money, tell the time it lasts, and hand the call to the dialplan."""

from collections.abc import Sequence
from itertools import pairwise

import structlog

from billing.refusals import Refusal
from fastagi.flow.announce import announce_price_and_time
from fastagi.flow.conversation import Conversation
from services.calls.authorise_call import Authorised, CallContext
from services.calls.frozen_quote import FrozenQuote, FrozenRoute
from services.calls.quote_call import Quote
from telephony.handover import LIST_SEPARATOR, NextStep, Variable
from telephony.tried_lines import is_tried

ASKED_TWICE = (Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION, Refusal.ALL_LINES_BUSY)
log = structlog.get_logger()


async def connect(talk: Conversation, quote: Quote) -> Refusal | None:
    """None when the call was handed over. The call id stands on the channel before the hold is placed, so that a
    caller who hangs up from now on is settled by the hangup handler.
    """
    await talk.call.set_variables({Variable.CALL: talk.call_id})
    authorised = await _authorise(talk, talk.call_id, quote)
    if isinstance(authorised, Refusal):
        talk.name_call()
        await talk.call.set_variables({Variable.CALL: ""})  # nothing is held: nothing to settle
        return authorised
    frozen = authorised.quote
    log.info(
        "call authorised",
        card_id=quote.card.card_id,
        limit_seconds=frozen.limit_seconds,
        announced_seconds=frozen.announced_seconds,
        routes=LIST_SEPARATOR.join(route.endpoint for route in frozen.routes),
    )
    announce_price_and_time(talk, quote, authorised)
    await talk.speak()
    await talk.call.set_variables(handover(frozen))
    return None


def handover(quote: FrozenQuote) -> dict[str, str]:
    """The variables by which the dialplan dials, CARD_NEXT last."""
    routes = quote.routes
    return {
        Variable.DST: LIST_SEPARATOR.join(route.number for route in routes),
        Variable.ROUTES: LIST_SEPARATOR.join(route.endpoint for route in routes),
        Variable.RING: LIST_SEPARATOR.join(str(route.ring_seconds) for route in routes),
        Variable.SHOWN: LIST_SEPARATOR.join(route.shown for route in routes),
        Variable.CLAIM: LIST_SEPARATOR.join(claims(routes)),
        Variable.LIMIT: limit_argument(quote.limit_seconds, quote.warning_seconds),
        Variable.NEXT: NextStep.DIAL,
    }


def claims(routes: Sequence[FrozenRoute]) -> list[str]:
    """Before which routes the dialplan asks: those whose lines are counted, and those after them. The first one's line
    was claimed with the hold.
    """
    counted = [route.capacity is not None for route in routes]
    return ["0", *("1" if here or before else "0" for before, here in pairwise(counted))]


def limit_argument(limit_seconds: int, warning_seconds: tuple[int, ...]) -> str:
    """The argument of Dial's L() in ms: limit, first warning before the end, and the pause between warnings."""
    warnings = sorted((seconds for seconds in warning_seconds if 0 < seconds < limit_seconds), reverse=True)
    parts = [limit_seconds]
    if warnings:
        parts.append(warnings[0])
    if len(warnings) > 1:
        parts.append(warnings[0] - warnings[1])
    return ":".join(str(seconds * 1000) for seconds in parts)


async def _authorise(talk: Conversation, call_id: str, quote: Quote) -> Authorised | Refusal:
    """If the money or the lines went to other calls meanwhile, quote once more with what is left now."""
    context = _context(talk, quote)
    authorised = await talk.desk.authorise(call_id, quote, context)
    if authorised not in ASKED_TWICE:
        return authorised
    second = await talk.desk.quote(talk.access, quote.card, quote.destination, is_pinless=talk.is_pinless)
    return second if isinstance(second, Refusal) else await talk.desk.authorise(call_id, second, context)


def _context(talk: Conversation, quote: Quote) -> CallContext:
    house = {kind: wallet for (kind, currency), wallet in talk.access.house.items() if currency == quote.card.currency}
    return CallContext(
        channel_id=talk.call.unique_id,
        access_number=talk.access.number,
        caller_id=talk.caller_id,
        house=house,
        heard=talk.call.heard(),
        is_pinless=talk.is_pinless,
        is_test=is_tried(talk.call.channel),
    )
