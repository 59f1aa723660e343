"""The console tells whether holders may log in to their portal, and where it is (JC-31)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.rights import Role
from models import Card
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import World

ADDRESS = "http://127.0.0.1:8081/"


def test_the_page_of_a_card_says_whether_its_holder_may_log_in(world: World, signed_in: Callable[..., Visitor]) -> None:
    clerk = signed_in(Role.SUPPORT)
    assert "Control panel off: its holder cannot log in" in text_of(clerk.get("/cards/1-000000001"))
    world.set_series(portal_login=True)
    world.set(Card, world.cards[1].card_id, replaced_by_card_id=world.cards[0].card_id)
    world.session.commit()
    assert f"Control panel its holder may log in at {ADDRESS}" in text_of(clerk.get("/cards/1-000000001"))
    assert "off: its holder cannot log in" in text_of(clerk.get("/cards/1-000000002"))


def test_the_form_of_a_series_says_where_its_holders_log_in(world: World, signed_in: Callable[..., Visitor]) -> None:
    owner = signed_in(Role.OWNER)
    assert "Portal of the holders off for these cards" in text_of(owner.get("/series/1/edit"))
    world.set_series(portal_login=True)
    world.session.commit()
    assert f"Portal of the holders open at {ADDRESS}" in text_of(owner.get("/series/1/edit"))
