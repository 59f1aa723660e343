"""What is told of money and time: the balance, the price, the time left, and how the last call ended."""

from datetime import timedelta

from billing.announcement import spoken_balance_micros
from billing.states import CallDisposition, CardType
from fastagi.flow.conversation import Conversation
from ivr_prompts.compose import spoken_date, spoken_duration, spoken_money, spoken_price
from services.calls.authorise_call import Authorised
from services.calls.call_outcome import CallOutcome
from services.calls.quote_call import Quote
from services.cards.card_facts import CardFacts

OUTCOME_PROMPTS = {
    CallDisposition.BUSY: "busy",
    CallDisposition.NO_ANSWER: "no-answer",
    CallDisposition.UNREACHABLE: "unreachable",
    CallDisposition.ALL_LINES_BUSY: "all-lines-busy",
}


def announce_balance(talk: Conversation, card: CardFacts) -> None:
    """Before the destination is asked, where the group says it (M-22)."""
    if card.group.says_balance and not card.group.says_balance_after_destination:
        say_balance(talk, card, "your-balance-is")
        if card.is_low_on_credit:
            talk.say("low-credit")
    if card.group.says_expiry and card.expires_at is not None:
        # The first moment at which the card is expired is midnight: the day before is the last one it can be used.
        last_day = (card.expires_at - timedelta(seconds=1)).astimezone(talk.desk.zone).date()
        talk.say("will-expire-on", *spoken_date(talk.language, last_day))


def announce_price_and_time(talk: Conversation, quote: Quote, authorised: Authorised) -> None:
    """After the destination, since only then both are known (M-24); told is what the hold grants, never more."""
    rules, card = quote.card.group, quote.card
    if rules.says_balance and rules.says_balance_after_destination:
        say_balance(talk, card, "your-balance-is")
    if rules.says_price:
        _say_price(talk, quote)
    if rules.says_time:
        spoken = spoken_duration(talk.language, authorised.quote.announced_seconds, say_seconds=rules.says_seconds)
        talk.say("you-have", *spoken, "for-this-call")
    talk.say("please-wait-connecting")


def announce_outcome(talk: Conversation, outcome: CallOutcome) -> None:
    """How the last call ended, and what is left."""
    card = outcome.card
    if outcome.disposition in OUTCOME_PROMPTS:
        talk.say(OUTCOME_PROMPTS[outcome.disposition])
    if outcome.disposition is not CallDisposition.ANSWERED:
        return
    if outcome.reached_limit:
        talk.say("time-is-over")
    if card.group.says_cost:
        talk.say("call-ended-cost-was", *spoken_money(talk.language, outcome.cost_micros, card.currency))
    if card.group.says_closing_balance:
        say_balance(talk, card, "remaining-balance-is")


def say_balance(talk: Conversation, card: CardFacts, introduction: str) -> None:
    """An unlimited card has none: its calls cost nothing until it expires."""
    if card.group.card_type is CardType.UNLIMITED:
        return
    told_micros = spoken_balance_micros(card.available_micros, card.group.ghost_balance_percent, card.currency)
    if told_micros <= 0:
        talk.say("no-credit")
    else:
        talk.say(introduction, *spoken_money(talk.language, told_micros, card.currency))


def _say_price(talk: Conversation, quote: Quote) -> None:
    tariff, currency = quote.price.tariff, quote.card.currency
    talk.say("price-is", *spoken_price(talk.language, tariff.price_per_minute_micros, currency), "per-minute")
    if tariff.connect_fee_micros:
        talk.say("connection-fee-is", *spoken_price(talk.language, tariff.connect_fee_micros, currency))
    if tariff.cost_min_micros:
        talk.say("minimum-charge", *spoken_price(talk.language, tariff.cost_min_micros, currency))
