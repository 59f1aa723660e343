"""What the call flow says: every function answers prompt ids, each of which is a file of that language."""

from collections.abc import Iterable

from ivr_prompts.language import Language
from ivr_prompts.spoken_money import has_currency_words, spoken_money, spoken_price
from ivr_prompts.spoken_number import spoken_counted, spoken_digits, spoken_number
from ivr_prompts.spoken_time import spoken_date, spoken_duration

__all__ = [
    "has_currency_words",
    "spoken_count",
    "spoken_date",
    "spoken_digits",
    "spoken_duration",
    "spoken_money",
    "spoken_number",
    "spoken_price",
    "spoken_sentence",
    "transcript",
]


def spoken_count(language: Language, template_id: str, number: int) -> list[str]:
    """A sentence that agrees with its number of 0 or more: "days-left", 1 -> one day is left."""
    *spoken, sentence = spoken_counted(language, number, template_id)
    return spoken_sentence(language, sentence, spoken)


def spoken_sentence(language: Language, template_id: str, part: Iterable[str]) -> list[str]:
    """A sentence with its composed part where the language has it: "card-expired-grace" and a spoken date."""
    return [*part, template_id] if template_id in language.parts_first else [template_id, *part]


def transcript(language: Language, prompt_ids: Iterable[str]) -> str:
    """The text that a caller hears, with a stop where a sentence follows a composed one."""
    heard = ""
    for prompt_id in prompt_ids:
        text = language.texts[prompt_id]
        heard += f"{_between(heard, prompt_id, text)}{text}"
    return heard


def _between(heard: str, prompt_id: str, text: str) -> str:
    if not heard:
        return ""
    begins_sentence = text[0].isupper() and not prompt_id.startswith("month-") and heard[-1] not in ".,:;!?"
    return ". " if begins_sentence else " "
