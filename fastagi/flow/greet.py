"""Answer, agree on a language, and say welcome."""

from fastagi.flow.conversation import Conversation
from ivr_prompts.compose import spoken_number, spoken_sentence
from ivr_prompts.language import load_language

MENU_PAUSE_SECONDS = 1  # after each language but the last: the list goes on when no key is pressed


async def greet(talk: Conversation) -> None:
    """The language is the access number's, or chosen where the plan has several and the number has none of its own."""
    access = talk.access
    await talk.call.answer()
    if access.language is None and len(access.languages) > 1:
        await _choose_language(talk)
    await talk.call.speak_in(talk.language.code)
    await talk.call.wait_for_keys(access.first_key_seconds, access.next_key_seconds)
    if access.welcome_prompt:
        talk.say(access.welcome_prompt)


async def _choose_language(talk: Conversation) -> None:
    """Each language offers itself in its own words; without a choice the first one stays."""
    languages = talk.access.languages
    for place, code in enumerate(languages, 1):
        language = load_language(code)
        is_last = place == len(languages)
        wait_seconds = talk.access.first_key_seconds if is_last else MENU_PAUSE_SECONDS
        await talk.call.speak_in(code)
        await talk.call.wait_for_keys(wait_seconds, wait_seconds)
        offer = spoken_sentence(language, "choose-language", spoken_number(language, place))
        keyed = await talk.call.ask(offer, 1)
        if keyed.digits.isdigit() and 1 <= int(keyed.digits) <= len(languages):
            talk.choose(languages[int(keyed.digits) - 1])
            return
