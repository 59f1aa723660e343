"""console.md 11.2: a bar beside the quantity tells how far a series is used; a card tells its last call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import NOW, answered

from admin_web.words.chart import SEEN_WIDTH_MIN, SPLIT_WIDTH, split_bar
from billing.rights import Role
from billing.states import CardStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.admin_web.conftest import Visitor
    from tests.factories import World


def file_of(visitor: Visitor, path: str) -> str:
    with visitor.client.get(f"{path}?download=csv", buffered=True) as answer:
        return answer.text


@pytest.mark.parametrize("counts", [(40, 50, 10), (999_999, 1, 0), (0, 0, 7), (1, 1, 999_998)])
def test_a_bar_is_filled_and_shows_what_is_there(counts: tuple[int, ...]) -> None:
    parts = split_bar([(str(place), count) for place, count in enumerate(counts)])
    assert [part.word for part in parts] == [str(place) for place, count in enumerate(counts) if count]
    ends = [part.x + part.width for part in parts]
    assert [part.x for part in parts] == [0, *ends[:-1]]
    assert ends[-1] == SPLIT_WIDTH
    assert all(part.width >= SEEN_WIDTH_MIN for part in parts)


def test_nothing_is_no_bar() -> None:
    assert split_bar([("used", 0)]) == ()


def test_the_list_of_series_shows_pending_activated_and_used(world: World, signed_in: Callable[..., Visitor]) -> None:
    world.set_card(0, status=CardStatus.USED, activated_at=NOW)
    world.session.commit()
    page = signed_in(Role.OWNER).get("/series/").text
    assert 'aria-label="pending 1, used 1"' in page
    assert '<rect class="used" x="500" width="500"' in page


def test_a_file_of_the_list_has_the_number_alone(world: World, signed_in: Callable[..., Visitor]) -> None:
    del world
    lines = file_of(signed_in(Role.OWNER), "/series/").splitlines()
    assert "Qty" in lines[0]
    assert ",2," in lines[1]
    assert "pending" not in lines[1]


def test_a_distributor_learns_nothing_of_cards_of_others(world: World, signed_in: Callable[..., Visitor]) -> None:
    world.set_card(0, distributor_id=1)
    world.session.commit()
    page = signed_in(Role.DISTRIBUTOR).get("/series/").text
    assert '<svg class="split"' not in page


def test_the_list_of_cards_tells_the_last_call(world: World, signed_in: Callable[..., Visitor]) -> None:
    world.call("call-1")
    world.settle(answered("call-1", 61))
    world.session.commit()
    owner = signed_in(Role.OWNER)
    for path in ("/cards/", "/series/1/"):
        page = owner.get(path).text
        assert page.count(f'data-label="Last call"><time datetime="{NOW.isoformat()}"') == 1, path
    assert NOW.strftime("%Y-%m-%d %H:%M:%S") in file_of(owner, "/cards/")
