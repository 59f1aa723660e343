"""Offer the languages of a plan, each in its own words."""

from fastagi.flow.conversation import Conversation
from fastagi.flow.menu_end import AGAIN, MenuEnd
from ivr_prompts.compose import spoken_number, spoken_sentence
from ivr_prompts.language import load_language
from services.cards.card_facts import CardFacts

MENU_PAUSE_SECONDS = 1  # after each language but the last: the list goes on when no key is pressed


async def choose_language(talk: Conversation) -> bool:
    """True when one was chosen; else the channel goes back to the language spoken before."""
    languages = talk.access.languages
    for place, code in enumerate(languages, 1):
        language = load_language(code)
        wait_seconds = talk.access.first_key_seconds if place == len(languages) else MENU_PAUSE_SECONDS
        await talk.call.speak_in(code)
        await talk.call.wait_for_keys(wait_seconds, wait_seconds)
        offer = spoken_sentence(language, "choose-language", spoken_number(language, place))
        keyed = await talk.ask(offer, 1)
        if keyed.digits.isdigit() and 1 <= int(keyed.digits) <= len(languages):
            talk.choose(languages[int(keyed.digits) - 1])
            break
    await talk.call.speak_in(talk.language.code)
    await talk.call.wait_for_keys(talk.access.first_key_seconds, talk.access.next_key_seconds)
    return talk.has_chosen_language


async def change_language(talk: Conversation, card: CardFacts) -> MenuEnd:
    """Menu key 9: the choice is remembered on the card."""
    await talk.speak()
    if await choose_language(talk):
        await talk.desk.remember_language(card, talk.language.code)
    return AGAIN
