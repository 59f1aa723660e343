"""A large series is shown as a small one is: its cards counted by state, and its ledger found another way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from admin_web.views.cards import series_page
from billing.rights import Role
from billing.states import CardStatus
from models import Card, LedgerEntry, LedgerKind
from services.money import ledger_rows
from services.money.house_wallets import house_wallets
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


@pytest.mark.parametrize("sample", [0, 500])
@pytest.mark.parametrize("counted_max", [2, 10_000])
def test_the_ledger_of_a_series_holds_what_its_cards_gave_and_got(
    world: World,
    series_id: int,
    signed_in: Callable[..., Visitor],
    monkeypatch: pytest.MonkeyPatch,
    counted_max: int,
    sample: int,
) -> None:
    """By their wallets where they are few, else by the cards of the newest entries; whatever the sample says."""
    monkeypatch.setattr(ledger_rows, "LISTED_MAX", 2)
    monkeypatch.setattr(ledger_rows, "WALLETS_LISTED_MAX", 1)
    monkeypatch.setattr(ledger_rows, "COUNTED_MAX", counted_max)
    monkeypatch.setattr(ledger_rows, "SAMPLE", sample)
    mine, others = (
        world.session.scalars(select(Card.wallet_id).where(Card.series_id == one)).all()
        for one in (world.series_id, series_id)
    )
    house = house_wallets(world.session)["adjustments", "USD"]
    sides = {
        "gave": (mine[0], house),
        "got": (house, mine[1]),
        "both": (mine[0], mine[1]),
        "foreign": (others[0], house),
    }
    for reference, (source, destination) in sides.items():
        entry = LedgerEntry(source_wallet_id=source, destination_wallet_id=destination, reference=reference)
        entry.kind, entry.amount_micros, entry.actor, entry.created_at = LedgerKind.ADJUSTMENT, 10, "test", NOW
        world.session.add(entry)
    world.session.commit()
    owner = signed_in(Role.OWNER)
    for asked, expected in {
        "": ["both", "gave", "got"],
        "?last=1": ["both", "gave", "got"],
        "?kind=adjustment": ["both", "gave", "got"],
        "?kind=recharge": [],
        "?until=2020-01-01": [],
    }.items():
        page = owner.get(f"/series/1/ledger/{asked}")
        assert page.status_code == 200
        shown = text_of(page)
        assert [word for word in sorted(sides) if f" {word} " in shown] == expected
    assert f"{min(3, counted_max + 1)} rows" in text_of(owner.get("/series/1/ledger/"))
