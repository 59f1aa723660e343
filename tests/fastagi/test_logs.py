"""A log line is one line whatever stands in it, and holds no whole number of a caller."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from fastagi.log_pace import SECONDS_BETWEEN_LINES, LogPace
from fastagi.logs import bind_call_id, last_digits, set_up_logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logs(stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_value_with_line_breaks_and_quotes_stays_one_line(lines: io.StringIO) -> None:
    structlog.get_logger().info("call settled", name='a"b\nlevel=error event=forged\r\x1b[31m\u2028', talk_seconds=3)
    written = lines.getvalue()
    assert written.count("\n") == 1
    assert written.endswith("\n")
    assert not set(written) & {"\r", "\x1b", "\u2028"}
    assert 'event="call settled"' in written
    assert "talk_seconds=3" in written
    assert 'name="a\\"b\\\\x0alevel=error' in written


def test_a_line_has_its_time_in_utc_its_level_and_the_call_id(lines: io.StringIO) -> None:
    bind_call_id("1b4e28ba-2fa1-11d2-883f-0016d3cca427")
    structlog.get_logger().warning("slow")
    stamp, *rest = lines.getvalue().split()
    assert stamp.startswith("timestamp=2")
    assert stamp.endswith("Z")
    assert rest == ["level=warning", "event=slow", "call_id=1b4e28ba-2fa1-11d2-883f-0016d3cca427"]


def test_an_exception_and_a_librarys_line_are_one_line_too(lines: io.StringIO) -> None:
    try:
        int("two\nlines")
    except ValueError:
        structlog.get_logger().exception("session failed")
    logging.getLogger("panoramisk").error("one\ntwo")
    assert lines.getvalue().count("\n") == 2
    assert "ValueError" in lines.getvalue()


def test_only_the_end_of_a_number_is_logged() -> None:
    assert last_digits("+442012345678") == "5678"
    assert last_digits("1234") == "****"
    assert last_digits("") == "****"


def test_lines_of_one_kind_are_bounded_and_what_was_left_out_is_counted() -> None:
    now = [100.0]
    pace = LogPace(lambda: now[0])
    assert [pace.unsaid_before("junk") for _ in range(4)] == [0, None, None, None]
    now[0] += SECONDS_BETWEEN_LINES
    assert pace.unsaid_before("junk") == 3
    assert pace.unsaid_before("other") == 0
