"""The short run of `make chaos` without telephony; test_planted_bugs.py shows that it bites."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from database_chaos import chaos

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(180)
KILLS = 160  # four rounds


def test_processes_that_are_killed_anywhere_lose_and_invent_nothing(database_url: str, tmp_path: Path) -> None:
    """F4, F12; I1 to I6. Work goes on in every round, however many died before."""
    calls: list[int] = []
    report = chaos(database_url, tmp_path, KILLS, seed=5, tell=lambda so_far: calls.append(so_far.calls))
    assert report.findings == []
    assert all(after > before for before, after in pairwise(calls)), calls
