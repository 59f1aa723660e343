"""Log lines: facts for the operator, each one line of `key=value` on stderr, our own and those of libraries."""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

import structlog

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from structlog.typing import EventDict, Processor, WrappedLogger

LAST_DIGITS: Final = 4  # of a caller id or card number; a PIN is never logged at all
VALUE_CHARACTERS_MAX: Final = 8_000  # a stack trace fits; what an attacker sends does not fill the disk
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def set_up_logs(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (stderr unless given) as one line of key=value."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        one_line,
    ]
    renderer = structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "event", "call_id", "unique_id"], drop_missing=True
    )
    target = cast("TextIO", _Unfailing(stream or sys.stderr))  # all of a stream that log lines use
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            keep_exc_info=False,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))  # libraries speak up only when something is wrong


class _Unfailing:
    """A stream whose full disk or closed pipe ends no call: the line is lost, and counted."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lines_lost = 0

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self.lines_lost += 1
            return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def bind_call_id(call_id: str) -> None:
    """Put the call id on every line that this session logs from now on, in worker threads too."""
    structlog.contextvars.bind_contextvars(call_id=call_id)


def bind_session(unique_id: str) -> None:
    """Put the channel's id on every line of this session: it ties those before a call id to those after it."""
    structlog.contextvars.bind_contextvars(unique_id=unique_id)


def call_named(call_id: str) -> AbstractContextManager[None]:
    """Put the call id on every line within, and on none after it: for work on one call after another."""
    return structlog.contextvars.bound_contextvars(call_id=call_id)


def last_digits(number: str) -> str:
    """The end of a caller id or card number, as it may stand in a log line."""
    digits = "".join(filter(str.isdigit, number))
    return digits[-LAST_DIGITS:] if len(digits) > LAST_DIGITS else "****"


def one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Escape what would end or garble a line: line breaks and control characters in any value."""
    return {_key(name): _safe(value) for name, value in event.items()}


@lru_cache(maxsize=1_000)
def _key(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]", "_", name)


def _safe(value: Any) -> Any:  # noqa: ANN401 - whatever a log line is given
    if value is None or isinstance(value, bool | int):
        return value
    text = str(value)[:VALUE_CHARACTERS_MAX]
    if text.isprintable():
        return text
    return _UNSAFE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
