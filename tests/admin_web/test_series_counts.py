"""A large series is shown as a small one is: its cards counted by state, and its ledger found by an index."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from admin_web.lists import list_view
from admin_web.views.cards import series_page
from billing.rights import Role
from billing.states import CardStatus
from models import Card, LedgerEntry, LedgerKind
from services.money.house_wallets import house_wallets
from services.series.count_cards import count_cards, count_cards_up_to
from services.series.create_series import create_series
from services.store import keyset
from tests.admin_web.conftest import Visitor, text_of
from tests.factories import KEYS, NOW, World, a_series

if TYPE_CHECKING:
    from collections.abc import Callable

REFERENCE = re.compile(r"(?<= )(gave|got|both|received|sent|foreign)(?= test )")


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


@pytest.mark.parametrize("is_filed", [True, False])
@pytest.mark.parametrize("counted_max", [2, 10_000])
def test_the_ledger_of_a_series_holds_what_its_cards_gave_and_got(
    world: World,
    series_id: int,
    signed_in: Callable[..., Visitor],
    monkeypatch: pytest.MonkeyPatch,
    counted_max: int,
    *,
    is_filed: bool,
) -> None:
    """Also from another series, and what an older release booked and no worker has filed yet."""
    monkeypatch.setattr(keyset, "COUNTED_MAX", counted_max)
    mine, others = (
        world.session.scalars(select(Card.wallet_id).where(Card.series_id == one)).all()
        for one in (world.series_id, series_id)
    )
    house = house_wallets(world.session)["adjustments", "USD"]
    sides = {
        "gave": (mine[0], house, world.series_id, None),
        "got": (house, mine[1], world.series_id, None),
        "both": (mine[0], mine[1], world.series_id, None),
        "received": (others[0], mine[0], series_id, world.series_id),
        "sent": (mine[0], others[0], world.series_id, series_id),
        "foreign": (others[0], house, series_id, None),
    }
    for place, (reference, (source, destination, of_series, of_other)) in enumerate(sides.items()):
        entry = LedgerEntry(source_wallet_id=source, destination_wallet_id=destination, reference=reference)
        entry.kind, entry.amount_micros, entry.actor = LedgerKind.ADJUSTMENT, 10, "test"
        entry.created_at = NOW + timedelta(seconds=place)
        if is_filed or place % 2:
            entry.series_id, entry.other_series_id = of_series, of_other
        world.session.add(entry)
    world.session.commit()
    owner = signed_in(Role.OWNER)
    all_of_it = ["sent", "received", "both", "got", "gave"]
    for asked, expected in {
        "": all_of_it,
        "?last=1": all_of_it,
        "?sort=created_at&desc=0": all_of_it[::-1],
        "?kind=adjustment": all_of_it,
        "?kind=recharge": [],
        "?until=2020-01-01": [],
    }.items():
        page = owner.get(f"/series/1/ledger/{asked}")
        assert page.status_code == 200
        assert REFERENCE.findall(text_of(page)) == expected
    assert ("10 000+ rows" if counted_max < 5 else "5 rows") in text_of(owner.get("/series/1/ledger/"))
    file = owner.client.get("/series/1/ledger/?download=csv", buffered=True).text
    assert [line.split(",")[5] for line in file.splitlines()[1:]] == all_of_it
    shown = REFERENCE.findall(text_of(owner.get("/series/2/ledger/")))
    assert shown == ["foreign", "sent", "received"]


def test_pages_of_a_ledger_in_parts_follow_each_other(
    world: World, series_id: int, signed_in: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every second entry came from the other series; each is shown once, forward and back."""
    monkeypatch.setattr(list_view, "PAGE_SIZES", (2, 3, 4))
    mine, other = (
        world.session.scalars(select(Card.wallet_id).where(Card.series_id == one)).first()
        for one in (world.series_id, series_id)
    )
    house = house_wallets(world.session)["adjustments", "USD"]
    for place in range(7):
        from_house = place % 2
        entry = LedgerEntry(
            source_wallet_id=house if from_house else other, destination_wallet_id=mine, reference=f"move{place}"
        )
        entry.kind, entry.amount_micros, entry.actor, entry.created_at = LedgerKind.ADJUSTMENT, 10, "test", NOW
        entry.series_id = world.series_id if from_house else series_id
        entry.other_series_id = None if from_house else world.series_id
        world.session.add(entry)
    world.session.commit()
    owner = signed_in(Role.OWNER)
    for way, first in (("next", "?size=2"), ("prev", "?size=2&last=1")):
        address, pages = f"/series/1/ledger/{first}", []
        while address:
            text = owner.get(address).text
            pages.append([int(number) for number in re.findall(r">\s*move(\d)\s*<", text)])
            found = re.search(rf'<a rel="{way}" href="([^"]+)"', text)
            address = unescape(found[1]) if found else ""
        ordered = pages if way == "next" else pages[::-1]
        assert [number for page in ordered for number in page] == [6, 5, 4, 3, 2, 1, 0]
        assert len(pages) == 4
