"""What no index sorts is not offered for many rows, and said; who has few cards finds them by series and serial."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from admin_web.lists import list_view
from billing.rights import Role
from billing.states import CardStatus
from models import Card, CardSeries, Wallet
from services.series.create_series import create_series
from services.store import keyset
from tests.admin_web.conftest import Visitor, text_of
from tests.factories import KEYS, NOW, World, a_series

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER = re.compile(r"2-00000000\d")
TOLD = "So many rows are not sorted by “Balance”"


@pytest.fixture
def series_id(world: World) -> int:
    """Five cards whose balances fall as their serials rise."""
    terms = a_series(world.group_id, world.rate_table_id, number=2, quantity=5)
    cards = create_series(world.session, KEYS, terms, NOW)
    for place, card in enumerate(cards):
        wallet = select(Card.wallet_id).where(Card.id == card.card_id).scalar_subquery()
        world.session.execute(
            update(Wallet).where(Wallet.id == wallet).values(balance_micros=Wallet.balance_micros - place * 1_000_000)
        )
    made = world.session.get_one(Card, cards[0].card_id).series_id
    world.session.commit()
    return made


def test_a_small_series_is_sorted_by_balance(series_id: int, signed_in: Callable[..., Visitor]) -> None:
    assert series_id
    owner = signed_in(Role.OWNER)
    assert "sort=balance" in owner.get("/series/2/").text
    page = owner.get("/series/2/?sort=balance")
    assert _numbers(page.text) == [5, 4, 3, 2, 1]
    assert TOLD not in page.text


@pytest.mark.parametrize(
    ("asked", "serials"),
    [
        ("sort=balance", [5, 4, 3, 2, 1]),
        ("sort=balance&desc=1", [1, 2, 3, 4, 5]),
        ("least=0.01", [5, 4, 3, 2, 1]),
        ("most=3.50", [5, 4, 3]),
        ("least=2&sort=number", [1, 2, 3, 4]),
    ],
)
def test_so_is_a_large_one(
    series_id: int, signed_in: Callable[..., Visitor], few: None, asked: str, serials: list[int]
) -> None:
    """Its wallets know their series, and an index knows both."""
    del few
    assert series_id
    owner = signed_in(Role.OWNER)
    page = owner.get(f"/series/2/?{asked}&size=25")
    assert _numbers(page.text) == serials
    assert TOLD not in page.text
    assert _numbers(owner.get(f"/series/2/?{asked}&last=1").text) == serials


@pytest.mark.parametrize("asked", ["sort=balance", "sort=balance&desc=1", "least=0.01", "most=5"])
def test_a_large_one_of_an_older_release_is_shown_by_number_until_it_is_filed(
    world: World, series_id: int, signed_in: Callable[..., Visitor], few: None, asked: str
) -> None:
    del few
    owner = signed_in(Role.OWNER)
    world.session.execute(update(Wallet).where(Wallet.series_id == series_id).values(series_id=None))
    world.session.commit()
    page = owner.get(f"/series/2/?{asked}&size=25")
    assert _numbers(page.text) == [1, 2, 3, 4, 5]
    assert TOLD in page.text
    assert "sort=balance" not in page.text
    assert _numbers(owner.get(f"/series/2/?{asked}&last=1").text) == [1, 2, 3, 4, 5]


def test_filters_that_leave_few_rows_bring_the_order_back(
    series_id: int, signed_in: Callable[..., Visitor], few: None
) -> None:
    del few
    assert series_id
    owner = signed_in(Role.OWNER)
    page = owner.get("/series/2/?most=2.50")
    assert _numbers(page.text) == [5, 4]
    assert TOLD not in page.text
    assert "sort=balance" in owner.get("/series/2/?q=2-000000001").text


def test_all_cards_are_sorted_by_balance_however_many(
    series_id: int, signed_in: Callable[..., Visitor], few: None
) -> None:
    del few
    assert series_id
    page = signed_in(Role.OWNER).get("/cards/?sort=balance")
    assert _numbers(page.text) == [5, 4, 3, 2, 1]
    assert TOLD not in page.text


def test_a_reseller_turns_its_cards_series_by_series(
    world: World, series_id: int, signed_in: Callable[..., Visitor], few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JC-12: in either direction, whether it owns one series or two."""
    del few
    reseller = signed_in(Role.RESELLER)
    assert reseller.operator is not None
    monkeypatch.setattr(list_view, "PAGE_SIZES", (2, 50))
    for owned, expected in (((series_id,), 5), ((series_id, world.series_id), 7)):
        for series in owned:
            world.set(CardSeries, series, reseller_id=reseller.operator.reseller_id)
        world.session.commit()
        assert len(_turned(reseller, "/cards/?size=2", "next")) == expected
        assert _turned(reseller, "/cards/?size=2&last=1", "prev") == _turned(reseller, "/cards/?size=2", "next")
        assert TOLD in reseller.get("/cards/?sort=balance").text


def test_a_distributor_counts_and_turns_its_own_cards(
    world: World, series_id: int, signed_in: Callable[..., Visitor]
) -> None:
    """JC-12: the numbers by state are those of its own cards, too."""
    kiosk = signed_in(Role.DISTRIBUTOR)
    assert kiosk.operator is not None
    mine = Card.series_id == series_id, Card.serial.in_((2, 4))
    world.session.execute(update(Card).where(*mine).values(distributor_id=kiosk.operator.distributor_id))
    world.session.execute(update(Card).where(Card.series_id == series_id).values(status=CardStatus.PENDING))
    world.session.commit()
    for address in ("/series/2/", "/cards/"):
        assert _numbers(kiosk.get(address).text) == [2, 4]
    for address in ("/series/2/", "/series/2/?counted=1"):
        assert "pending 2" in text_of(kiosk.get(address))
    assert "pending 5" in text_of(signed_in(Role.OWNER).get("/series/2/"))


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than three rows are many."""
    monkeypatch.setattr(keyset, "COUNTED_MAX", 3)
    monkeypatch.setattr(list_view, "COUNTED_MAX", 3)


def _numbers(page: str) -> list[int]:
    """Serials in the order of their rows: each number stands in its link once."""
    return [int(number[-1]) for number in dict.fromkeys(NUMBER.findall(page.partition("<tbody>")[2]))]


def _turned(visitor: Visitor, address: str, way: str) -> list[str]:
    """The numbers of all pages from there on, sorted."""
    found: list[str] = []
    while address:
        page = visitor.get(address)
        assert page.status_code == 200
        found += dict.fromkeys(re.findall(r"[12]-00000000\d", page.text.partition("<tbody>")[2]))
        link = re.search(rf'rel="{way}" href="([^"]+)"', page.text)
        address = link[1].replace("&amp;", "&") if link else ""
    return sorted(found)
