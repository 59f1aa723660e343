"""The cards of resellers and distributors, however many: found by series and state, by group, and page by page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from billing.rights import Role
from billing.states import CardStatus
from models import Card, CardSeries, Distributor, Reseller, Wallet
from services.series.create_series import create_series
from services.store import keyset
from tests.admin_web.conftest import Visitor, text_of
from tests.factories import KEYS, NOW, World, a_group, a_series

if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER = re.compile(r"\b([23])-00000000(\d)\b")


@pytest.fixture
def other_group(world: World) -> int:
    """Series 2 of the world's group and series 3 of another one: the reseller's; the distributor has serials 2 to 4."""
    made = a_group(world.session, name="Another product")
    reseller_id = world.session.scalars(select(Reseller.id)).one()
    kiosk = world.session.scalars(select(Distributor.id)).one()
    for number, group_id in ((2, world.group_id), (3, made)):
        terms = a_series(group_id, world.rate_table_id, number=number, quantity=5, reseller_id=reseller_id)
        create_series(world.session, KEYS, terms, NOW)
    handed = Card.serial.between(2, 4) & (Card.series_id != world.series_id)
    world.session.execute(update(Card).where(handed).values(distributor_id=kiosk))
    world.session.commit()
    return made


def test_a_seller_finds_cards_by_their_group(world: World, other_group: int, signed_in: Callable[..., Visitor]) -> None:
    for role, serials in ((Role.RESELLER, "12345"), (Role.DISTRIBUTOR, "234")):
        visitor = signed_in(role)
        assert _shown(visitor, f"/cards/?group={world.group_id}") == [f"2{serial}" for serial in serials]
        assert _shown(visitor, f"/cards/?group={other_group}") == [f"3{serial}" for serial in serials]
        assert _shown(visitor, "/cards/?group=999") == []
    assert _shown(signed_in(Role.OWNER), f"/cards/?group={other_group}") == [f"3{serial}" for serial in "12345"]


def test_a_distributor_goes_through_its_cards_and_back(
    other_group: int, signed_in: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many they are: over series, and within one."""
    assert other_group
    monkeypatch.setattr("admin_web.lists.list_view.PAGE_SIZES", (2, 2, 100))
    distributor = signed_in(Role.DISTRIBUTOR)
    for most in (keyset.COUNTED_MAX, 1):
        monkeypatch.setattr(keyset, "COUNTED_MAX", most)
        assert _walk(distributor, "/cards/?size=2", "next") == ["22", "23", "24", "32", "33", "34"]
        assert _walk(distributor, "/cards/?size=2&last=1", "prev") == ["33", "34", "24", "32", "22", "23"]
        assert _walk(distributor, "/series/3/?size=2", "next") == ["32", "33", "34"]
        assert _walk(distributor, "/series/3/?size=2&last=1", "prev") == ["33", "34", "32"]


def test_a_distributor_counts_its_own_cards_by_state(
    world: World, other_group: int, signed_in: Callable[..., Visitor]
) -> None:
    assert other_group
    serial_4 = (Card.serial == 4) & (Card.series_id != world.series_id)
    world.session.execute(update(Card).where(serial_4).values(status=CardStatus.BLOCKED))
    world.session.commit()
    distributor = signed_in(Role.DISTRIBUTOR)
    assert _shown(distributor, "/cards/?status=blocked") == ["24", "34"]
    assert _shown(distributor, "/series/2/?status=blocked") == ["24"]
    assert "blocked 1" in text_of(distributor.get("/series/2/"))


@pytest.mark.parametrize("is_filed", [True, False])
def test_a_reseller_finds_cards_by_their_balance(
    world: World, other_group: int, signed_in: Callable[..., Visitor], *, is_filed: bool
) -> None:
    """Also while wallets of an older release do not know their series yet; of one series, and of two."""
    assert other_group
    session = world.session
    poor = select(Card.wallet_id).where(Card.serial == 2)
    session.execute(update(Wallet).where(Wallet.id.in_(poor)).values(balance_micros=1_000_000))
    if not is_filed:
        session.execute(update(Wallet).values(series_id=None))
    session.commit()
    reseller = signed_in(Role.RESELLER)
    assert _shown(reseller, "/cards/?most=1") == ["22", "32"]
    assert _shown(reseller, "/cards/?least=1&most=4&sort=number") == ["22", "32"]
    assert _shown(reseller, "/cards/?least=5") == [f"{series}{serial}" for series in "23" for serial in "1345"]
    assert _shown(reseller, "/series/3/?most=1") == ["32"]
    session.execute(update(CardSeries).where(CardSeries.number == 3).values(reseller_id=None))
    session.commit()
    assert _shown(reseller, "/cards/?most=1") == ["22"]


def test_the_order_of_balances_does_not_change_how_many_cards_fit(
    other_group: int, signed_in: Callable[..., Visitor]
) -> None:
    """Also beside a filter that needs no wallet."""
    assert other_group
    question = "?status=pending&sort=balance"
    for role, rows in ((Role.RESELLER, (5, 10)), (Role.DISTRIBUTOR, (3, 6)), (Role.OWNER, (5, 12))):
        visitor = signed_in(role)
        for address, count in zip(("/series/3/", "/cards/"), rows, strict=True):
            page = visitor.get(address + question)
            assert (page.status_code, f"{count} rows" in text_of(page)) == (200, True), (role, address)


def test_cards_in_the_making_exist_for_no_seller(
    world: World, other_group: int, signed_in: Callable[..., Visitor]
) -> None:
    """JC-28."""
    assert other_group
    world.session.execute(update(CardSeries).where(CardSeries.number == 2).values(made_at=None))
    world.session.commit()
    assert _shown(signed_in(Role.DISTRIBUTOR), "/cards/") == ["32", "33", "34"]
    reseller = signed_in(Role.RESELLER)
    for address in ("/cards/", "/cards/?most=99"):
        assert _shown(reseller, address) == [f"3{serial}" for serial in "12345"]
    assert "5 rows" in text_of(reseller.get("/cards/?most=99"))
    assert "7 rows" in text_of(signed_in(Role.OWNER).get("/cards/?most=99"))  # two are those of series 1


def _shown(visitor: Visitor, address: str) -> list[str]:
    page = visitor.get(address)
    assert page.status_code == 200, address
    return list(dict.fromkeys(series + serial for series, serial in NUMBER.findall(page.text)))


def _walk(visitor: Visitor, address: str, rel: str) -> list[str]:
    """Every card on the way, page by page."""
    found: list[str] = []
    for _ in range(5):
        found += _shown(visitor, address)
        further = re.search(rf'<a rel="{rel}" href="([^"]+)"', visitor.get(address).text)
        if further is None:
            return found
        address = further[1].replace("&amp;", "&")
    raise AssertionError(found)
