"""A session in the portal ends by itself, by its holder, by a new PIN, and with the card."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, a_world
from sqlalchemy import select

from models import Card, CardSession
from services.holders.sessions import (
    end_card_session,
    find_card_session,
    note_card_session_seen,
    open_card_session,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session, series={"portal_login": True})


@pytest.fixture
def token(world: World) -> str:
    return open_card_session(world.session, world.card(), NOW, "192.0.2.1")


def is_open(world: World, token: str, now: datetime = NOW) -> bool:
    world.session.flush()
    return find_card_session(world.session, token, now) is not None


def test_the_token_opens_its_own_card_and_stands_nowhere(world: World, token: str) -> None:
    held = find_card_session(world.session, token, NOW)
    assert held is not None
    assert held.card.card_id == world.cards[0].card_id
    assert token.encode() not in world.session.scalars(select(CardSession.token_digest)).one()
    assert not is_open(world, token[:-1])


def test_it_is_over_after_15_minutes_without_a_page_and_lives_on_by_one(world: World, token: str) -> None:
    assert is_open(world, token, NOW + 14 * MINUTE)
    assert not is_open(world, token, NOW + 15 * MINUTE)
    note_card_session_seen(world.session, token, NOW + 14 * MINUTE)
    assert is_open(world, token, NOW + 28 * MINUTE)
    note_card_session_seen(world.session, token, NOW + 239 * MINUTE)
    assert not is_open(world, token, NOW + 240 * MINUTE)  # four hours, whatever it did


def test_its_holder_ends_it(world: World, token: str) -> None:
    end_card_session(world.session, token, NOW)
    assert not is_open(world, token)


@pytest.mark.parametrize("change", ["pin", "replaced", "portal off"])
def test_it_is_over_when_the_card_has_another_pin_is_replaced_or_leaves_the_portal(
    world: World, token: str, change: str
) -> None:
    card_id = world.cards[0].card_id
    assert is_open(world, token)
    match change:
        case "pin":
            world.set(Card, card_id, pin_digest=b"x" * 32)
        case "replaced":
            world.set(Card, card_id, replaced_by_card_id=world.cards[1].card_id)
        case _:
            world.set_series(portal_login=False)
    assert not is_open(world, token)


def test_old_sessions_of_a_card_go_when_the_next_one_opens(world: World, token: str) -> None:
    del token
    later = NOW + timedelta(hours=4)
    other = open_card_session(world.session, world.card(1), later)
    assert len(world.session.scalars(select(CardSession)).all()) == 2
    open_card_session(world.session, world.card(), later)
    assert len(world.session.scalars(select(CardSession)).all()) == 2
    assert is_open(world, other, later)
