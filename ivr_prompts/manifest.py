"""Which files of a language folder were made by the build, and from what: built.json beside them."""

import json
import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from ivr_prompts.language import Language, VoiceSettings
from ivr_prompts.voice import Manner

MANIFEST_NAME: Final = "built.json"
_SOUND_VERSION: Final = 1  # raise it when sound.py or espeak_voice.py make other samples of the same text


@dataclass(frozen=True, slots=True)
class Built:
    made_from: str  # digest of text, manner, voice and its settings
    content: str  # digest of the file


def made_from(text: str, manner: Manner, voice_name: str, settings: VoiceSettings) -> str:
    source = [_SOUND_VERSION, text, manner, voice_name, asdict(settings)]
    return digest(json.dumps(source, sort_keys=True).encode())


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def language_folder(folder: Path, language: Language) -> Path:
    return folder / language.code


def read_manifest(folder: Path) -> dict[str, Built]:
    """Empty when there is none: every file found is then taken for a recording, and kept."""
    path = folder / MANIFEST_NAME
    if not path.exists():
        return {}
    table = json.loads(path.read_text(encoding="utf-8"))
    return {prompt_id: Built(**built) for prompt_id, built in table.items()}


def write_manifest(folder: Path, manifest: dict[str, Built]) -> None:
    table = {prompt_id: asdict(built) for prompt_id, built in sorted(manifest.items())}
    write_whole(folder / MANIFEST_NAME, json.dumps(table, indent=1).encode())


def write_whole(path: Path, content: bytes) -> None:
    """Asterisk may open the file at any moment: it finds the old one or the new one, never a part."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(path)
