"""A recording in place of a generated prompt: what is taken, how it is brought to telephone sound, and the way back."""

from __future__ import annotations

import io
import math
import struct
import wave
from typing import TYPE_CHECKING

import pytest

from ivr_prompts.language import load_language
from ivr_prompts.manifest import Built, digest, write_manifest
from ivr_prompts.recording import RecordingRefused, telephone_recording
from ivr_prompts.replace import PromptPlace, ReplaceRefused, generate_prompt, replace_prompt, undo_replacement
from ivr_prompts.shelf import Origin, find_prompt_file, prompt_shelf
from ivr_prompts.wav import wav_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from ivr_prompts.language import VoiceSettings
    from ivr_prompts.voice import Manner

ENGLISH = load_language("en")
GENERATED = wav_bytes(struct.pack("<400h", *([5_000, -5_000] * 200)))


class TestVoice:
    """Speaks everything alike."""

    __test__ = False
    name = "test"

    def speak(self, text: str, manner: Manner, settings: VoiceSettings) -> bytes:
        del text, manner, settings
        return struct.pack("<400h", *([7_000, -7_000] * 200))


def recording(rate: int = 44_100, width: int = 2, channels: int = 2, seconds: float = 0.5, loud: float = 0.5) -> bytes:
    """A tone of 440 Hz, in both ears alike."""
    whole, top = io.BytesIO(), 2 ** (8 * width - 1) - 1
    with wave.open(whole, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        for place in range(round(seconds * rate)):
            value = round(loud * top * math.sin(2 * math.pi * 440 * place / rate))
            sample = (value + 128).to_bytes(1) if width == 1 else value.to_bytes(width, "little", signed=True)
            file.writeframesraw(sample * channels)
    return whole.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> PromptPlace:
    """`welcome`, as a build left it."""
    made = PromptPlace(ENGLISH, tmp_path, "welcome")
    made.file.parent.mkdir()
    made.file.write_bytes(GENERATED)
    write_manifest(made.file.parent, {"welcome": Built("text", digest(GENERATED))})
    return made


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_plain_wav_becomes_telephone_sound_as_loud_as_it_was(width: int, channels: int) -> None:
    with wave.open(io.BytesIO(telephone_recording(recording(width=width, channels=channels)))) as sound:
        assert (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) == (8_000, 2, 1)
        assert sound.getnframes() == pytest.approx(4_000, abs=2)
        samples = struct.unpack(f"<{sound.getnframes()}h", sound.readframes(sound.getnframes()))
    assert max(samples) == pytest.approx(16_383, rel=0.03)


def test_what_asterisk_plays_already_keeps_every_sample() -> None:
    assert telephone_recording(GENERATED) == GENERATED


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"ID3 this is an mp3", "no wav file"),
        (b"", "no wav file"),
        (recording(seconds=0.01), "s long"),
        (recording(rate=8_000, channels=1, width=1, seconds=61), "61.00 s long"),
        (recording(loud=0), "Nothing is heard"),
        (recording(rate=4_000), "4000 Hz"),
        (b"R" * (12 * 1024 * 1024 + 1), "at most"),
    ],
)
def test_what_is_no_prompt_is_refused_in_a_sentence(place: PromptPlace, content: bytes, why: str) -> None:
    with pytest.raises(RecordingRefused, match=why):
        replace_prompt(place, content)
    assert place.file.read_bytes() == GENERATED


def test_a_recording_replaces_the_file_and_an_undo_brings_it_back(place: PromptPlace) -> None:
    assert place.now().origin is Origin.GENERATED
    assert replace_prompt(place, recording()).origin is Origin.RECORDED
    recorded = place.file.read_bytes()
    assert undo_replacement(place).origin is Origin.GENERATED
    assert place.file.read_bytes() == GENERATED
    undo_replacement(place)
    assert place.file.read_bytes() == recorded


def test_a_build_leaves_the_recording_and_the_generated_voice_comes_back_when_asked(place: PromptPlace) -> None:
    replace_prompt(place, recording())
    recorded = place.file.read_bytes()
    assert generate_prompt(place, TestVoice()).origin is Origin.GENERATED
    assert place.file.read_bytes() == wav_bytes(struct.pack("<400h", *([7_000, -7_000] * 200)))
    assert undo_replacement(place).origin is Origin.RECORDED
    assert place.file.read_bytes() == recorded


def test_who_saw_another_file_changes_nothing(place: PromptPlace) -> None:
    seen = place.now().content_digest
    replace_prompt(place, recording(), seen)
    with pytest.raises(ReplaceRefused, match="changed meanwhile"):
        replace_prompt(place, recording(seconds=0.7), seen)


@pytest.mark.parametrize("name", ["../keys", "welcome.wav", "", "nothing-like-it"])
def test_no_other_file_is_reached_by_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReplaceRefused, match="is no prompt"):
        PromptPlace(ENGLISH, tmp_path, name)
    assert find_prompt_file(ENGLISH, tmp_path, name) is None


def test_without_a_file_before_there_is_nothing_to_undo(place: PromptPlace) -> None:
    with pytest.raises(ReplaceRefused, match="nothing to take back"):
        undo_replacement(place)


def test_the_shelf_tells_whose_file_each_prompt_has(place: PromptPlace) -> None:
    shelf = {one.prompt_id: one for one in prompt_shelf(ENGLISH, place.folder)}
    assert shelf["welcome"].milliseconds == 50
    assert (shelf["welcome"].origin, shelf["goodbye"].origin) == (Origin.GENERATED, Origin.MISSING)
    assert shelf["goodbye"].milliseconds is None
