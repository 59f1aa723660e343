"""The catalogue against what is there: texts of a language, and files of a folder; every difference is a problem."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ivr_prompts.entries import Catalogue, Entry, catalogue, language_entries
from ivr_prompts.language import Language
from ivr_prompts.manifest import MANIFEST_NAME, language_folder
from ivr_prompts.wav import WavRefused, peak_of

__all__ = ["Catalogue", "Entry", "Fault", "Problem", "catalogue", "check", "language_entries", "text_problems"]

_SILENT_PEAK: Final = 328  # one hundredth of full scale: not heard on a telephone


class Fault(StrEnum):
    TEXT_MISSING = "no text in this language"
    TEXT_UNKNOWN = "a text whose id is not in the catalogue"
    PART_WRONG = "the text does not take the part that the catalogue names"
    FILE_MISSING = "no file"
    FILE_UNKNOWN = "a file whose id is not in the catalogue"
    FORMAT_WRONG = "not a file that Asterisk plays"
    SILENT = "nothing is heard"


@dataclass(frozen=True, slots=True)
class Problem:
    language: str
    prompt_id: str
    fault: Fault
    detail: str = ""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"{self.language}/{self.prompt_id}: {self.fault}{detail}"


def check(language: Language, folder: Path) -> list[Problem]:
    """Texts first, then files; none when a call in this language can say everything."""
    return [*text_problems(language), *_file_problems(language, language_folder(folder, language))]


def text_problems(language: Language) -> Iterator[Problem]:
    needed = {entry.prompt_id: entry for entry in language_entries(language)}
    for prompt_id in needed:
        if not language.texts.get(prompt_id):
            yield Problem(language.code, prompt_id, Fault.TEXT_MISSING)
        elif language.parts.get(prompt_id) != _part_of(prompt_id):
            yield Problem(language.code, prompt_id, Fault.PART_WRONG, _part_of(prompt_id) or "none")
    for prompt_id in language.texts.keys() - needed.keys():
        yield Problem(language.code, prompt_id, Fault.TEXT_UNKNOWN)


def _part_of(prompt_id: str) -> str | None:
    """days-left-many takes the part of days-left."""
    stem, _, _ = prompt_id.rpartition("-")
    template_id = stem if stem in catalogue().counted else prompt_id
    return catalogue().parts.get(template_id)


def _file_problems(language: Language, folder: Path) -> Iterator[Problem]:
    needed = [entry.prompt_id for entry in language_entries(language)]
    for prompt_id in needed:
        fault, detail = _file_fault(folder / f"{prompt_id}.wav")
        if fault is not None:
            yield Problem(language.code, prompt_id, fault, detail)
    found = {path.name: path for path in sorted(folder.glob("*"))} if folder.is_dir() else {}
    for name, path in found.items():
        if name != MANIFEST_NAME and path.stem not in needed:
            yield Problem(language.code, path.stem, Fault.FILE_UNKNOWN, name)


def _file_fault(path: Path) -> tuple[Fault | None, str]:
    if not path.exists():
        return Fault.FILE_MISSING, ""
    try:
        peak = peak_of(path)
    except WavRefused as refused:
        return Fault.FORMAT_WRONG, str(refused)
    return (Fault.SILENT, "") if peak < _SILENT_PEAK else (None, "")
