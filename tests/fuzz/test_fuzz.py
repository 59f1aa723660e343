"""A short run of `make fuzz`: every kept input passes, and some new ones; and a fault is found and kept."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from engine import Fuzzer, keep, kept
from targets import TARGETS
from words import words_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(300)
MUTATIONS = dict.fromkeys(TARGETS, 400) | {"keys_pressed": 40, "spoken_values": 100}  # the slow ones


@pytest.mark.parametrize("name", TARGETS)
def test_nothing_from_outside_raises(name: str) -> None:
    """F31, F32, F33: AGI bytes, AMI messages, lines of the event log, values of the dialplan, keys, values to speak."""
    corpus = kept(name)
    assert corpus
    fuzzer = Fuzzer(TARGETS[name], words_of(name), random.Random(1))
    found = [*fuzzer.learn(corpus.values()), *fuzzer.run(MUTATIONS[name])]
    assert [(one.data, one.error) for one in found] == []


def test_a_fault_is_found_and_its_input_is_kept(tmp_path: Path) -> None:
    """Two words of the language, one of them at the begin: no input of the corpus has both."""

    def broken(data: bytes) -> None:
        TARGETS["dialplan_values"](data)
        assert not (b"TLS" in data and data.startswith(b"spool"))

    fuzzer = Fuzzer(broken, words_of("dialplan_values"), random.Random(1))
    assert list(fuzzer.learn(kept("dialplan_values").values())) == []
    found = next(fuzzer.run(100_000))
    assert b"TLS" in found.data
    file = keep("dialplan_values", found, tmp_path)
    assert kept("dialplan_values", tmp_path) == {file.name: found.data}
