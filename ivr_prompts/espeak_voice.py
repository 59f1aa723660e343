"""The default voice: espeak-ng, which needs no system package and no model to be fetched."""

from typing import Final

from ivr_prompts.espeak_library import Parameter, synthesise, version
from ivr_prompts.language import VoiceSettings
from ivr_prompts.sound import telephone_sound
from ivr_prompts.voice import Manner

# How far the pitch moves, 0 .. 100: a composed sentence is built of words that stay on one tone.
_PITCH_RANGE: Final = {Manner.SENTENCE: 50, Manner.PHRASE: 50, Manner.WORD: 10}
# A word by itself is drawn out: without haste a composed sentence would drag.
_SPEED_PERCENT: Final = {Manner.SENTENCE: 100, Manner.PHRASE: 100, Manner.WORD: 120}


class EspeakVoice:
    @property
    def name(self) -> str:
        return f"espeak-ng {version()}"

    def speak(self, text: str, manner: Manner, settings: VoiceSettings) -> bytes:
        parameters = {
            Parameter.WORDS_A_MINUTE: settings.words_a_minute * _SPEED_PERCENT[manner] // 100,
            Parameter.PITCH: settings.pitch,
            Parameter.PITCH_RANGE: _PITCH_RANGE[manner],
        }
        speech = synthesise(_with_tone(_as_pronounced(text, settings), manner), settings.name, parameters)
        return telephone_sound(speech.samples, speech.samples_a_second, manner)


def _as_pronounced(text: str, settings: VoiceSettings) -> str:
    for written, spoken in settings.pronounce.items():
        text = text.replace(written, spoken)
    return text


def _with_tone(text: str, manner: Manner) -> str:
    """A comma keeps the voice from falling as at the end of a sentence."""
    return text if manner is Manner.SENTENCE else f"{text.rstrip(':')},"
