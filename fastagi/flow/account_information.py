"""Menu key 5: the last call, to be dialled again by 1, and what is to be known of the card."""

from datetime import datetime, timedelta

from fastagi.flow.conversation import Conversation
from fastagi.flow.menu_end import AGAIN, MenuEnd
from ivr_prompts.compose import spoken_date, spoken_digits, spoken_duration, spoken_money
from services.calls.last_call import LastCall
from services.cards.card_facts import CardFacts

REDIAL_KEY = "1"


async def tell_account(talk: Conversation, card: CardFacts) -> MenuEnd:
    history = await talk.desk.history(card)
    if history.activated_at is None:
        talk.say("never-used")
    else:
        talk.say("first-used", *_date(talk, history.activated_at))
    if card.expires_at is not None:
        talk.say("will-expire-on", *_date(talk, card.expires_at - timedelta(seconds=1)))
    if history.last_call is None:
        return AGAIN
    _tell_call(talk, history.last_call)
    keyed = await talk.ask(["press-1-confirm-2-re-enter"], 1)
    return MenuEnd(dial=history.last_call.destination) if keyed.digits == REDIAL_KEY else AGAIN


def _tell_call(talk: Conversation, last: LastCall) -> None:
    talk.say("last-call-was", *_date(talk, last.placed_at))
    talk.say("number-you-dialled-is", *spoken_digits(talk.language, last.destination))
    if last.talk_seconds:
        talk.say("duration-was", *spoken_duration(talk.language, last.talk_seconds, say_seconds=True))
        talk.say("call-ended-cost-was", *spoken_money(talk.language, last.cost_micros, last.currency))


def _date(talk: Conversation, moment: datetime) -> list[str]:
    return spoken_date(talk.language, moment.astimezone(talk.desk.zone).date())
