"""Acts on many cards: ticked in a list or a range of a series; told first, done in part where some cannot, never to
cards of others.
"""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from billing.states import CardStatus, JobState
from models import AuditEntry, Card, Distributor, Job
from services.jobs.asked_jobs import asked_jobs, asked_step
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from factories import World
    from sqlalchemy import Engine

ONE, TWO = "1000000001", "1000000002"
CHOSEN, RANGE = "/cards/acts/chosen", "/cards/acts/range"


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def statuses(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return [status.value for status in session.scalars(select(Card.status).order_by(Card.id))]


def landed(visitor: Visitor, page: str, address: str, **fields: object) -> str:
    answer = visitor.post(page, address, **fields)
    assert answer.status_code == 302, text_of(answer)
    return text_of(visitor.get(answer.location))


def test_ticked_cards_are_shown_before_they_are_blocked(owner: Visitor, world: World, engine: Engine) -> None:
    """Without a reason nothing is done; with it, each run of cards has its entry in the audit log."""
    asked = owner.post("/cards/", CHOSEN, number=[ONE, TWO], act="block", back="/cards/")
    assert "2 cards would be changed." in text_of(asked)
    assert statuses(engine) == ["pending", "pending"]
    form = {"number": [ONE, TWO], "act": "block", "back": "/cards/", "confirmed": "1"}
    assert "needs a reason" in landed(owner, "/cards/", CHOSEN, **form)
    assert "2 cards were blocked." in landed(owner, "/cards/", CHOSEN, **form, reason="stolen")
    assert statuses(engine) == ["blocked", "blocked"]
    with Session(engine) as session:
        acts = session.execute(select(AuditEntry.act, AuditEntry.reason).where(AuditEntry.act == "card.block"))
        assert [tuple(row) for row in acts] == [("card.block", "stolen")]
    del world


def test_what_cannot_be_done_is_skipped_and_counted(owner: Visitor, world: World, engine: Engine) -> None:
    world.set_card(0, status=CardStatus.INACTIVE)
    world.session.commit()
    form = {"number": [ONE, TWO], "act": "release", "back": "/cards/", "confirmed": "1"}
    assert "1 done, 1 skipped (1 pending)." in landed(owner, "/cards/", CHOSEN, **form)
    assert statuses(engine) == ["pending", "pending"]


def test_cards_are_sold_to_a_distributor_and_taken_back(owner: Visitor, world: World, engine: Engine) -> None:
    with Session(engine) as session:
        kiosk = session.scalars(select(Distributor.id)).one()
    form = {"number": [ONE], "act": "sell", "back": "/cards/", "confirmed": "1"}
    assert "needs a place or a distributor" in landed(owner, "/cards/", CHOSEN, **form)
    assert "1 cards were sold." in landed(owner, "/cards/", CHOSEN, **form, distributor_id=kiosk)
    with Session(engine) as session:
        assert session.scalars(select(Card.distributor_id).where(Card.number == ONE)).one() == kiosk
    assert "taken back" in landed(owner, "/cards/", CHOSEN, **{**form, "act": "take_back"})
    del world


def test_cards_get_another_last_day(owner: Visitor, world: World, engine: Engine) -> None:
    day = (now().astimezone(UTC) + timedelta(days=40)).date()
    form = {"number": [ONE, TWO], "act": "extend", "back": "/cards/", "confirmed": "1"}
    assert "cannot be read" in landed(owner, "/cards/", CHOSEN, **form, last_day="soon")
    assert "2 cards have another last day." in landed(owner, "/cards/", CHOSEN, **form, last_day=day)
    with Session(engine) as session:
        assert {moment.date() for moment in session.scalars(select(Card.expires_at))} == {day + timedelta(days=1)}
    del world


def test_nothing_ticked_is_told(owner: Visitor, world: World) -> None:
    assert "No card is ticked" in landed(owner, "/cards/", CHOSEN, act="block", back="/cards/")
    assert owner.post("/cards/", CHOSEN, act="explode", number=[ONE]).status_code == 400
    del world


def test_cards_of_others_are_left_out(signed_in: Callable[..., Visitor], world: World, engine: Engine) -> None:
    """F38: a distributor ticks by hand what it was not given, and asks for a range of the series."""
    visitor = signed_in(Role.DISTRIBUTOR)
    with Session(engine) as session, session.begin():
        kiosk = session.scalars(select(Distributor.id)).one()
        session.execute(update(Card).values(status=CardStatus.INACTIVE))
        session.execute(update(Card).where(Card.number == ONE).values(distributor_id=kiosk))
    form = {"number": [ONE, TWO], "act": "release", "back": "/cards/", "confirmed": "1"}
    assert "1 cards were released." in landed(visitor, "/cards/", CHOSEN, **form)
    assert statuses(engine) == ["pending", "inactive"]
    ranged = visitor.post("/cards/", RANGE, series=1, act="release", back="/cards/", confirmed="1")
    assert ranged.status_code == 403
    assert visitor.post("/cards/", CHOSEN, **{**form, "act": "block"}).status_code == 403
    del world


def test_a_range_is_told_and_done(owner: Visitor, world: World, engine: Engine) -> None:
    form = {"series": 1, "act": "block", "first": "2", "last": "9", "back": "/series/1/", "reason": "lost"}
    told = owner.post("/series/1/", RANGE, **form)
    assert "1 cards would be changed." in text_of(told)
    assert "1 cards were blocked." in landed(owner, "/series/1/", RANGE, **form, confirmed="1")
    assert statuses(engine) == ["pending", "blocked"]
    backward = landed(owner, "/series/1/", RANGE, **{**form, "first": "9", "last": "2"})
    assert "The range is empty" in backward
    del world


def test_many_cards_are_confirmed_by_their_number_and_done_by_a_job(
    owner: Visitor, world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above what one transaction holds the worker does it; pressed twice it is one job, and it can be cancelled."""
    monkeypatch.setattr("admin_web.views.cards.card_acts.CARDS_A_STEP", 1)
    monkeypatch.setattr("admin_web.views.cards.card_acts.TYPED_ABOVE", 1)
    monkeypatch.setattr("services.cards.change_card_state.CARDS_A_STEP", 1)
    form = {"series": 1, "act": "block", "back": "/series/1/", "reason": "lost", "confirmed": "1"}
    asked = owner.post("/series/1/", RANGE, **form, count="7")
    assert "This is not the number of cards." in text_of(asked)
    token = re.search(r'name="token" value="(\w+)"', asked.text)
    assert token
    sent = [owner.post("/series/1/", RANGE, **form, count="2", token=token[1]) for _ in range(2)]
    assert {answer.location for answer in sent} == {sent[0].location}
    assert sent[0].location.startswith("/jobs/")
    assert "0 / 2" in text_of(owner.get(sent[0].location))
    with Session(engine) as session:
        ((job_id, kind),) = asked_jobs(session)
    with Session(engine) as session, session.begin():
        assert asked_step(session, job_id, kind, now(), UTC)
    assert statuses(engine) == ["blocked", "pending"]
    page = text_of(owner.get(sent[0].location))
    assert "1 / 2" in page
    assert "changed 1" in page
    assert "is cancelled" in landed(owner, sent[0].location, f"{sent[0].location}/cancel")
    with Session(engine) as session, session.begin():
        assert not asked_step(session, job_id, kind, now(), UTC)
        assert session.scalars(select(Job.state).where(Job.id == job_id)).one() is JobState.CANCELLED
    assert statuses(engine) == ["blocked", "pending"]
    del world


def test_a_job_of_somebody_else_is_for_who_sees_the_system(
    owner: Visitor, signed_in: Callable[..., Visitor], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin_web.views.cards.card_acts.CARDS_A_STEP", 1)
    form = {"series": 1, "act": "block", "back": "/series/1/", "reason": "lost", "confirmed": "1", "token": "t-1"}
    job = owner.post("/series/1/", RANGE, **form).location
    support, auditor = signed_in(Role.SUPPORT), signed_in(Role.AUDITOR)
    assert support.client.get(job).status_code == 404
    assert "Asked for" in text_of(auditor.get(job))
    assert auditor.post(job, f"{job}/cancel").status_code == 403
    del world
