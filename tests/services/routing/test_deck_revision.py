"""A change of rates is told to whoever keeps them in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factories import a_rate_table
from sqlalchemy import select

from models import RateTable
from services.routing.deck_revision import deck_revision, touch_deck

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def test_a_change_counts_up_and_marks_its_tables(session: Session) -> None:
    first, second = a_rate_table(session, "A", []), a_rate_table(session, "B", [])
    before = deck_revision(session)
    assert touch_deck(session, second) == before + 1
    assert touch_deck(session) == before + 2 == deck_revision(session)
    revisions = dict(session.execute(select(RateTable.id, RateTable.revision)).all())
    assert (revisions[first], revisions[second]) == (0, before + 1)
