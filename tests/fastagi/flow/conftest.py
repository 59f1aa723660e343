"""Lines on a fresh SQLite database; a test marked `on_both_databases` runs on PostgreSQL too."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from models.database import make_engine

sys.path.insert(0, str(Path(__file__).parent))

from line import open_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from line import Line


@pytest.fixture
def line_database(request: pytest.FixtureRequest) -> Iterator[str]:
    databases = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_databases")
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture
def a_line(line_database: str) -> Iterator[Callable[..., Line]]:
    """Open the line with what a test varies: a_line(group={"says_price": True})."""
    engine = make_engine(line_database, pool_size=4)
    yield partial(open_line, engine)
    engine.dispose()


@pytest.fixture
def line(a_line: Callable[..., Line]) -> Line:
    return a_line()
