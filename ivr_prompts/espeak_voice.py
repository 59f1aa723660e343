"""The default voice: espeak-ng, which needs no system package and no model to be fetched."""

from typing import Final

from ivr_prompts.espeak_library import Parameter, espeak_library
from ivr_prompts.language import VoiceSettings
from ivr_prompts.sound import telephone_sound
from ivr_prompts.voice import Manner

# How far the pitch moves, 0 .. 100. A composed sentence is built of words that stay on one tone.
_PITCH_RANGE: Final = {Manner.SENTENCE: 50, Manner.PHRASE: 50, Manner.WORD: 10}


class EspeakVoice:
    @property
    def name(self) -> str:
        return f"espeak-ng {espeak_library().version()}"

    def speak(self, text: str, manner: Manner, settings: VoiceSettings) -> bytes:
        library = espeak_library()
        library.set_voice(
            settings.name,
            {
                Parameter.WORDS_A_MINUTE: settings.words_a_minute,
                Parameter.PITCH: settings.pitch,
                Parameter.PITCH_RANGE: _PITCH_RANGE[manner],
            },
        )
        samples = library.samples(_with_tone(_as_pronounced(text, settings), manner))
        return telephone_sound(samples, library.samples_a_second, manner)


def _as_pronounced(text: str, settings: VoiceSettings) -> str:
    for written, spoken in settings.pronounce.items():
        text = text.replace(written, spoken)
    return text


def _with_tone(text: str, manner: Manner) -> str:
    """A comma keeps the voice from falling as at the end of a sentence."""
    return text if manner is Manner.SENTENCE else f"{text.rstrip(':')},"
