"""Every requirement of JeraSoft's page about accounts is named by a test."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
REQUIREMENTS = 51


def test_each_requirement_is_named_by_a_test() -> None:
    texts = [file.read_text() for file in TESTS.rglob("test_*.py") if file != Path(__file__).resolve()]
    named = {int(number) for text in texts for number in re.findall(r"\bJA-(\d+)\b", text)}
    assert set(range(1, REQUIREMENTS + 1)) - named == set()
    assert max(named) == REQUIREMENTS
