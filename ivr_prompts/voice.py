"""What a prompt is spoken by, and in which manner: a sentence, the beginning of one, or a word inside one."""

from enum import StrEnum
from typing import Final, Protocol

from ivr_prompts.language import VoiceSettings

SAMPLES_A_SECOND: Final = 8_000  # what Asterisk plays as .wav: 16 bit, mono


class Manner(StrEnum):
    SENTENCE = "sentence"  # the voice falls at the end
    PHRASE = "phrase"  # more follows: Your balance is ...
    WORD = "word"  # flat and cut close: composed words must not sound like a list


class PromptVoice(Protocol):
    """One voice speaks everything of a language, numbers and units included."""

    @property
    def name(self) -> str:
        """With its version: when it changes, the prompts are made again."""

    def speak(self, text: str, manner: Manner, settings: VoiceSettings) -> bytes:
        """Samples of 16 bit, little-endian, mono, SAMPLES_A_SECOND; the same for the same arguments."""


def manner_of(group: str, text: str) -> Manner:
    if text.endswith((".", "!", "?")):
        return Manner.SENTENCE
    is_inside = group in ("numbers", "units", "dates") or text[:1].islower()
    return Manner.WORD if is_inside else Manner.PHRASE
