"""File what older releases wrote under the series of its cards: some thousands of rows, then the other jobs again."""

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from sqlalchemy.orm import Session

from command_line.job_run import JobDesk
from services.calls.file_calls import file_calls
from services.calls.file_phones import file_phones
from services.money.file_entries import NEWEST, file_entries
from services.money.file_wallets import file_wallets

REST_SECONDS: Final = 0.1  # after each step: settlements come first
STEPS_MAX: Final = 20  # of each kind in a run

log = structlog.get_logger()


def file_old_rows(desk: JobDesk, _at: datetime, stop: threading.Event) -> int:
    """What is left is filed by the next runs."""
    _file(desk, stop, "calls", file_calls)
    _file(desk, stop, "phones", file_phones)
    _file(desk, stop, "wallets", file_wallets)
    _file_entries(desk, stop)
    return 3 if stop.is_set() else 0


def _file(desk: JobDesk, stop: threading.Event, what: str, file_some: Callable[[Session], int]) -> None:
    filed = 0
    for _ in range(STEPS_MAX):
        step = desk.write(file_some)
        filed += step
        if not step or stop.wait(REST_SECONDS):
            break
    if filed:
        log.info("filed under their series", what=what, rows=filed)


def _file_entries(desk: JobDesk, stop: threading.Event) -> None:
    oldest_id = NEWEST
    for _ in range(STEPS_MAX):
        step = desk.write(partial(file_entries, before_id=oldest_id))
        if step is None or stop.wait(REST_SECONDS):
            break
        oldest_id = step
    if oldest_id < NEWEST:
        log.info("ledger entries filed under their series", from_entry_id=oldest_id)
