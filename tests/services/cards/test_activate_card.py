"""Activation: once, with its fee and its expiry, whichever act comes first; and the end of a card's life."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from factories import KEYS, NOW, World, a_world, answered, at_once, micros, not_answered
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.refusals import Refusal
from billing.states import ActivatesOn, CardStatus, CardType
from models import Card
from services.calls.identify_card import Identified, NotAccepted, identify_card
from services.cards.activate_card import activate_at_first_authentication

if TYPE_CHECKING:
    from sqlalchemy import Engine

FEE = {"activation_fee_micros": micros("2.00")}
AT_LOGIN = {"activates_on": ActivatesOn.FIRST_AUTHENTICATION}


def log_in(world: World, place: int = 0) -> None:
    activate_at_first_authentication(world.session, world.access(), world.card(place), NOW, UTC)


def dates(world: World) -> tuple[datetime | None, datetime | None, datetime | None]:
    query = select(Card.activated_at, Card.expires_at, Card.grace_ends_at).where(Card.id == world.cards[0].card_id)
    return tuple(world.session.execute(query).one())


def fee_rows(world: World) -> list[tuple[str, str, int]]:
    return [entry for entry in world.ledger() if entry[0] == "activation_fee"]


def identified(world: World) -> Identified | NotAccepted:
    number, pin = world.keyed()
    return identify_card(world.session, KEYS, world.access(), number, pin, NOW)


def test_the_first_charged_call_activates_the_card_and_pays_the_fee(session: Session) -> None:
    """JC-36, JC-39, JC-43: 30 days from the activation, then 7 days of grace."""
    world = a_world(session, series={**FEE, "expiry_period_days": 30, "expiry_grace_days": 7})
    world.call("call-1")
    world.settle(not_answered("call-1"))
    assert dates(world) == (None, None, None)
    world.call("call-2")
    assert world.settle(answered("call-2", 60)).cost_micros == micros("2.06")
    assert world.card().status is CardStatus.ACTIVATED
    assert dates(world) == (NOW, datetime(2026, 12, 23, tzinfo=UTC), datetime(2026, 12, 30, tzinfo=UTC))
    world.call("call-3")
    assert world.settle(answered("call-3", 60)).cost_micros == micros("0.06")
    assert fee_rows(world) == [("activation_fee", f"card:{world.cards[0].card_id}", micros("2.00"))]
    assert world.is_proved()


def test_the_day_of_expiry_ends_by_the_clock_of_the_platform(session: Session) -> None:
    """JC-38: of date and period the earlier one."""
    series = {"expiry_date": date(2026, 12, 1), "expiry_period_days": 30}
    world = a_world(session, group=AT_LOGIN, series=series)
    activate_at_first_authentication(session, world.access(), world.card(), NOW, ZoneInfo("Europe/Vilnius"))
    assert dates(world)[1] == datetime(2026, 12, 1, 22, tzinfo=UTC)


def test_a_login_activates_where_the_group_says_so(session: Session) -> None:
    """features.md 3.5: the fee is taken before the balance is said; the call then costs no fee."""
    world = a_world(session, group=AT_LOGIN, series=FEE)
    log_in(world)
    assert world.card().status is CardStatus.ACTIVATED
    assert world.wallet() == (micros("3.00"), 0, 0)
    log_in(world)
    world.call("call-1")
    assert world.settle(answered("call-1", 60)).cost_micros == micros("0.06")
    assert len(fee_rows(world)) == 1
    assert world.is_proved()


def test_a_fee_above_the_balance_takes_what_is_there(session: Session) -> None:
    world = a_world(session, group=AT_LOGIN, series={**FEE, "face_value_micros": micros("1.50")})
    log_in(world)
    assert world.wallet() == (0, 0, 0)
    assert [amount for *_, amount in fee_rows(world)] == [micros("1.50")]
    assert world.is_proved()


def test_a_fee_in_a_currency_that_is_newer_than_the_kept_access_is_booked(session: Session) -> None:
    world = a_world(session, group=AT_LOGIN, series=FEE)
    activate_at_first_authentication(session, replace(world.access(), house={}), world.card(), NOW, UTC)
    assert len(fee_rows(world)) == 1
    assert world.is_proved()


def test_a_card_without_a_fee_is_activated_without_a_row(session: Session) -> None:
    world = a_world(session, group=AT_LOGIN)
    log_in(world)
    assert (world.card().status, world.ledger()) == (CardStatus.ACTIVATED, [])


def test_logins_at_once_pay_one_fee(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group=AT_LOGIN, series={**FEE, "quantity": 4})
        session.commit()
        for place in range(4):
            at_once(engine, [lambda s, place=place: log_in(world.on(s), place)] * 6)
        assert len(fee_rows(world)) == 4
        assert {world.wallet(place) for place in range(4)} == {(micros("3.00"), 0, 0)}
        assert world.is_proved()


def test_two_first_calls_at_once_pay_one_fee(engine: Engine) -> None:
    """F25: both were quoted with the fee, both end at the same instant; 15 rounds."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group={"calls_max": 2}, series={**FEE, "quantity": 15})
        for place in range(15):
            ids = (f"a-{place}", f"b-{place}")
            for call_id in ids:
                world.call(call_id, place=place)
            session.commit()
            works = [lambda s, call_id=call_id: world.on(s).settle(answered(call_id, 60)) for call_id in ids]
            costs = sorted(settled.cost_micros for settled in at_once(engine, works))
            assert costs == [micros("0.06"), micros("2.06")]
        assert len(fee_rows(world)) == 15
        assert world.is_proved()


