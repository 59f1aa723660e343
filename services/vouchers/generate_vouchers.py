"""Make all the vouchers of a batch, a transaction for each chunk: killed anywhere and run again, it goes on."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session, sessionmaker

from services.keys.closed_keys import KeyClosed
from services.keys.pin_keys import KeySource
from services.vouchers.make_vouchers import VouchersMade, make_vouchers

Progress = Callable[[int, int], None]


def generate_vouchers(
    sessions: sessionmaker[Session],
    keys: KeySource,
    batch_id: int,
    clock: Callable[[], datetime],
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Make the vouchers that are missing, and give the quantity. Two who make one batch at once take turns."""
    while True:
        made = _next_chunk(sessions, keys, batch_id, clock())
        if made is None:
            continue
        progress(made.done, made.total)
        if made.is_whole:
            return made.total


def _next_chunk(sessions: sessionmaker[Session], keys: KeySource, batch_id: int, now: datetime) -> VouchersMade | None:
    """None where a rotation has closed the key meanwhile: the next attempt uses the new one."""
    used = keys.current()
    try:
        with sessions.begin() as session:
            return make_vouchers(session, used, batch_id, now)
    except KeyClosed:
        if keys.current().number == used.number:
            raise
        return None
