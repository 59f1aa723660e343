"""Calls know the series of their cards: from their settlement on, or filed later; a series' list is right meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factories import World, answered, not_answered
from sqlalchemy import select, update

from models import CallRecord, Card
from services.calls.file_calls import are_all_filed, calls_in_series, file_calls

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def test_a_settled_call_knows_the_series_of_its_card(session: Session, world: World) -> None:
    for call_id, settlement in (("talked", answered("talked", 60)), ("busy", not_answered("busy", "BUSY"))):
        world.call(call_id)
        world.settle(settlement)
        assert world.record(call_id).series_id == _series(session)
    assert are_all_filed(session)
    assert file_calls(session) == 0


def test_calls_of_an_older_release_are_listed_before_and_after_they_are_filed(session: Session, world: World) -> None:
    for call_id in ("first", "second", "third"):
        world.call(call_id)
        world.settle(answered(call_id, 60))
    session.execute(update(CallRecord).where(CallRecord.call_id != "second").values(series_id=None))
    assert not are_all_filed(session)
    assert _listed(session, _series(session)) == {"first", "second", "third"}
    assert [file_calls(session, 1), file_calls(session, 5), file_calls(session)] == [1, 1, 0]
    assert are_all_filed(session)
    assert _listed(session, _series(session)) == {"first", "second", "third"}
    assert _listed(session, _series(session) + 1) == set()


def test_a_call_without_a_card_is_nobodys_and_waits_for_nothing(session: Session, world: World) -> None:
    world.call("gateway")
    world.settle(answered("gateway", 60))
    session.execute(update(CallRecord).values(card_id=None, series_id=None))
    assert are_all_filed(session)
    assert file_calls(session) == 0
    assert _listed(session, _series(session)) == set()


def _series(session: Session) -> int:
    return session.scalars(select(Card.series_id).distinct()).one()


def _listed(session: Session, series_id: int) -> set[str]:
    rows = select(CallRecord.call_id).outerjoin(Card, Card.id == CallRecord.card_id)
    return {row[0] for row in session.execute(calls_in_series(session, rows, [series_id]))}
