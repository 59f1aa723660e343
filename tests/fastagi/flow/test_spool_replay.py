"""Settlements that found no server are replayed from the spool, each once, and none is lost (F3, F12, F13)."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, KEYS, TALK_BEGINS_MS, UTC, micros

from fastagi import spool
from fastagi.database import Database, DatabaseUnavailable
from fastagi.flow.desk import CardDesk
from models.database import make_engine, session_factory

if TYPE_CHECKING:
    from pathlib import Path

    from line import Line

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def spooled(folder: Path, call_id: str, seconds: int = 60, end: str = "\n") -> Path:
    """The file that the dialplan writes."""
    file = folder / f"{call_id}.txt"
    stamps = f"{TALK_BEGINS_MS},{TALK_BEGINS_MS + seconds * 1000}"
    file.write_text(f"handler,{call_id},test.cheap,ANSWER,16,{stamps},test.cheap-ANSWER-16{end}")
    return file


def replay(line: Line, folder: Path, *, seconds_later: int = 0) -> int:
    return line.at_desk(lambda desk: spool.replay(folder, desk, lambda: time.time() + seconds_later))


def test_a_spooled_settlement_is_booked_and_its_file_removed(line: Line, tmp_path: Path) -> None:
    """F13."""
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    file = spooled(tmp_path, call_id)
    assert replay(line, tmp_path) == 1
    assert not file.exists()
    with line.database() as world:
        assert (world.record(call_id).settled_by, world.record(call_id).cost_micros) == ("spool", micros("0.06"))
    assert line.is_proved()


def test_a_call_that_was_settled_before_is_not_booked_twice(line: Line, tmp_path: Path) -> None:
    """F12."""
    ended = line.dial_with_card(f"{BRITAIN}#")
    line.settle(ended, 60)
    file = spooled(tmp_path, ended.call_id, 600)
    assert replay(line, tmp_path) == 1
    assert not file.exists()
    assert line.available_micros == micros("4.94")
    assert line.is_proved()


def test_the_first_of_two_lines_counts(line: Line, tmp_path: Path) -> None:
    """asterisk.md 6.4."""
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    file = spooled(tmp_path, call_id, 60)
    file.write_text(file.read_text() * 2)
    replay(line, tmp_path)
    assert line.available_micros == micros("4.94")


def test_a_line_that_is_still_being_written_waits(line: Line, tmp_path: Path) -> None:
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    file = spooled(tmp_path, call_id, end="")
    assert replay(line, tmp_path) == 0
    assert file.exists()
    assert line.is_proved(open_holds=1)


def test_a_line_that_was_never_finished_is_put_aside(line: Line, tmp_path: Path) -> None:
    """Asterisk died while it wrote: the operator is told, instead of a file that waits for ever."""
    file = spooled(tmp_path, UNKNOWN, end="")
    assert replay(line, tmp_path, seconds_later=301) == 0
    assert not file.exists()
    assert (tmp_path / "refused" / file.name).exists()


@pytest.mark.parametrize("text", ["garbage\n", "\n", "a,b,c,d,e,f,g,h\n", "\x00\xff,;\n", f"{'9' * 2000}\n"])
def test_garbage_is_put_aside_and_kept(line: Line, tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.txt").write_text(text, encoding="latin-1")
    assert replay(line, tmp_path) == 0
    assert not (tmp_path / "bad.txt").exists()
    assert (tmp_path / "refused" / "bad.txt").read_text(encoding="latin-1") == text
    assert replay(line, tmp_path) == 0


def test_a_call_that_is_not_known_yet_waits_five_minutes(line: Line, tmp_path: Path) -> None:
    """An authorisation may still be on its way."""
    file = spooled(tmp_path, UNKNOWN)
    assert replay(line, tmp_path, seconds_later=299) == 0
    assert file.exists()
    assert replay(line, tmp_path, seconds_later=301) == 0
    assert not file.exists()
    assert (tmp_path / "refused" / file.name).exists()


def test_the_line_of_a_caller_who_was_refused_while_the_database_was_away_goes_by_itself(
    line: Line, tmp_path: Path
) -> None:
    """Nothing was held and nobody answered: an outage leaves the operator nothing to read."""
    unknown = "0a3c52f4-6f57-4d68-9b47-0d24ae2a9c11"
    file = tmp_path / f"{unknown}.txt"
    file.write_text(f"handler,{unknown},,,,,{TALK_BEGINS_MS},\n")
    assert replay(line, tmp_path) == 0
    assert file.exists()
    assert replay(line, tmp_path, seconds_later=spool.KEPT_SECONDS + 1) == 0
    assert not file.exists()
    assert not (tmp_path / "refused").exists()


def test_one_bad_file_does_not_hold_up_the_others(line: Line, tmp_path: Path) -> None:
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    (tmp_path / "0.txt").write_text("garbage\n")
    spooled(tmp_path, UNKNOWN)
    spooled(tmp_path, call_id)
    assert replay(line, tmp_path) == 1


def test_without_a_database_every_file_stays(line: Line, tmp_path: Path) -> None:
    """F6, F8."""
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    files = [spooled(tmp_path, call_id), spooled(tmp_path, UNKNOWN)]

    async def run() -> None:
        engine = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing", pool_size=1)
        database = Database(session_factory(engine), threads=1)
        with pytest.raises(DatabaseUnavailable):
            await spool.replay(tmp_path, CardDesk(database, KEYS, UTC))
        await database.drain()
        engine.dispose()

    asyncio.run(run())
    assert all(file.exists() for file in files)


def test_a_folder_that_is_not_there_yet_is_an_empty_one(line: Line, tmp_path: Path) -> None:
    assert replay(line, tmp_path / "none") == 0


def test_files_that_cannot_be_settled_keep_no_other_out(line: Line, tmp_path: Path) -> None:
    """F13: more of them than one round takes, each first in the order of names."""
    for number in range(spool.FILES_A_ROUND_MAX + 1):
        spooled(tmp_path, f"{number:08x}-0000-4000-8000-000000000000")
    call_id = line.dial_with_card(f"{BRITAIN}#").call_id
    file = spooled(tmp_path, call_id)
    rounds = range(40)  # a round takes it with a chance of 500 to 502
    assert any(replay(line, tmp_path) for _ in rounds)
    assert not file.exists()
    assert line.is_proved()


def test_a_line_that_no_one_will_finish_does_not_keep_the_event_log_from_settling(tmp_path: Path) -> None:
    """F8, F13: the disk was full when it was written, and is too full to put it aside."""
    (tmp_path / "begun.txt").write_text("handler,beg")
    (tmp_path / "empty.txt").touch()
    spooled(tmp_path, UNKNOWN)
    assert spool.waiting_calls(tmp_path) == {"begun", "empty", UNKNOWN}
    later = time.time() + spool.WRITTEN_SECONDS + 1
    assert spool.waiting_calls(tmp_path, lambda: later) == {UNKNOWN}
    assert spool.waiting_calls(tmp_path / "nowhere") == set()
