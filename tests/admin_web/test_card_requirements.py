"""Every requirement of JeraSoft's page about calling cards is a screen that a test of the console names."""

from __future__ import annotations

import re
from pathlib import Path

REQUIREMENTS = 59


def test_each_requirement_of_cards_is_named_by_a_test_of_the_console() -> None:
    """Also the ranges of a sentence, such as JC-38 to JC-40 with the prefix written out."""
    here = Path(__file__).resolve()
    texts = [file.read_text() for file in here.parent.rglob("test_*.py") if file != here]
    named = {
        number
        for text in texts
        for first, last in re.findall(r"\bJC-(\d+)(?: to JC-(\d+))?", text)
        for number in range(int(first), int(last or first) + 1)
    }
    assert set(range(1, REQUIREMENTS + 1)) - named == set()
    assert max(named) == REQUIREMENTS
