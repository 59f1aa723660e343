"""Makes the prompt files of a language: what changed is made again, and a real recording is never overwritten."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ivr_prompts.entries import Entry, language_entries
from ivr_prompts.language import Language
from ivr_prompts.manifest import (
    Built,
    digest,
    language_folder,
    made_from,
    read_manifest,
    write_manifest,
    write_whole,
)
from ivr_prompts.voice import PromptVoice, manner_of
from ivr_prompts.wav import wav_bytes


class Outcome(StrEnum):
    MADE = "made"
    KEPT = "kept"  # made by an earlier build from the same text and voice
    RECORDED = "recorded"  # somebody else's file: it replaces ours by its name
    REMOVED = "removed"  # made by an earlier build, and its id is gone


Progress = Callable[[str, Outcome], None]  # prompt id, what became of its file


@dataclass(slots=True)
class _Workshop:
    language: Language
    folder: Path
    voice: PromptVoice
    manifest: dict[str, Built] = field(default_factory=dict)


def build(
    language: Language, folder: Path, voice: PromptVoice, *, progress: Progress | None = None
) -> dict[str, Outcome]:
    """Writes FOLDER/<language>/<id>.wav; answers what became of each file. One build of a language at a time."""
    own_folder = language_folder(folder, language)
    own_folder.mkdir(parents=True, exist_ok=True)
    workshop = _Workshop(language, own_folder, voice, read_manifest(own_folder))
    outcomes: dict[str, Outcome] = {}
    try:
        for entry in language_entries(language):
            if entry.prompt_id in language.texts:
                outcomes[entry.prompt_id] = _report(progress, entry.prompt_id, _build_one(workshop, entry))
        for prompt_id in sorted(workshop.manifest.keys() - outcomes.keys()):
            if _remove(workshop, prompt_id):
                outcomes[prompt_id] = _report(progress, prompt_id, Outcome.REMOVED)
    finally:
        write_manifest(own_folder, workshop.manifest)
    return outcomes


def _report(progress: Progress | None, prompt_id: str, outcome: Outcome) -> Outcome:
    if progress is not None:
        progress(prompt_id, outcome)
    return outcome


def _build_one(workshop: _Workshop, entry: Entry) -> Outcome:
    path = workshop.folder / f"{entry.prompt_id}.wav"
    text = workshop.language.texts[entry.prompt_id]
    manner = manner_of(entry.group, text)
    source = made_from(text, manner, workshop.voice.name, workshop.language.voice)
    found = digest(path.read_bytes()) if path.exists() else None
    built = workshop.manifest.get(entry.prompt_id)
    is_ours = built is not None and built.content == found
    if built is not None and is_ours and built.made_from == source:
        return Outcome.KEPT
    wav = wav_bytes(workshop.voice.speak(text, manner, workshop.language.voice))
    fresh = Built(source, digest(wav))
    # A build that was killed left files that no manifest names: equal content tells them from recordings.
    if found is not None and not is_ours and found != fresh.content:
        workshop.manifest.pop(entry.prompt_id, None)
        return Outcome.RECORDED
    workshop.manifest[entry.prompt_id] = fresh
    if found == fresh.content:
        return Outcome.KEPT
    write_whole(path, wav)
    return Outcome.MADE


def _remove(workshop: _Workshop, prompt_id: str) -> bool:
    """Only what the build made: a file changed since is a recording, and the check will name it."""
    path = workshop.folder / f"{prompt_id}.wav"
    built = workshop.manifest.pop(prompt_id)
    if not path.exists() or digest(path.read_bytes()) != built.content:
        return False
    path.unlink()
    return True
