"""What operators do on pages: each act by a service, told on the next page, audited, and never twice by one form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from factories import World, micros
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import Role
from billing.states import CardStatus, CardType, JobState, SeriesStatus
from models import AuditEntry, Card, CardSeries, Job
from services.calls.bind_caller_id import bind_caller_id
from tests.admin_web.conftest import Visitor, text_of
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

CARD = "/cards/1-000000001"


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def do(visitor: Visitor, page: str, address: str, **fields: object) -> str:
    """Send a form, and read the page that it leads to."""
    answer = visitor.post(page, address, **fields)
    assert answer.status_code == 302, text_of(answer)
    return text_of(visitor.get(answer.location))


def acts(engine: Engine) -> list[tuple[str, str]]:
    with Session(engine) as session:
        return [(act, actor) for act, actor in session.execute(select(AuditEntry.act, AuditEntry.actor))]


def status_of(engine: Engine, world: World) -> CardStatus:
    with Session(engine) as session:
        return session.get_one(Card, world.cards[0].card_id).status


def new_series(**fields: object) -> dict[str, object]:
    """The form of JeraSoft's example (JC-26), as it is typed."""
    typed = {
        "number": "45",
        "card_group_id": "",
        "quantity": "2",
        "first_serial": "1122333",
        "initial_card_status": "pending",
        "face_value_micros": "5.00",
        "rate_table_id": "",
        "activation_fee_micros": "0",
        "maintenance_fee_micros": "0.25",
        "maintenance_every_hours": "24",
        "maintenance_starts": "after_period",
        "expiry_grace_days": "0",
        "recharge_extends_expiry": "no",
    }
    return {**typed, **fields}


def ids(world: World) -> dict[str, object]:
    return {"card_group_id": world.group_id, "rate_table_id": world.rate_table_id}


def send(visitor: Visitor, address: str, **fields: object) -> TestResponse:
    return visitor.post(address, address, **fields)


def test_a_series_is_shown_before_it_is_ordered(owner: Visitor, world: World, engine: Engine) -> None:
    """JC-23 to JC-40."""
    world.set_group(number_length=11)
    world.set_series(status=SeriesStatus.DELETED)
    world.session.commit()
    address = "/series/generate"
    shown = send(owner, address, **new_series(**ids(world)))
    page = text_of(shown)
    for told in ("45-001122333 … 45-001122334", "5.00 USD = 10.00 USD", "1 in ", "Generate 2 cards"):
        assert told in page, told
    with Session(engine) as session:
        assert session.scalars(select(CardSeries.number)).all() == [1]
    ordered = send(owner, address, **new_series(**ids(world)), confirmed="1")
    assert (ordered.status_code, ordered.location) == (302, "/series/45/")
    again = send(owner, address, **new_series(**ids(world)), confirmed="1")
    assert again.status_code == 302  # pressing twice orders one series
    with Session(engine) as session:
        assert sorted(session.scalars(select(CardSeries.number))) == [1, 45]
        assert session.scalars(select(Job.state).where(Job.key == "45")).all() == [JobState.WAITING]
    assert "The cards are being made" in text_of(owner.get("/series/45/"))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"pin_length": "7"}, "pin length is 7: give a whole number from 8 to 16"),
        ({"number": "45"}, "have 11 digits, the group Group asks for 10"),
        ({"face_value_micros": "5,00"}, "holds a comma"),
        ({"quantity": "1000001"}, "quantity is 1000001"),
        ({"face_value_micros": ""}, "Face value is needed."),
        ({"rate_table_id": ""}, "Rate table is needed."),
        ({"expiry_date": "31.12.2027"}, "Expiration date cannot be read"),
    ],
)
def test_a_series_that_cannot_be_made_says_what_to_change(
    owner: Visitor, world: World, fields: dict[str, object], why: str
) -> None:
    """What was typed stays in the form."""
    refused = send(owner, "/series/generate", **{**new_series(number="9", name="Kept"), **ids(world), **fields})
    assert refused.status_code == 400
    assert why in text_of(refused)
    assert 'value="Kept"' in refused.text


