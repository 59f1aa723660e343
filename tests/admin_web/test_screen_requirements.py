"""Every requirement of JeraSoft's two pages is a screen that a test in a real browser names and goes through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize(("page", "requirements"), [("JC", 59), ("JA", 51)])
def test_each_requirement_is_named_by_a_test_in_a_browser(page: str, requirements: int) -> None:
    """Of the console or of the holders' portal; also the ranges of a sentence, as JA-38 to JA-42 with the prefix."""
    files = (file for door in ("admin_web", "portal_web") for file in (TESTS / door / "browser").glob("test_*.py"))
    named = {
        number
        for file in files
        for first, last in re.findall(rf"\b{page}-(\d+)(?: to {page}-(\d+))?", file.read_text())
        for number in range(int(first), int(last or first) + 1)
    }
    assert set(range(1, requirements + 1)) - named == set()
