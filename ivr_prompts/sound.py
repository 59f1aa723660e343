"""From a voice's samples to a telephone's: 8,000 Hz, silence cut at both ends, every prompt equally loud."""

from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from ivr_prompts.voice import SAMPLES_A_SECOND, Manner

Samples = NDArray[np.float32]  # -1 .. 1

LOUDNESS: Final = 0.10  # root mean square of the speech: -20 dB of full scale
PEAK_MAX: Final = 0.89  # -1 dB: room for the codec
_AUDIBLE: Final = 0.006  # of the peak: -44 dB
_FRAME: Final = SAMPLES_A_SECOND // 200  # 5 ms
_FULL_SCALE: Final = 32_767

# Seconds of silence before and after. A word gets no more than separates it from the next one.
_PAUSES: Final = {Manner.SENTENCE: (0.02, 0.20), Manner.PHRASE: (0.02, 0.06), Manner.WORD: (0.01, 0.03)}


def telephone_sound(samples: bytes, samples_a_second: int, manner: Manner) -> bytes:
    """16-bit samples of any rate -> 16-bit samples at SAMPLES_A_SECOND."""
    wide = np.frombuffer(samples, dtype="<i2").astype(np.float32) / _FULL_SCALE
    narrow: Samples = soxr.resample(wide, samples_a_second, SAMPLES_A_SECOND, quality="HQ")
    speech = _as_loud_as_all(_without_silence(narrow))
    before, after = (np.zeros(round(pause * SAMPLES_A_SECOND), dtype=np.float32) for pause in _PAUSES[manner])
    whole = np.rint(np.concatenate((before, speech, after)) * _FULL_SCALE)
    return whole.astype("<i2").tobytes()


def _without_silence(sound: Samples) -> Samples:
    audible = np.flatnonzero(np.abs(sound) > _AUDIBLE * np.abs(sound).max(initial=0))
    return sound[audible[0] : audible[-1] + 1] if audible.size else sound[:0]


def _as_loud_as_all(speech: Samples) -> Samples:
    """Measured over the frames that hold speech, so that pauses in a long sentence do not make it louder."""
    frames = speech[: len(speech) // _FRAME * _FRAME].reshape(-1, _FRAME)
    powers = np.square(frames).mean(axis=1)
    spoken = powers[powers > powers.max(initial=0) / 1_000]
    if not spoken.size:
        return speech
    gain = min(LOUDNESS / np.sqrt(spoken.mean()), PEAK_MAX / np.abs(speech).max())
    return speech * np.float32(gain)
