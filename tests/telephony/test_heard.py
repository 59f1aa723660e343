"""Prompts are recognised in order, next to each other, repeated and cut short; others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from telephony.heard import NotTelephoneSound, heard_prompts
from tests.telephony.tones import RATE_HZ, prompt, tone, write_wav

if TYPE_CHECKING:
    from pathlib import Path

SILENCE = np.zeros(RATE_HZ // 2, dtype="<i2")


def recording(folder: Path, *parts: np.ndarray) -> Path:
    return write_wav(folder / "recording.wav", np.concatenate(parts))


def found(recording: Path, *prompts: Path) -> list[bool]:
    return [heard.was_heard for heard in heard_prompts(recording, prompts)]


def test_prompts_are_found_in_their_order_and_place(tmp_path: Path) -> None:
    one, two = prompt(tmp_path, "one"), prompt(tmp_path, "two")
    path = recording(tmp_path, SILENCE, tone("one"), tone("two"), SILENCE)
    first, second = heard_prompts(path, [one, two])
    assert first.score > 0.99
    assert (round(first.at_seconds, 2), round(second.at_seconds, 2)) == (0.5, 1.3)
    assert found(path, two, one) == [True, False]


def test_one_prompt_twice_is_two_prompts_and_not_three(tmp_path: Path) -> None:
    one = prompt(tmp_path, "one")
    path = recording(tmp_path, tone("one"), tone("one"), SILENCE)
    assert found(path, one, one, one) == [True, True, False]


def test_a_quieter_copy_with_noise_is_still_the_prompt(tmp_path: Path) -> None:
    one, other = prompt(tmp_path, "one"), prompt(tmp_path, "other")
    dice = np.random.default_rng(1)
    quiet = (tone("one") // 4 + dice.normal(scale=60, size=len(tone("one")))).astype("<i2")
    assert found(recording(tmp_path, SILENCE, quiet, SILENCE), one, other) == [True, False]


def test_a_prompt_that_a_key_cut_short_is_known_by_its_head(tmp_path: Path) -> None:
    one = prompt(tmp_path, "one")
    path = recording(tmp_path, tone("one")[: RATE_HZ // 4], SILENCE, tone("two"))
    assert found(path, one) == [False]
    (heard,) = heard_prompts(path, [one], head_seconds=0.2)
    assert heard.was_heard


def test_silence_holds_no_prompt(tmp_path: Path) -> None:
    assert found(recording(tmp_path, SILENCE), prompt(tmp_path, "one")) == [False]


def test_a_recording_with_nothing_in_it_holds_no_prompt(tmp_path: Path) -> None:
    assert found(recording(tmp_path, SILENCE[:0]), prompt(tmp_path, "one")) == [False]


def test_sound_of_another_rate_is_refused(tmp_path: Path) -> None:
    path = prompt(tmp_path, "one")
    whole = bytearray(path.read_bytes())
    whole[24:28] = (16000).to_bytes(4, "little")
    path.write_bytes(whole)
    with pytest.raises(NotTelephoneSound):
        heard_prompts(path, [path])
