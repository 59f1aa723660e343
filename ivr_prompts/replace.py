"""Replaces the file of one prompt by a recording, and takes that back: the file before stays beside the prompts."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ivr_prompts.build import build
from ivr_prompts.entries import language_entries
from ivr_prompts.manifest import digest, language_folder, read_manifest, write_whole
from ivr_prompts.recording import telephone_recording
from ivr_prompts.shelf import Origin, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ivr_prompts.language import Language
    from ivr_prompts.voice import PromptVoice

KEPT: Final = "kept"  # beside the folders of languages: FOLDER/kept/LANGUAGE/ID.wav
_LOCK: Final = "prompts.lock"
DIGEST_SHOWN: Final = 16


class ReplaceRefused(ValueError):
    """Nothing was replaced; the sentence says why."""


@dataclass(frozen=True, slots=True)
class PromptFile:
    """The prompt's file at one moment, for the audit log and for who looked before; digest "" where there is none."""

    origin: Origin
    content_digest: str


@dataclass(frozen=True, slots=True)
class PromptPlace:
    """One prompt of a language in the folder of all prompts."""

    language: Language
    folder: Path
    prompt_id: str

    def __post_init__(self) -> None:
        if self.prompt_id not in {entry.prompt_id for entry in language_entries(self.language)}:
            raise ReplaceRefused(f"{self.prompt_id[:60]!r} is no prompt of {self.language.name}.")

    @property
    def file(self) -> Path:
        return language_folder(self.folder, self.language) / f"{self.prompt_id}.wav"

    @property
    def kept(self) -> Path:
        """The file before: what an undo brings back."""
        return self.folder / KEPT / self.language.code / f"{self.prompt_id}.wav"

    def now(self) -> PromptFile:
        content = self.file.read_bytes() if self.file.is_file() else b""
        origin = origin_of(self.file, read_manifest(self.file.parent))
        return PromptFile(origin, digest(content)[:DIGEST_SHOWN] if content else "")


@contextmanager
def _alone(place: PromptPlace, seen: str | None) -> Iterator[None]:
    """One who changes prompts at a time, and only what they have seen; None: whatever is there."""
    place.file.parent.mkdir(parents=True, exist_ok=True)
    place.kept.parent.mkdir(parents=True, exist_ok=True)
    with (place.folder / KEPT / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if seen is not None and place.now().content_digest != seen:
            raise ReplaceRefused("The file was changed meanwhile: hear it again, then decide.")
        yield


def replace_prompt(place: PromptPlace, content: bytes, seen: str | None = None) -> PromptFile:
    """Callers hear the recording from the next time on. Raises RecordingRefused and ReplaceRefused."""
    wav = telephone_recording(content)
    with _alone(place, seen):
        _keep(place)
        write_whole(place.file, wav)
        return place.now()


def undo_replacement(place: PromptPlace, seen: str | None = None) -> PromptFile:
    """The file before comes back; a second undo undoes the first."""
    with _alone(place, seen):
        if not place.kept.is_file():
            raise ReplaceRefused(f"No other file of {place.prompt_id} was kept: there is nothing to take back.")
        before = place.kept.read_bytes()
        _keep(place)
        write_whole(place.file, before)
        return place.now()


def generate_prompt(place: PromptPlace, voice: PromptVoice, seen: str | None = None) -> PromptFile:
    """In the generated voice again; a recording is kept as the file before."""
    with _alone(place, seen):
        if place.now().origin is Origin.RECORDED:
            _keep(place)
            place.file.unlink()
        build(place.language, place.folder, voice)
        return place.now()


def _keep(place: PromptPlace) -> None:
    if place.file.is_file():
        write_whole(place.kept, place.file.read_bytes())
