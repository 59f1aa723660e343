"""Wav files as Asterisk plays them: 8 kHz, 16 bit, mono."""

import io
import sys
import wave
from array import array
from pathlib import Path
from typing import Final

from ivr_prompts.voice import SAMPLES_A_SECOND

_CHANNELS: Final = 1
_SAMPLE_BYTES: Final = 2


class WavRefused(ValueError):
    """The file is no wav that Asterisk plays; the sentence says how it differs."""


def wav_bytes(samples: bytes) -> bytes:
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(_CHANNELS)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(SAMPLES_A_SECOND)
        file.writeframes(samples)
    return whole.getvalue()


def peak_of(path: Path) -> int:
    """The largest sample, 0 .. 32768; 0 for a file without any."""
    try:
        with wave.open(str(path), "rb") as file:
            found = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise WavRefused(f"not a wav file: {error}") from error
    if found != (_CHANNELS, _SAMPLE_BYTES, SAMPLES_A_SECOND):
        channels, sample_bytes, rate = found
        raise WavRefused(f"{rate} Hz, {sample_bytes * 8} bit, {channels} channels: Asterisk plays 8000 Hz, 16 bit, 1")
    samples = array("h", frames[: len(frames) // _SAMPLE_BYTES * _SAMPLE_BYTES])
    if sys.byteorder == "big":
        samples.byteswap()
    return max(max(samples, default=0), -min(samples, default=0))
