"""A language: the text of each prompt, the grammar, and how its voice is set; read from languages/<code>.toml."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ivr_prompts.grammar import Grammar
from ivr_prompts.grammar_file import Table, read_grammar

_FOLDER: Final = Path(__file__).parent / "languages"
_PART: Final = re.compile(r"\{([a-z]+)\}")


class LanguageUnknown(ValueError):
    """No language of that code is shipped."""


class TextRefused(ValueError):
    """A text cannot be one file; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    name: str  # as the voice knows it; espeak-ng: en-us, es-419
    words_a_minute: int
    pitch: int  # 0 low .. 100 high
    pronounce: Mapping[str, str] = field(default_factory=dict)  # as written -> as this voice says it right


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    name: str
    texts: Mapping[str, str]  # by prompt id: what the file says, the part composed at run time left out
    grammar: Grammar
    voice: VoiceSettings
    parts: Mapping[str, str]  # by prompt id: the name of the part that the sentence takes
    parts_first: frozenset[str]  # the ids whose part stands before the text: {n} days are left


def languages() -> tuple[str, ...]:
    """The codes of the shipped languages."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


@cache
def load_language(code: str) -> Language:
    if code not in languages():
        raise LanguageUnknown(f"There are no prompts in {code!r}: the languages are {', '.join(languages())}.")
    return read_language(code, (_FOLDER / f"{code}.toml").read_text(encoding="utf-8"))


def read_language(code: str, toml: str) -> Language:
    table = tomllib.loads(toml)
    sentences = dict(_sentences(table))
    parts = {prompt_id: found[1] for prompt_id, text in sentences.items() if (found := _PART.search(text))}
    return Language(
        code=code,
        name=table["name"],
        texts=MappingProxyType({prompt_id: _without_part(prompt_id, text) for prompt_id, text in sentences.items()}),
        grammar=read_grammar(table["grammar"]),
        voice=VoiceSettings(**table["voice"]),
        parts=MappingProxyType(parts),
        parts_first=frozenset(prompt_id for prompt_id in parts if sentences[prompt_id].startswith("{")),
    )


def _sentences(table: Table) -> Iterator[tuple[str, str]]:
    """Every prompt id with its text as the file has it."""
    yield from table["sentences"].items()
    for section, prefix in (("numbers", "number"), ("units", "unit")):
        for name, text in table[section].items():
            yield f"{prefix}-{name}", text
    for section, prefix in (("months", "month"), ("days", "day")):
        for position, text in enumerate(table[section], start=1):
            yield f"{prefix}-{position}", text


def _without_part(prompt_id: str, text: str) -> str:
    """The words of the file; a part in the middle would need two files, so it is refused."""
    before, *after = _PART.split(text)[::2]
    if len(after) > 1 or (after and before.strip() and after[0].strip()):
        raise TextRefused(f"{prompt_id}: place one part, at the start or at the end of the sentence.")
    return " ".join(" ".join((before, *after)).split())
