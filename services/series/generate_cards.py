"""Make the cards of a series by chunks, one transaction each: killed anywhere and run again, it ends with exactly its
quantity.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from billing.card_number import SERIAL_DIGITS
from models import Card
from services.keys.closed_keys import KeyClosed
from services.keys.pin_keys import KeySource
from services.series.card_batch import CardBatch, draw_batch
from services.series.random_digits import RandomSource
from services.series.series_in_making import SeriesInMaking, lock_series, note_progress
from services.series.series_terms import SeriesRefused
from services.series.store_batch import store_batch

Progress = Callable[[int, int], None]


def generate_cards(
    sessions: sessionmaker[Session],
    keys: KeySource,
    job_id: int,
    clock: Callable[[], datetime],
    progress: Progress = lambda _done, _total: None,
) -> int:
    """Make the cards that are missing, and give the quantity. Two who generate the same series at once take turns.

    While the database stores a chunk, a thread draws the PINs of the next one.
    """
    batch: CardBatch | None = None
    with ThreadPoolExecutor(1) as beside:
        with sessions.begin() as session:
            making = lock_series(session, job_id)
        while making.done < making.quantity:
            progress(making.done, making.quantity)
            following = making.after(making.serials())
            next_batch = beside.submit(
                draw_batch, keys.current(), making.series_number, following.serials(), making.pin_length
            )
            making = _next_chunk(sessions, keys, job_id, clock(), batch) or making
            batch = next_batch.result()
        progress(making.done, making.quantity)
    return making.quantity


def _next_chunk(
    sessions: sessionmaker[Session], keys: KeySource, job_id: int, now: datetime, drawn: CardBatch | None
) -> SeriesInMaking | None:
    """None where a rotation has closed the key meanwhile: the next attempt uses the new one."""
    used = keys.current()
    try:
        with sessions.begin() as session:
            making, _ = make_chunk(session, used, job_id, now, drawn=drawn)
            return making
    except KeyClosed:
        if keys.current().number == used.number:
            raise
        return None


def make_chunk(
    session: Session,
    keys: KeySource,
    job_id: int,
    now: datetime,
    *,
    drawn: CardBatch | None = None,
    source: RandomSource = os.urandom,
) -> tuple[SeriesInMaking, CardBatch | None]:
    """Make the next cards in this transaction: how far the series is then, and the cards; None where all are made.

    `drawn` is used if it fits: if no other generator was quicker and no card has one of its numbers.
    """
    making = lock_series(session, job_id)
    if making.done == making.quantity:
        return making, None
    current = keys.current()
    serials = _free_serials(session, making)
    if drawn is None or drawn.key_number != current.number or drawn.serials != serials:
        drawn = draw_batch(current, making.series_number, serials, making.pin_length, source)
    if serials:
        drawn = store_batch(session, making, current, drawn, source)
    making = making.after(serials)
    note_progress(session, making, now)
    return making, drawn


def _free_serials(session: Session, making: SeriesInMaking) -> Sequence[int]:
    """A number that a card has already is left to that card, and the next serial is taken (features.md 3.8)."""
    serials = making.serials()
    if not serials:
        raise SeriesRefused(
            f"Series {making.series_number} has no serial left after {making.done} of {making.quantity} cards: "
            "its first serial was too high."
        )
    first, last = (f"{making.series_number}{serial:0{SERIAL_DIGITS}d}" for serial in (serials[0], serials[-1]))
    numbers = session.scalars(select(Card.number).where(Card.number.between(first, last))).all()
    taken = {int(number[-SERIAL_DIGITS:]) for number in numbers if len(number) == len(first)}
    return [serial for serial in serials if serial not in taken] if taken else serials
