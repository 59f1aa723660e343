"""The list of series shows how many cards are in each state, without counting a million of them for a page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, World, a_series, a_world
from sqlalchemy import select

from billing.states import CardStatus, SeriesStatus
from models import CardSeries, SeriesCount
from services.series import note_counts, shown_counts
from services.series.create_series import create_series
from services.series.note_counts import COUNTED_AGAIN, note_series_counts, series_counts_due

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(session: Session, monkeypatch: pytest.MonkeyPatch) -> World:
    """Series 1 of two cards is small; 2 and 3, of five and six, are large here."""
    monkeypatch.setattr(note_counts, "COUNTED_LIVE_MAX", 4)
    monkeypatch.setattr(shown_counts, "COUNTED_LIVE_MAX", 4)
    made = a_world(session)
    for number, quantity in ((2, 5), (3, 6)):
        create_series(session, KEYS, a_series(made.group_id, made.rate_table_id, number=number, quantity=quantity), NOW)
    return made


def due(world: World, later: timedelta = timedelta()) -> list[int]:
    """By their numbers."""
    numbers = dict(world.session.execute(select(CardSeries.id, CardSeries.number)).all())
    counts = series_counts_due(world.session, NOW + later)
    note_series_counts(world.session, counts, NOW + later)
    return [numbers[series_id] for series_id in counts]


def test_large_series_are_counted_by_the_worker_and_small_ones_at_once(world: World) -> None:
    series = [(one.id, one.quantity) for one in world.session.scalars(select(CardSeries).order_by(CardSeries.number))]
    small, large, _ = (series_id for series_id, _ in series)
    shown = shown_counts.shown_counts(world.session, series)
    assert list(shown) == [small]
    assert due(world) == [2, 3]
    world.set_card(0, status=CardStatus.BLOCKED)
    shown = shown_counts.shown_counts(world.session, series)
    assert (shown[small].by_status[CardStatus.BLOCKED], shown[small].counted_at) == (1, None)
    assert (shown[large].by_status[CardStatus.PENDING], shown[large].counted_at) == (5, NOW)
    assert set(shown[large].by_status) == set(CardStatus)


def test_a_run_counts_no_more_cards_than_it_may_the_oldest_counts_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(note_counts, "CARDS_MAX", 4)
    assert due(world) == [2]  # one at least
    assert due(world, MINUTE) == [3]
    assert due(world, 2 * MINUTE) == []  # counted a while ago
    assert due(world, COUNTED_AGAIN) == [2]
    assert due(world, COUNTED_AGAIN + MINUTE) == [3]


def test_a_count_is_put_in_the_place_of_the_one_before_and_deleted_series_have_none(world: World) -> None:
    assert due(world) == [2, 3]
    second = world.session.scalars(select(CardSeries).where(CardSeries.number == 2)).one()
    second.status = SeriesStatus.DELETED
    world.session.flush()
    assert due(world, COUNTED_AGAIN) == [3]
    counts = world.session.scalars(select(SeriesCount).order_by(SeriesCount.series_id)).all()
    assert [(one.pending, one.counted_at) for one in counts] == [(5, NOW), (6, NOW + COUNTED_AGAIN)]