def test_new_terms_are_told_by_numbers_of_cards_and_saved_once(owner: Visitor, world: World, engine: Engine) -> None:
    """JC-55 to JC-59."""
    address = "/series/1/edit"
    typed = dict(re.findall(r'<input id="field-(\w+)" name="\w+" value="([^"]*)"', owner.get(address).text))
    form = {
        **typed,
        "status": "active",
        "initial_card_status": "inactive",
        "rate_table_id": world.rate_table_id,
        "maintenance_starts": "after_period",
        "recharge_extends_expiry": "no",
        "activation_fee_micros": "1.50",
        "version": "1",
    }
    asked = send(owner, address, **form)
    assert "2 unused cards change their status" in text_of(asked)
    saved = send(owner, address, **form, confirmed="1")
    assert saved.status_code == 302
    with Session(engine) as session:
        series = session.scalars(select(CardSeries)).one()
        assert (series.activation_fee_micros, series.version) == (micros("1.50"), 2)
        assert set(session.scalars(select(Card.status))) == {CardStatus.INACTIVE}
    stale = send(owner, address, **{**form, "activation_fee_micros": "9"}, confirmed="1")
    assert stale.status_code == 409
    assert "Nothing was saved" in text_of(stale)
    assert ("series.changed", "owner") in acts(engine)


def test_a_series_is_stopped_and_comes_back(owner: Visitor, world: World) -> None:
    """JC-5 to JC-7."""
    page = "/series/1/"
    assert "Series 1 is stopped" in do(owner, page, "/series/1/state", act="stop", version=1)
    assert "Series 1 is active" in do(owner, page, "/series/1/state", act="activate", version=2)
    assert "Series 1 is deleted" in do(owner, page, "/series/1/state", act="delete", version=3)
    assert "Bring back" in text_of(owner.get(page))
    del world


def test_a_card_is_blocked_with_a_reason_and_unblocked(owner: Visitor, world: World, engine: Engine) -> None:
    assert "may call" in text_of(owner.get(CARD))
    assert "reason" in do(owner, CARD, f"{CARD}/state", act="block", reason="")
    assert status_of(engine, world) is CardStatus.PENDING
    page = do(owner, CARD, f"{CARD}/state", act="block", reason="lost by its holder")
    assert "card blocked" in page
    assert status_of(engine, world) is CardStatus.BLOCKED
    assert "may call" in do(owner, CARD, f"{CARD}/state", act="unblock")
    assert {"card.block", "card.unblock"} <= {act for act, _ in acts(engine)} or len(acts(engine)) >= 3


def test_an_adjustment_is_booked_once_for_each_form(owner: Visitor, world: World) -> None:
    """F27: the form's token is the reference."""
    form = {"amount": "1.25", "reason": "goodwill", "token": "form-token-0001"}
    assert "6.25 USD" in do(owner, CARD, f"{CARD}/adjust", **form)
    assert "6.25 USD" in do(owner, CARD, f"{CARD}/adjust", **form)
    assert "not an amount" in do(owner, CARD, f"{CARD}/adjust", **{**form, "amount": "x", "token": "form-token-0002"})
    assert "5.25 USD" in do(owner, CARD, f"{CARD}/adjust", **{**form, "amount": "-1", "token": "form-token-0003"})
    world.session.rollback()
    assert world.is_proved()


def test_a_standard_card_is_not_recharged_and_a_rechargeable_one_is(owner: Visitor, world: World) -> None:
    form = {"amount": "2.00", "token": "form-token-0001"}
    assert "7.00 USD" not in do(owner, CARD, f"{CARD}/recharge", **form)
    world.set_group(card_type=CardType.RECHARGEABLE)
    world.session.commit()
    assert "7.00 USD" in do(owner, CARD, f"{CARD}/recharge", **form)
    assert "7.00 USD" in do(owner, CARD, f"{CARD}/recharge", **form)


def test_a_phone_is_unbound_and_wrong_pins_are_forgiven(owner: Visitor, world: World) -> None:
    world.set_group(pinless_allowed=True)
    bind_caller_id(world.session, "37060000001", world.card(), NOW, "tests")
    world.set_card(pin_failures=3)
    world.session.commit()
    assert "37060000001" in text_of(owner.get(CARD))
    assert "No phone is bound." in do(owner, CARD, f"{CARD}/unbind", phone="37060000001")
    assert "Wrong PINs in a row 0" in do(owner, CARD, f"{CARD}/unlock")


def test_an_act_without_the_token_of_a_page_changes_nothing(owner: Visitor, world: World, engine: Engine) -> None:
    """CSRF."""
    for address in (f"{CARD}/state", f"{CARD}/adjust", f"{CARD}/recharge", f"{CARD}/unbind", "/series/1/state"):
        assert owner.client.post(address, data={"act": "block", "reason": "x", "amount": "1"}).status_code == 400
        assert owner.get(address).status_code in (404, 405)
    assert status_of(engine, world) is CardStatus.PENDING
    assert [act for act, _ in acts(engine)] == ["operator created"]
