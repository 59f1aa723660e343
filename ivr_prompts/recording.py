"""A recording that somebody sends, checked and brought to what Asterisk plays: 8,000 Hz, 16 bit, mono."""

from __future__ import annotations

import io
import wave
from typing import TYPE_CHECKING, Final

import numpy as np
import soxr

from ivr_prompts.voice import SAMPLES_A_SECOND
from ivr_prompts.wav import wav_bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

BYTES_MAX: Final = 12 * 1024 * 1024  # a minute of 48,000 Hz stereo
SECONDS_MIN: Final = 0.05
SECONDS_MAX: Final = 60.0  # callers pay for the line while they listen
RATES: Final = range(8_000, 192_001)
_WIDTHS: Final = (1, 2, 3, 4)  # bytes a sample
_SILENT_PEAK: Final = 0.01  # of full scale, as the check of prompts has it
_FULL_SCALE: Final = 32_767


class RecordingRefused(ValueError):
    """The sentence says what is wrong with it, and what is wanted."""


def telephone_recording(content: bytes) -> bytes:
    """A wav file that Asterisk plays. One that it plays already keeps every sample."""
    if len(content) > BYTES_MAX:
        raise RecordingRefused(f"The file has {len(content):,} bytes; at most {BYTES_MAX:,} are taken.")
    rate, sound = _read(content)
    seconds = len(sound) / rate
    if not SECONDS_MIN <= seconds <= SECONDS_MAX:
        raise RecordingRefused(f"The recording is {seconds:.2f} s long; {SECONDS_MIN} to {SECONDS_MAX:g} s are taken.")
    if np.abs(sound).max(initial=0) < _SILENT_PEAK:
        raise RecordingRefused("Nothing is heard in the recording: is it the right file?")
    narrow = sound if rate == SAMPLES_A_SECOND else soxr.resample(sound, rate, SAMPLES_A_SECOND, quality="HQ")
    samples = np.clip(np.rint(narrow * _FULL_SCALE), -_FULL_SCALE - 1, _FULL_SCALE)
    return wav_bytes(samples.astype("<i2").tobytes())


def _read(content: bytes) -> tuple[int, NDArray[np.float64]]:
    """Samples a second, and the samples of one ear, -1 .. 1; a second channel is mixed in."""
    try:
        with wave.open(io.BytesIO(content), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError, ValueError) as wrong:
        raise RecordingRefused("This is no wav file of plain samples (PCM): save the recording as one.") from wrong
    if width not in _WIDTHS or channels not in (1, 2) or rate not in RATES:
        raise RecordingRefused(
            f"The wav file has {rate} Hz, {width * 8} bit, {channels} channels; taken are 8000 to 192000 Hz, 8, 16, 24 "
            "or 32 bit, one or two channels."
        )
    return rate, _samples(frames, width, channels)


def _samples(frames: bytes, width: int, channels: int) -> NDArray[np.float64]:
    whole = frames[: len(frames) // (width * channels) * width * channels]
    if width == 1:  # the only width without a sign
        numbers = np.frombuffer(whole, dtype="u1").astype(np.float64) - 128
    else:  # the highest bytes of 32 bits
        wide = np.zeros((len(whole) // width, 4), dtype="u1")
        wide[:, 4 - width :] = np.frombuffer(whole, dtype="u1").reshape(-1, width)
        numbers = (wide.view("<i4")[:, 0] >> (8 * (4 - width))).astype(np.float64)
    scale = 127.0 if width == 1 else float(2 ** (8 * width - 1) - 1)
    mixed: NDArray[np.float64] = numbers.reshape(-1, channels).mean(axis=1) / scale
    return mixed
