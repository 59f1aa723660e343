"""A rate table to import into, on a session that is rolled back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lists import Desk, desk

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@pytest.fixture
def carrier(session: Session, tmp_path: Path) -> Desk:
    return desk(session, tmp_path)
