"""An act on all cards that fit a list's filters: told by number, confirmed as exactly these, done at once or by a job,
and never on a card that came to fit afterwards.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, World, a_series
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from billing.states import CardStatus
from models import AuditEntry, Card, CardSeries, Distributor, Job
from services.cards import matching_act_job
from services.jobs.asked_jobs import asked_jobs, asked_step
from services.series.create_series import create_series
from tests.admin_web.conftest import Visitor, text_of, token_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

CHOSEN = "/cards/acts/chosen"
PENDING = "/cards/?status=pending"


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


@pytest.fixture
def stock(world: World, engine: Engine) -> None:
    """Ten cards of a second series beside the two of the first."""
    with Session(engine, autoflush=False) as session, session.begin():
        create_series(session, KEYS, a_series(world.group_id, world.rate_table_id, number=2, quantity=10), NOW, UTC)
        session.execute(update(Card).values(status=CardStatus.PENDING))


def asked(visitor: Visitor, back: str = PENDING, act: str = "block") -> TestResponse:
    return visitor.post("/cards/", CHOSEN, matching="1", act=act, back=back)


def confirmed(visitor: Visitor, page: TestResponse, **fields: object) -> TestResponse:
    """Send the form of the page that told the number."""
    known = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    known["back"] = known["back"].replace("&amp;", "&")
    return visitor.client.post(CHOSEN, data={**known, "csrf_token": token_of(page), "reason": "stolen", **fields})


def statuses(engine: Engine, number: int) -> str:
    """A letter for each card of the series."""
    with Session(engine) as session:
        mine = select(Card.status).join(CardSeries, CardSeries.id == Card.series_id)
        found = session.scalars(mine.where(CardSeries.number == number).order_by(Card.serial))
        return "".join(status.value[0] for status in found)


def one_step(engine: Engine) -> bool:
    with Session(engine) as session:
        ((job_id, kind),) = asked_jobs(session)
    with Session(engine, autoflush=False) as session, session.begin():
        return asked_step(session, job_id, kind, now(), UTC)


@pytest.mark.usefixtures("stock")
def test_all_that_fit_are_told_by_number_and_filter_and_then_changed(owner: Visitor, engine: Engine) -> None:
    page = asked(owner, "/cards/?q=2&status=pending")
    told = text_of(page)
    assert "All 10 cards that fit now: 2 · Status: pending" in told
    assert "10 cards would be changed." in told
    assert statuses(engine, 2) == "p" * 10
    done = confirmed(owner, page)
    assert "10 cards were blocked." in text_of(owner.get(done.location))
    assert (statuses(engine, 1), statuses(engine, 2)) == ("pp", "b" * 10)
    with Session(engine) as session:
        acts = session.scalars(select(AuditEntry.after).where(AuditEntry.act == "card.block")).all()
    assert [after["cards"] for after in acts] == [10], "one run of serials, one entry"


@pytest.mark.usefixtures("stock")
def test_a_list_of_several_pages_offers_it_and_one_of_a_single_page_does_not(
    owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 'name="matching"' not in owner.get("/cards/").text
    monkeypatch.setattr("admin_web.lists.list_view.PAGE_SIZES", (5,))
    assert "All 12 that fit, not the ticked ones only" in text_of(owner.get("/cards/?size=5"))


@pytest.mark.usefixtures("stock")
def test_a_card_that_came_to_fit_meanwhile_is_told_and_nothing_is_done(
    owner: Visitor, world: World, engine: Engine
) -> None:
    world.set_card(0, status=CardStatus.INACTIVE)
    world.session.commit()
    page = asked(owner)
    assert "All 11 cards" in text_of(page)
    world.set_card(0, status=CardStatus.PENDING)
    world.session.commit()
    again = confirmed(owner, page)
    assert "there were 11, now there are 12" in text_of(again)
    assert statuses(engine, 1) + statuses(engine, 2) == "p" * 12
    assert "12 cards were blocked." in text_of(owner.get(confirmed(owner, again).location))


@pytest.mark.usefixtures("stock")
def test_one_that_goes_while_another_comes_is_noticed_too(owner: Visitor, world: World, engine: Engine) -> None:
    """The number is the same; the cards are not."""
    world.set_card(0, status=CardStatus.INACTIVE)
    world.session.commit()
    page = asked(owner)
    world.set_card(0, status=CardStatus.PENDING)
    world.set_card(1, status=CardStatus.INACTIVE)
    world.session.commit()
    assert "there were 11, now there are 11" in text_of(confirmed(owner, page))
    assert "b" not in statuses(engine, 1) + statuses(engine, 2)


@pytest.mark.usefixtures("stock")
def test_many_are_a_job_over_exactly_the_confirmed_cards(
    owner: Visitor, world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed number, one job for two presses, and what comes to fit while it goes on is left alone."""
    for name in ("TYPED_ABOVE", "CHOSEN_MAX"):
        monkeypatch.setattr(f"admin_web.views.cards.card_acts.{name}", 5)
    monkeypatch.setattr("services.cards.change_card_state.CARDS_A_STEP", 4)
    monkeypatch.setattr(matching_act_job, "CARDS_A_STEP", 4)
    world.set_card(0, status=CardStatus.INACTIVE)
    world.session.commit()
    page = asked(owner)
    wrong = confirmed(owner, page, count="7")
    assert "This is not the number of cards." in text_of(wrong)
    sent = [confirmed(owner, wrong, count="11") for _ in range(2)]
    assert sent[0].location.startswith("/jobs/")
    assert {answer.location for answer in sent} == {sent[0].location}
    assert one_step(engine)
    assert "5 / 11" in text_of(owner.get(sent[0].location))
    world.set_card(0, status=CardStatus.PENDING)
    world.session.commit()
    while one_step(engine):
        pass
    assert (statuses(engine, 1), statuses(engine, 2)) == ("pb", "b" * 10)
    shown = text_of(owner.get(sent[0].location))
    assert "11 / 11" in shown
    assert "changed 11" in shown
    with Session(engine) as session:
        assert len(session.scalars(select(Job.id).where(Job.kind == "matching_act")).all()) == 1


