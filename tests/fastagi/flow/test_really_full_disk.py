"""A disk that is really full: database, spool and logs on a small file system of their own, filled to its last byte."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from databases import SqliteDatabases
from factories import BRITAIN, micros
from line import Line, open_line
from test_spool_replay import spooled

from fastagi import spool
from fastagi.database import DatabaseUnavailable
from models.database import make_engine
from tests.small_disk import SmallDisk, small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DISK = "16m"
LOGGING = "from fastagi.logs import set_up_logs; import structlog; set_up_logs(); log = structlog.get_logger(); "


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder, DISK) as disk:
        yield disk


@pytest.fixture
def line(disk: SmallDisk) -> Iterator[Line]:
    engine = make_engine(SqliteDatabases(disk.folder).create(), pool_size=2)
    yield open_line(engine)
    engine.dispose()


def replay(line: Line, folder: Path) -> int:
    return line.at_desk(lambda desk: spool.replay(folder, desk, time.time))


def test_a_full_disk_takes_no_call_loses_none_and_goes_on_when_there_is_room(line: Line, disk: SmallDisk) -> None:
    """F8: a caller hears that the service is not available (the next step stays unset), a call that was up is
    settled from its spooled line, and another caller is served again, by the same process.
    """
    talking = line.dial_with_card(f"{BRITAIN}#").call_id
    waiting = disk.folder / "spool"
    waiting.mkdir()
    file = spooled(waiting, talking)
    disk.fill()
    with pytest.raises(DatabaseUnavailable, match="disk full"):
        line.dial_with_card(f"{BRITAIN}#", place=1)
    with pytest.raises(DatabaseUnavailable, match="disk full"):
        replay(line, waiting)
    assert file.exists()
    disk.make_room()
    assert line.is_proved(open_holds=1)
    assert replay(line, waiting) == 1
    assert not file.exists()
    with line.database() as world:
        assert (world.record(talking).settled_by, world.record(talking).cost_micros) == ("spool", micros("0.06"))
    other = line.dial_with_card(f"{BRITAIN}#", place=1)
    line.settle(other, 60)
    assert line.is_proved()


def test_a_log_on_a_full_disk_ends_no_process_and_is_written_again(disk: SmallDisk) -> None:
    work = (
        LOGGING + "import sys; log.error('first line'); print('went on', flush=True); sys.stdin.read(1); "
        "log.error('second line')"
    )
    file = disk.folder / "log"
    disk.fill()
    with file.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", work], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stream, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "went on\n"
        disk.make_room()
        process.communicate("x")
    assert process.returncode == 0
    written = file.read_text()
    assert "second line" in written
    assert "first line" not in written
