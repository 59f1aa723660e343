"""Answer, agree on a language, and say welcome."""

from fastagi.flow.conversation import Conversation
from fastagi.flow.languages import choose_language


async def greet(talk: Conversation) -> None:
    """The language is the access number's, or chosen where the plan has several and the number has none of its own."""
    access = talk.access
    await talk.call.answer()
    if access.language is None and len(access.languages) > 1:
        await choose_language(talk)
    else:
        await talk.call.speak_in(talk.language.code)
        await talk.call.wait_for_keys(access.first_key_seconds, access.next_key_seconds)
    if access.welcome_prompt:
        talk.say(access.welcome_prompt)
