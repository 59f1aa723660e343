from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.cel import legs_of, parse_line
from telephony.cel_reader import CelReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALL = "0a3c52f4-6f57-4d68-9b47-0d24ae2a9c11"
OTHER = "11111111-6f57-4d68-9b47-0d24ae2a9c11"
CAUSE = '{""hangupcause"":16,""hangupsource"":""PJSIP/demo.second-00000002"",""dialstatus"":""""}'


def line(
    event: str, at: str, *, call: str = CALL, leg: str = "2", application: str = "AppDial", extra: str = ""
) -> str:
    channel, unique_id = f"PJSIP/demo.second-0000000{leg}", f"platform-1795.{leg}"
    columns = (event, at, channel, unique_id, "platform-1795.1", call, application, extra)
    return ",".join(f'"{column}"' for column in columns) + "\n"


ANSWER = line("ANSWER", "1795821462.394951")
HANGUP = line("HANGUP", "1795821475.241010", extra=CAUSE)


def test_a_leg_is_the_channel_that_dial_made_with_our_call_id() -> None:
    text = line("ANSWER", "1795821460.000000", leg="1", application="Answer") + ANSWER + HANGUP
    leg = legs_of(text.encode().splitlines(keepends=True)).answered(CALL)
    assert leg is not None
    assert (leg.route, leg.answered_at_ms, leg.ended_at_ms) == ("demo.second", 1_795_821_462_394, 1_795_821_475_241)
    assert leg.hangup_cause == "16"


def test_a_carrier_that_did_not_answer_is_no_answered_leg() -> None:
    refused = line("CHAN_START", "1795821461.000000", leg="3") + line(
        "HANGUP", "1795821461.100000", leg="3", extra=CAUSE
    )
    assert legs_of([refused.encode()]).answered(CALL) is None
    both = (refused + ANSWER).encode().splitlines(keepends=True)
    leg = legs_of(both).answered(CALL)
    assert leg is not None
    assert leg.ended_at_ms is None, "open since its answer: Asterisk died"


def test_lines_that_come_twice_change_nothing() -> None:
    later = line("ANSWER", "1795821999.000000") + line("HANGUP", "1795821999.000000", extra=CAUSE)
    leg = legs_of((ANSWER + HANGUP + later).encode().splitlines(keepends=True)).answered(CALL)
    assert leg is not None
    assert (leg.answered_at_ms, leg.ended_at_ms) == (1_795_821_462_394, 1_795_821_475_241)


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\n",
        b'"ANSWER"\n',
        b'"ANSWER","no time","c","u","l","a","AppDial",""\n',
        b"\0" * 200,
        b'"' * 50,
        b"\xff\xfe",
    ],
)
def test_garbage_is_no_line(garbage: bytes) -> None:
    assert parse_line(garbage) is None


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(raw: bytes) -> None:
    parse_line(raw)
    parse_line(ANSWER.encode()[: len(raw)] + raw)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[CelReader]:
    with closing(CelReader(tmp_path / "cel.csv")) as reader:
        yield reader


def written(file: Path, text: str) -> None:
    with file.open("a") as log:
        log.write(text)


def test_half_a_line_waits_for_its_other_half(tmp_path: Path, reader: CelReader) -> None:
    file = tmp_path / "cel.csv"
    assert reader.read() == 0, "there is no file yet"
    for place in range(1, len(ANSWER)):
        written(file, ANSWER[place - 1 : place])
        assert reader.read() == 0
    written(file, ANSWER[-1])
    assert reader.read() == 1
    assert reader.lines_refused == 0


def test_a_log_that_is_renamed_is_read_to_its_end_and_then_the_new_one(tmp_path: Path, reader: CelReader) -> None:
    file = tmp_path / "cel.csv"
    written(file, ANSWER)
    reader.read()
    written(file, HANGUP)
    file.rename(tmp_path / "cel.csv.1")
    written(file, line("ANSWER", "1795821480.000000", call=OTHER, leg="5"))
    reader.read()
    leg, other = reader.legs.answered(CALL), reader.legs.answered(OTHER)
    assert leg is not None
    assert leg.ended_at_ms == 1_795_821_475_241
    assert other is not None


def test_a_log_that_is_copied_and_cut_loses_nothing(tmp_path: Path, reader: CelReader) -> None:
    file = tmp_path / "cel.csv"
    written(file, ANSWER + line("CHAN_END", "1795821462.500000", leg="9") * 20)
    reader.read()
    written(file, HANGUP)
    (tmp_path / "cel.csv.1").write_bytes(file.read_bytes())
    file.write_text("")
    written(file, line("ANSWER", "1795821480.000000", call=OTHER, leg="5"))
    reader.read()
    leg, other = reader.legs.answered(CALL), reader.legs.answered(OTHER)
    assert leg is not None
    assert leg.ended_at_ms == 1_795_821_475_241
    assert other is not None


def test_a_reader_that_starts_after_a_rotation_knows_the_log_before(tmp_path: Path, reader: CelReader) -> None:
    written(tmp_path / "cel.csv.1", ANSWER)
    written(tmp_path / "cel.csv", HANGUP)
    reader.read()
    leg = reader.legs.answered(CALL)
    assert leg is not None
    assert leg.ended_at_ms == 1_795_821_475_241


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path, reader: CelReader) -> None:
    file = tmp_path / "cel.csv"
    written(file, "x" * 3_000_000)
    reader.read()
    written(file, "\n" + ANSWER)
    assert reader.read() == 1
    assert reader.lines_refused > 0
