"""The page of a series counts its cards by state: to the end in a small series, and when that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from admin_web.views import series_page
from billing.rights import Role
from billing.states import CardStatus
from models import Card
from services.series.count_cards import count_cards, count_cards_up_to
from services.series.create_series import create_series
from tests.admin_web.conftest import Visitor, text_of
from tests.factories import KEYS, NOW, World, a_series

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def series_id(world: World) -> int:
    """Five pending cards; the first series of the world has two of its own."""
    terms = a_series(world.group_id, world.rate_table_id, number=2, quantity=5)
    cards = create_series(world.session, KEYS, terms, NOW)
    world.set_card(0, status=CardStatus.BLOCKED)
    made = world.session.get_one(Card, cards[0].card_id).series_id
    world.session.commit()
    return made


def test_a_state_is_counted_up_to_a_number_and_one(world: World, series_id: int) -> None:
    for most, shown in ((3, 4), (4, 5), (5, 5), (100, 5)):
        counts = count_cards_up_to(world.session, series_id, most)
        assert list(counts) == list(CardStatus)
        assert {status: count for status, count in counts.items() if count} == {CardStatus.PENDING: shown}
    assert count_cards_up_to(world.session, series_id, 100) == count_cards(world.session, series_id)
    first = count_cards(world.session, world.series_id)
    assert (first[CardStatus.BLOCKED], sum(first.values())) == (1, 2)


def test_a_page_says_more_than_so_many_and_counts_all_when_asked(
    world: World, series_id: int, signed_in: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert series_id != world.series_id
    owner = signed_in(Role.OWNER)
    assert "pending 5" in text_of(owner.get("/series/2/"))
    assert "Count all cards" not in owner.get("/series/2/").text
    monkeypatch.setattr(series_page, "COUNTED_MAX", 4)
    page = text_of(owner.get("/series/2/?status=pending"))
    assert "pending 4+" in page
    assert "Count all cards" in page
    counted = owner.get("/series/2/?status=pending&counted=1")
    assert counted.status_code == 200
    assert "pending 5" in text_of(counted)
    assert "Count all cards" not in counted.text
    assert owner.get("/cards/?counted=1").status_code == 400  # only a series counts so
