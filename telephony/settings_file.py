"""Reads Asterisk's configuration files: sections with their templates resolved, and included files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INCLUDE_DEPTH_MAX: Final = 10
_SECTION: Final = re.compile(r"\[([^\]]+)\](?:\(([^)]*)\))?")
_INCLUDE: Final = re.compile(r"#(?:try)?include\s+[\"<]?([^\">]+?)[\">]?\s*$")
_SETTING: Final = re.compile(r"([^=>\s]+)\s*=>?\s*(.*)")


@dataclass(frozen=True, slots=True)
class Section:
    """One [name] with everything that holds for it; a later line overrides an earlier one and its templates."""

    name: str
    is_template: bool
    settings: dict[str, str]


def sections(file: Path) -> list[Section]:
    """Every section of `file` and of the files it includes, in order."""
    found: list[Section] = []
    for line in _lines(file, INCLUDE_DEPTH_MAX):
        if header := _SECTION.match(line):
            words = [word.strip() for word in (header[2] or "").split(",")]
            found.append(Section(header[1], "!" in words, _inherited(found, words)))
        elif found and (setting := _SETTING.match(line)):
            found[-1].settings[setting[1]] = setting[2].strip()
    return found


def _inherited(found: list[Section], words: list[str]) -> dict[str, str]:
    """What templates give; where one name has several sections, a template before others."""
    settings: dict[str, str] = {}
    for word in words:
        named = [section for section in found if section.name == word]
        for section in [one for one in named if one.is_template] or named[:1]:
            settings |= section.settings
    return settings


def _lines(file: Path, depth: int) -> Iterator[str]:
    """Lines without comments; an include that matches nothing, or nests too deep, gives none."""
    text = file.read_text(encoding="utf-8", errors="replace")
    for raw in re.sub(r";--.*?--;", "", text, flags=re.DOTALL).splitlines():
        line = re.sub(r"(?<!\\);.*", "", raw).strip()
        if not line.startswith("#"):
            yield line
        elif depth and (include := _INCLUDE.match(line)):
            for inner in sorted(file.parent.glob(include[1].lstrip("/"))):
                yield from _lines(inner, depth - 1)
