"""A holder logs in by number and PIN: the rule and the counts are those of a call (JC-31)."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, World, a_world
from sqlalchemy import func, select

from billing.guard import GuardRules
from billing.refusals import Refusal
from billing.states import CardStatus, EntryKind, SeriesStatus
from models import Card, FailedEntry, GuardBudget
from services.calls.identify_card import Identified, NotAccepted, identify_card
from services.cards.card_facts import CardFacts
from services.guard.guard_entry import Caller
from services.holders.log_in import log_in

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

WRONG_PIN = "000000000000"
REFUSED = Refusal.NUMBER_OR_PIN_NOT_ACCEPTED
HOSTS, PHONES = count(1), count(15_550_000)


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session, series={"portal_login": True})


def enter(
    world: World, pin: str | None = None, *, number: str | None = None, now: datetime = NOW, address: str | None = None
) -> CardFacts | Refusal:
    """Each time from another address, so that none is locked."""
    right = world.cards[0]
    where = address or f"192.0.2.{next(HOSTS)}"
    entered = right.number if number is None else number
    return log_in(world.session, KEYS, entered, right.pin if pin is None else pin, where, now, GuardRules())


def call(world: World, pin: str) -> Identified | NotAccepted:
    """The same entry by telephone."""
    caller = Caller(str(next(PHONES)))
    return identify_card(world.session, KEYS, world.access(), world.keyed()[0], pin, NOW, caller)


def test_the_number_is_taken_with_and_without_its_dash_and_the_pin_in_groups(world: World) -> None:
    """JC-31: the login is the card's number, the password its PIN, as both stand on the card."""
    number, pin = world.cards[0].number, world.cards[0].pin
    for written in (number, number.replace("-", ""), f"  {number} "):
        for keyed in (pin, f"{pin[:4]} {pin[4:8]} {pin[8:]}"):
            card = enter(world, keyed, number=written)
            assert isinstance(card, CardFacts)
            assert card.card_id == world.cards[0].card_id


def test_without_the_series_control_panel_nobody_logs_in_and_nothing_is_told(world: World) -> None:
    """JC-31: only when the series has it on; the right PIN is answered as a wrong one."""
    world.set_series(portal_login=False)
    assert enter(world) is REFUSED
    assert enter(world, WRONG_PIN) is REFUSED
    assert world.card().pin_failures == 0  # the portal is no means to lock cards that it does not serve


@pytest.mark.parametrize(
    "number", ["", "1", "9-999999999", "0-000000001", "\uff11-000000001", "1' OR '1'='1", "x" * 500]
)
@pytest.mark.parametrize("pin", [WRONG_PIN, "", "'; DROP TABLE card; --", "\uff11" * 8, "9" * 400])
def test_an_unknown_number_and_whatever_is_typed_get_the_answer_of_a_wrong_pin(
    world: World, number: str, pin: str
) -> None:
    assert enter(world, pin, number=number) is REFUSED
    lengths = world.session.scalars(select(GuardBudget.secret_length).where(GuardBudget.kind == EntryKind.PORTAL))
    assert all(length <= 16 for length in lengths)


def test_three_wrong_tries_in_the_portal_and_two_by_telephone_lock_the_card_for_both(world: World) -> None:
    for _ in range(3):
        assert enter(world, WRONG_PIN) is REFUSED
    for _ in range(2):
        assert isinstance(call(world, WRONG_PIN), NotAccepted)
    assert world.card().locked_until == NOW + timedelta(hours=24)
    assert enter(world) is REFUSED  # the right PIN is told nothing else than a wrong one
    assert call(world, world.cards[0].pin) == NotAccepted(REFUSED)
    assert isinstance(enter(world, now=NOW + timedelta(hours=24)), CardFacts)


def test_a_right_pin_in_the_portal_ends_the_row_of_wrong_ones(world: World) -> None:
    for _ in range(4):
        enter(world, WRONG_PIN)
    assert isinstance(enter(world), CardFacts)
    enter(world, WRONG_PIN)
    assert world.card().locked_until is None


def test_five_wrong_tries_of_one_address_shut_it_out_of_every_card(world: World) -> None:
    for place in range(5):
        assert enter(world, WRONG_PIN, number=f"9-00000000{place}", address="192.0.2.200") is REFUSED
    assert enter(world, address="192.0.2.200") is Refusal.TRY_AGAIN_LATER
    assert isinstance(enter(world, address="192.0.2.201"), CardFacts)


def test_a_wrong_try_is_listed_by_its_door_and_address_and_never_by_what_was_keyed(world: World) -> None:
    enter(world, "123498761234", address="192.0.2.77")
    listed = world.session.scalars(select(FailedEntry)).one()
    assert (listed.kind, listed.door, listed.address) == (EntryKind.PORTAL, "portal", "192.0.2.77")
    assert listed.card_id == world.cards[0].card_id
    columns = {name: getattr(listed, name) for name in FailedEntry.__table__.columns.keys()}  # noqa: SIM118
    assert "123498761234" not in str(columns)


@pytest.mark.parametrize("status", [CardStatus.BLOCKED, CardStatus.EXPIRED, CardStatus.INACTIVE])
def test_a_card_that_may_not_call_may_still_be_looked_at(world: World, status: CardStatus) -> None:
    world.set(Card, world.cards[0].card_id, status=status)
    assert isinstance(enter(world), CardFacts)


def test_a_replaced_card_and_one_of_a_deleted_series_are_gone(world: World) -> None:
    world.set(Card, world.cards[0].card_id, replaced_by_card_id=world.cards[1].card_id)
    assert enter(world) is REFUSED
    world.set(Card, world.cards[0].card_id, replaced_by_card_id=None)
    world.set_series(status=SeriesStatus.DELETED)
    assert enter(world) is REFUSED


def test_right_entries_write_nothing(world: World) -> None:
    assert isinstance(enter(world), CardFacts)
    assert world.session.scalar(select(func.count()).select_from(FailedEntry)) == 0