@pytest.mark.parametrize("status", [CardStatus.BLOCKED, CardStatus.EXPIRED])
def test_a_first_call_of_a_card_that_was_stopped_meanwhile_activates_what_it_goes_back_to(
    session: Session, status: CardStatus
) -> None:
    """F18, I11: else the card would be unblocked as one that no one ever used, and pay its fee a second time."""
    world = a_world(session, series={**FEE, "expiry_period_days": 30})
    world.call("call-1")
    world.set_card(status=status, status_before=CardStatus.PENDING)
    assert world.settle(answered("call-1", 60)).cost_micros == micros("2.06")
    assert world.card().status is status
    back = {"status": Card.status_before, "status_before": None}
    world.session.execute(update(Card).where(Card.id == world.cards[0].card_id).values(back))
    assert world.card().status is CardStatus.ACTIVATED
    assert dates(world)[0] == NOW
    assert world.is_proved()


def test_a_disposable_card_is_used_after_its_first_charged_call(session: Session) -> None:
    """V-8, JC-46."""
    world = a_world(session, group={"card_type": CardType.DISPOSABLE})
    world.call("call-1")
    world.settle(not_answered("call-1", "BUSY"))
    assert isinstance(identified(world), Identified)
    world.call("call-2")
    world.settle(answered("call-2", 1))
    assert world.card().status is CardStatus.USED
    answer = identified(world)
    assert isinstance(answer, NotAccepted)
    assert answer.refusal is Refusal.CARD_USED_UP


def test_a_disposable_card_that_was_blocked_in_its_call_is_used_when_it_is_unblocked(session: Session) -> None:
    world = a_world(session, group={"card_type": CardType.DISPOSABLE})
    world.call("call-1")
    world.set_card(status=CardStatus.BLOCKED, status_before=CardStatus.PENDING)
    world.settle(answered("call-1", 1))
    card = world.session.execute(select(Card.status, Card.status_before).where(Card.id == world.cards[0].card_id)).one()
    assert tuple(card) == (CardStatus.BLOCKED, CardStatus.USED)


@pytest.mark.parametrize(
    ("card_type", "talked_seconds", "status"),
    [
        (CardType.STANDARD, 4_990, CardStatus.ACTIVATED),  # exactly 0.01 is left
        (CardType.STANDARD, 4_991, CardStatus.USED),
        (CardType.STANDARD, 5_000, CardStatus.USED),
        (CardType.RECHARGEABLE, 5_000, CardStatus.ACTIVATED),
        (CardType.UNLIMITED, 5_000, CardStatus.ACTIVATED),
    ],
)
def test_a_card_is_used_up_when_less_than_a_coin_is_left(
    session: Session, card_type: CardType, talked_seconds: int, status: CardStatus
) -> None:
    """V-5, V-6, V-7."""
    world = a_world(session, group={"card_type": card_type})
    world.call("call-1")
    world.settle(answered("call-1", talked_seconds))
    assert world.card().status is status
    assert world.is_proved()


def test_a_card_with_another_call_up_is_judged_when_that_one_ends(session: Session) -> None:
    """features.md 3.2: while a hold is open the card is not empty."""
    world = a_world(session, group={"calls_max": 2})
    world.call("call-1")
    world.call("call-2")
    world.settle(answered("call-1", 2_500))
    assert world.card().status is CardStatus.ACTIVATED
    world.settle(answered("call-2", 2_500))
    assert world.card().status is CardStatus.USED


def test_two_last_calls_at_once_use_the_card_up(engine: Engine) -> None:
    """Each sees the other's hold, but the wallet's lock lets one of them be the last."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group={"calls_max": 2}, series={"quantity": 6})
        for place in range(6):
            ids = (f"a-{place}", f"b-{place}")
            for call_id in ids:
                world.call(call_id, place=place)
            session.commit()
            at_once(
                engine, [lambda s, call_id=call_id: world.on(s).settle(answered(call_id, 2_500)) for call_id in ids]
            )
            assert world.card(place).status is CardStatus.USED
            session.commit()
        assert world.is_proved()
