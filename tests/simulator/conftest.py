"""Lets the tests of this room share their server, and keeps its log off the output that they read."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def quiet_server() -> Iterator[None]:
    with capture_logs():
        yield
