"""What stands in the folder of a language: each prompt with its text, how long it speaks, and who made its file."""

import wave
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ivr_prompts.entries import language_entries
from ivr_prompts.language import Language
from ivr_prompts.manifest import Built, digest, language_folder, read_manifest


class Origin(StrEnum):
    """Who made the file."""

    GENERATED = "generated"  # by the build, from the text
    RECORDED = "recorded"  # by somebody: it replaces the generated one by its name
    MISSING = "missing"  # nobody: callers hear nothing there


@dataclass(frozen=True, slots=True)
class ShelfPrompt:
    """One prompt of a language; `milliseconds` is None where there is no sound that can be read."""

    prompt_id: str
    group: str
    used: str
    text: str
    origin: Origin
    milliseconds: int | None


def prompt_shelf(language: Language, folder: Path) -> list[ShelfPrompt]:
    """Every prompt of the language, in the order of a call; `folder` holds a folder for each language."""
    own_folder = language_folder(folder, language)
    manifest = read_manifest(own_folder)
    return [
        ShelfPrompt(
            entry.prompt_id,
            entry.group,
            entry.used,
            language.texts.get(entry.prompt_id, ""),
            origin_of(own_folder / f"{entry.prompt_id}.wav", manifest),
            _milliseconds(own_folder / f"{entry.prompt_id}.wav"),
        )
        for entry in language_entries(language)
    ]


def find_prompt_file(language: Language, folder: Path, prompt_id: str) -> Path | None:
    """The file of a prompt of the catalogue: a name of any other kind finds nothing."""
    if prompt_id not in {entry.prompt_id for entry in language_entries(language)}:
        return None
    file = language_folder(folder, language) / f"{prompt_id}.wav"
    return file if file.is_file() else None


def origin_of(file: Path, manifest: Mapping[str, Built]) -> Origin:
    if not file.is_file():
        return Origin.MISSING
    built = manifest.get(file.stem)
    is_ours = built is not None and built.content == digest(file.read_bytes())
    return Origin.GENERATED if is_ours else Origin.RECORDED


def _milliseconds(file: Path) -> int | None:
    try:
        with wave.open(str(file), "rb") as sound:
            return 1000 * sound.getnframes() // sound.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None
