"""How much talk time a caller was told: the prompts between `you-have` and `for-this-call`, read back as seconds."""

from collections.abc import Sequence
from functools import cache
from typing import Final

from ivr_prompts.language import Language, LanguageUnknown, load_language
from ivr_prompts.spoken_number import spoken_counted

SECONDS_OF_UNIT: Final = {"unit-hour": 3_600, "unit-minute": 60, "unit-second": 1}
COUNT_MAX: Final = 1_500  # minutes, where a language says no hours: a day
LESS_THAN_ONE_MINUTE: Final = "less-than-one-minute"
_BEFORE: Final = "you-have"
_AFTER: Final = "for-this-call"


def announced_seconds(prompt_ids: Sequence[str], language_code: str) -> int | None:
    """None when no time was said, or when it cannot be read; less than one minute counts as 0."""
    duration = _said_duration(prompt_ids)
    try:
        language = load_language(language_code)
    except LanguageUnknown:
        return None
    if not duration:
        return None
    return 0 if duration == [LESS_THAN_ONE_MINUTE] else _seconds(language, duration)


def _said_duration(prompt_ids: Sequence[str]) -> list[str]:
    """What stands between the two sentences; the last one said counts, when a call had several numbers."""
    for end in range(len(prompt_ids) - 1, -1, -1):
        if prompt_ids[end] != _AFTER:
            continue
        for begin in range(end - 1, -1, -1):
            if prompt_ids[begin] == _BEFORE:
                return list(prompt_ids[begin + 1 : end])
    return []


def _seconds(language: Language, duration: list[str]) -> int | None:
    total, counted = 0, list[str]()
    for prompt_id in duration:
        if counted or prompt_id != language.grammar.time_join:
            counted.append(prompt_id)
        if prompt_id.startswith("unit-"):
            seconds = _spoken_parts(language.code).get(tuple(counted))
            if seconds is None:
                return None
            total, counted = total + seconds, []
    return None if counted else total


@cache
def _spoken_parts(language_code: str) -> dict[tuple[str, ...], int]:
    """Every count of hours, minutes and seconds as it is spoken, with its seconds: the composer, turned round."""
    language = load_language(language_code)
    return {
        tuple(spoken_counted(language, count, unit)): count * seconds
        for unit, seconds in SECONDS_OF_UNIT.items()
        for count in range(COUNT_MAX + 1)
    }
