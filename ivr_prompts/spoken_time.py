"""Durations and dates as prompt ids: one hour and ten minutes; May third, twenty twenty-seven."""

import datetime as dt

from ivr_prompts.language import Language
from ivr_prompts.spoken_number import spoken_counted, spoken_number


def spoken_duration(language: Language, seconds: int, *, say_seconds: bool, say_hours: bool = True) -> list[str]:
    """Floored to what is said, so that a caller is never promised more; 0 or more seconds."""
    if seconds < 60 and not say_seconds:
        return ["less-than-one-minute"]
    minutes, seconds_left = divmod(seconds, 60)
    hours, minutes_left = divmod(minutes, 60) if say_hours else (0, minutes)
    counts = {"unit-hour": hours, "unit-minute": minutes_left, "unit-second": seconds_left if say_seconds else 0}
    said = [spoken_counted(language, count, unit) for unit, count in counts.items() if count]
    return _joined(language, said or [spoken_counted(language, 0, "unit-second")])


def spoken_date(language: Language, day: dt.date) -> list[str]:
    spoken: list[str] = []
    for item in language.grammar.date_order:
        match item:
            case "day":
                spoken.append(f"day-{day.day}")
            case "month":
                spoken.append(f"month-{day.month}")
            case "year":
                spoken.extend(_year(language, day.year))
            case prompt_id:
                spoken.append(prompt_id)
    return spoken


def _joined(language: Language, durations: list[list[str]]) -> list[str]:
    """The joining word stands before the last part only: one hour two minutes and three seconds."""
    *first, last = durations
    join = [language.grammar.time_join] if first and language.grammar.time_join else []
    return [*(prompt_id for duration in first for prompt_id in duration), *join, *last]


def _year(language: Language, year: int) -> list[str]:
    """In pairs where the language does so and both pairs are two digits: 2027, but not 2005."""
    century, year_of_century = divmod(year, 100)
    if language.grammar.year_in_pairs and century >= 10 and year_of_century >= 10:
        return [*spoken_number(language, century), *spoken_number(language, year_of_century)]
    return spoken_number(language, year)
