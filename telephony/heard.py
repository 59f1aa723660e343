"""Tells which prompts a recording holds, and where, by normalised cross-correlation."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

THRESHOLD: Final = 0.9  # played: 1.000 without a lossy codec; the best wrong one of 452 files reached 0.493
RATE_HZ: Final = 8000
_SILENCE: Final = 1e3  # quieter than this nothing is compared: a few steps of a 16-bit sample
_OVERLAP_SAMPLES: Final = 80  # a prompt may begin 10 ms before the one before it has faded out
_PEAK_SAMPLES: Final = 160  # the best place lies within 20 ms of the first good one


class NotTelephoneSound(Exception):
    """The file is no 8 kHz 16-bit mono wav."""


@dataclass(frozen=True, slots=True)
class HeardPrompt:
    """How well a prompt matched (1 is identical) and where it began; below the threshold it was not heard."""

    prompt: Path
    score: float
    at_seconds: float

    @property
    def was_heard(self) -> bool:
        return self.score >= THRESHOLD


def heard_prompts(
    recording: Path, expected: Sequence[Path], *, head_seconds: float | None = None
) -> tuple[HeardPrompt, ...]:
    """Look for the prompts one after another, each after the end of the one before.

    `head_seconds` compares only the beginning of each prompt, for those that keys cut short.
    A prompt that is not found is told with its best score and does not move the search on.
    """
    heard = _samples(recording)
    found: list[HeardPrompt] = []
    begin = 0
    for path in expected:
        prompt = _samples(path)
        compared = prompt if head_seconds is None else prompt[: int(head_seconds * RATE_HZ)]
        place, score = _first_match(heard[begin:], compared)
        found.append(HeardPrompt(path, score, (begin + place) / RATE_HZ))
        if score >= THRESHOLD:
            begin += place + max(1, len(compared) - _OVERLAP_SAMPLES)
    return tuple(found)


def _first_match(heard: Samples, prompt: Samples) -> tuple[int, float]:
    """The first place whose score reaches the threshold, else the best one."""
    scores = _scores(heard, prompt)
    good = np.flatnonzero(scores >= THRESHOLD)
    if len(good):
        first = int(good[0])
        place = first + int(np.argmax(scores[first : first + _PEAK_SAMPLES]))
    else:
        place = int(np.argmax(scores))
    return place, float(scores[place])


def _scores(heard: Samples, prompt: Samples) -> Samples:
    """Correlation at every place, by FFT, over the energy that the recording has there."""
    length = len(prompt)
    padded = np.concatenate((heard, np.zeros(length)))  # the end of the last prompt may be cut off
    wanted = prompt - prompt.mean()
    size = 1 << (len(padded) + length).bit_length()
    product = np.fft.irfft(np.fft.rfft(padded, size) * np.conj(np.fft.rfft(wanted, size)), size)
    sums = np.concatenate((np.zeros(1), np.cumsum(padded * padded)))
    energy = np.sqrt(np.maximum(sums[length:] - sums[:-length], 1)) * np.sqrt(float((wanted * wanted).sum()))
    scores: Samples = product[: len(padded) - length + 1] / np.maximum(energy, _SILENCE)
    return scores


def _samples(path: Path) -> Samples:
    with wave.open(str(path)) as sound:
        if (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) != (RATE_HZ, 2, 1):
            raise NotTelephoneSound(f"{path} is not 8 kHz 16-bit mono")
    # the data to the end of the file: a recording that was cut off has a header that counts too few
    whole = path.read_bytes()
    data = whole[whole.index(b"data") + 8 :]
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float64)
