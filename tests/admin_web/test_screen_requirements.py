"""Every requirement of JeraSoft's two pages is a screen that a test in a real browser names and goes through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

# The holders' own panel is no page of the console.
NO_SCREEN = {"JC": {4}, "JA": set[int]()}


@pytest.mark.parametrize(("page", "requirements"), [("JC", 59), ("JA", 51)])
def test_each_requirement_is_named_by_a_test_in_a_browser(page: str, requirements: int) -> None:
    """Also the ranges of a sentence, such as JA-38 to JA-42 with the prefix written out."""
    files = (Path(__file__).parent / "browser").glob("test_*.py")
    named = {
        number
        for file in files
        for first, last in re.findall(rf"\b{page}-(\d+)(?: to {page}-(\d+))?", file.read_text())
        for number in range(int(first), int(last or first) + 1)
    }
    assert set(range(1, requirements + 1)) - named == NO_SCREEN[page]
