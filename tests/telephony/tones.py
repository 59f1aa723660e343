"""Prompts made of sweeping tones: each name gives a sound of its own."""

from __future__ import annotations

import wave
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

RATE_HZ = 8000


def tone(name: str, seconds: float = 0.8) -> np.ndarray:
    """Band-limited noise from a seed made of the name: no two names correlate."""
    dice = np.random.default_rng(zlib.crc32(name.encode()))
    noise = dice.normal(size=int(seconds * RATE_HZ))
    smooth = np.convolve(noise, np.ones(4) / 4, "same")
    return (smooth / np.abs(smooth).max() * 12_000).astype("<i2")


def write_wav(path: Path, samples: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(samples.astype("<i2").tobytes())
    return path


def prompt(folder: Path, name: str, seconds: float = 0.8) -> Path:
    return write_wav(folder / f"{name}.wav", tone(name, seconds))