@pytest.mark.usefixtures("stock")
def test_the_job_is_cancelled_between_two_steps(
    owner: Visitor, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("admin_web.views.cards.card_acts.CHOSEN_MAX", 5)
    monkeypatch.setattr("services.cards.change_card_state.CARDS_A_STEP", 4)
    monkeypatch.setattr(matching_act_job, "CARDS_A_STEP", 4)
    job = confirmed(owner, asked(owner, "/cards/?q=2")).location
    one_step(engine)
    owner.post(job, f"{job}/cancel")
    with Session(engine) as session:
        assert asked_jobs(session) == []
    assert statuses(engine, 2) == "bbbbpppppp"
    assert "changed 4" in text_of(owner.get(job))


@pytest.mark.usefixtures("stock")
def test_a_seller_reaches_its_own_cards_only(signed_in: Callable[..., Visitor], engine: Engine) -> None:
    """F38: the filters of a list never widen what its operator sees."""
    seller = signed_in(Role.DISTRIBUTOR)
    with Session(engine) as session, session.begin():
        kiosk = session.scalars(select(Distributor.id)).one()
        session.execute(update(Card).values(status=CardStatus.INACTIVE))
        few = select(Card.id).join(CardSeries).where(CardSeries.number == 2, Card.serial.in_((2, 3, 7)))
        session.execute(update(Card).where(Card.id.in_(few)).values(distributor_id=kiosk))
    page = asked(seller, "/cards/?all=1", act="release")
    assert "All 3 cards" in text_of(page)
    confirmed(seller, page)
    assert statuses(engine, 2) == "ippiiipiii"
    assert asked(seller, "/cards/?all=1").status_code == 403


@pytest.mark.usefixtures("stock")
def test_the_cards_of_one_series_are_its_own_list(owner: Visitor, engine: Engine) -> None:
    page = asked(owner, "/series/1/?status=pending")
    assert "All 2 cards that fit now: Status: pending" in text_of(page)
    confirmed(owner, page)
    assert (statuses(engine, 1), statuses(engine, 2)) == ("bb", "p" * 10)


@pytest.mark.usefixtures("stock")
@pytest.mark.parametrize(
    ("back", "status"), [("/cards/?least=abc", 400), ("/cards/?nothing=1", 400), ("/settings/", 400), ("/audit/", 400)]
)
def test_a_filter_that_cannot_be_read_acts_on_nothing(owner: Visitor, engine: Engine, back: str, status: int) -> None:
    """Traps B4 and B5: also where it would widen the act to every card."""
    assert asked(owner, back).status_code == status
    assert "b" not in statuses(engine, 1) + statuses(engine, 2)


@pytest.mark.usefixtures("stock")
def test_no_card_that_fits_and_too_many_are_told(
    owner: Visitor, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = asked(owner, "/cards/?status=blocked")
    assert "No card fits" in text_of(owner.get(none.location))
    extended = asked(owner, PENDING, act="extend")
    assert "ticked cards only" in text_of(owner.get(extended.location))
    monkeypatch.setattr("services.cards.matching_cards.MATCHING_MAX", 3)
    many = asked(owner)
    assert "More than 3 cards fit" in text_of(owner.get(many.location))
    assert "b" not in statuses(engine, 1) + statuses(engine, 2)
