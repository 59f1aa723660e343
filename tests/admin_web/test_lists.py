"""Lists: open on what matters, strict about their filters, searched by beginnings, turned page by page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from factories import World, answered
from sqlalchemy import select

from billing.rights import Role
from billing.states import CardStatus, SeriesStatus
from models import CallerIdBinding, Card, CardSeries, Reseller, Wallet
from services.calls.authorise_call import authorise_call
from services.series.create_series import create_series
from tests.admin_web.conftest import Visitor, text_of
from tests.factories import KEYS, NOW, a_series

if TYPE_CHECKING:
    from collections.abc import Callable

LISTS = (
    "/series/",
    "/cards/",
    "/phones/",
    "/calls/",
    "/groups/",
    "/rates/",
    "/rates/1/",
    "/accessnumbers/",
    "/ivr/",
    "/routing/",
    "/imports/",
    "/carriers/",
    "/clients/",
    "/accounts/",
    "/ledger/",
    "/audit/",
    "/jobs/",
    "/operators/",
)


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def another_series(world: World, number: int, **terms: object) -> None:
    create_series(world.session, KEYS, a_series(world.group_id, world.rate_table_id, number=number, **terms), NOW)
    world.session.commit()


def test_the_series_open_on_the_active_ones_and_say_so(owner: Visitor, world: World) -> None:
    """JC-5 to JC-16, JC-20 to JC-22."""
    another_series(world, 2, name="Phonecard", activation_fee_micros=2_000_000)
    another_series(world, 3, name="New-card", maintenance_fee_micros=250_000, quantity=3)
    world.set(CardSeries, world.series_id, status=SeriesStatus.STOPPED)
    world.session.commit()
    page = text_of(owner.get("/series/"))
    assert "Status: active" in page
    assert "2 Phonecard 5.00 USD 2 — Sell 2.00 USD —" in page
    assert "3 New-card 5.00 USD 3 — Sell — 0.25 USD every 24 hours" in page
    assert "stopped" not in page.split("rows")[1]
    assert "stopped" in text_of(owner.get("/series/?all=1")).split("rows")[1]
    assert "3 New-card" in text_of(owner.get("/series/?q=3"))
    assert "3 New-card" in text_of(owner.get("/series/?q=new"))
    assert "Nothing fits these filters." in text_of(owner.get("/series/?q=zzz"))


def test_a_reseller_sees_its_own_series_and_cards_only(world: World, signed_in: Callable[..., Visitor]) -> None:
    """JC-12, F38: another's card is as unknown as one that does not exist."""
    reseller = signed_in(Role.RESELLER)
    assert reseller.operator is not None
    another_series(world, 2, name="Mine", reseller_id=reseller.operator.reseller_id)
    assert "2 Mine" in text_of(reseller.get("/series/"))
    assert "1 row " in text_of(reseller.get("/series/"))
    assert "2-000000001" in text_of(reseller.get("/cards/"))
    assert "1-000000001" not in text_of(reseller.get("/cards/"))
    assert reseller.get("/cards/2-000000001").status_code == 200
    assert reseller.get("/cards/1-000000001").status_code == 404
    assert reseller.get("/series/1/").status_code == 404
    assert reseller.get("/search/?q=1000000001").status_code == 200  # "nothing has the number", not its page


@pytest.mark.parametrize("address", LISTS)
def test_an_unknown_filter_is_refused_not_ignored(owner: Visitor, address: str) -> None:
    """Trap B4: a mistyped link must not show everything."""
    assert owner.get(address).status_code == 200
    refused = owner.get(f"{address}?statsu=active")
    assert refused.status_code == 400
    assert "statsu" in refused.text
    assert owner.get(f"{address}?sort=nothing").status_code == 400
    assert owner.get(f"{address}?after=x").status_code == 404


def test_a_filter_may_be_called_state(owner: Visitor) -> None:
    """Its chip leads to the list without it."""
    assert "State: done" in text_of(owner.get("/jobs/?state=done"))


def test_a_filter_value_that_cannot_be_read_shows_no_rows(owner: Visitor) -> None:
    """Trap B5."""
    page = owner.get("/cards/?least=abc")
    assert page.status_code == 400
    assert "no value for this filter" in text_of(page)
    assert "000000001" not in page.text


def test_cards_are_found_by_status_balance_and_phone(owner: Visitor, world: World) -> None:
    """JC-41 to JC-52."""
    world.set_card(1, status=CardStatus.INACTIVE)
    world.session.add(CallerIdBinding(caller_id="37060000001", card_id=world.cards[1].card_id, bound_at=NOW))
    world.session.commit()

    def numbers(query: str) -> list[str]:
        """Each once: the label of a row's box names its card, too."""
        found = re.findall(r"1-00000000\d", text_of(owner.get(f"/cards/?{query}")).split("rows")[-1])
        return list(dict.fromkeys(found))

    assert numbers("all=1") == ["1-000000001", "1-000000002"]
    assert numbers("status=inactive") == ["1-000000002"]
    assert numbers("phone=37060") == ["1-000000002"]
    assert numbers("least=5.00") == ["1-000000001", "1-000000002"]
    assert numbers("most=4.99") == []
    assert numbers("q=1-000000001") == ["1-000000001"]
    page = owner.get("/cards/?q=1")
    assert "•••• •••• ••••" in page.text
    assert all(card.pin not in page.text for card in world.cards)


def test_pages_are_turned_by_place(owner: Visitor, world: World) -> None:
    another_series(world, 2, quantity=60)
    first = owner.get("/series/2/?size=25")
    assert "60 rows" in text_of(first)
    links = dict(re.findall(r'rel="(next|prev)" href="([^"]+)"', first.text))
    assert set(links) == {"next"}
    second = owner.get(links["next"].replace("&amp;", "&"))
    assert "2-000000026" in second.text
    assert "2-000000025" not in second.text
    last = owner.get("/series/2/?size=25&last=1")
    assert "2-000000060" in last.text
    assert 'rel="next"' not in last.text


def test_a_call_shows_its_trace_its_charge_and_its_ledger(owner: Visitor, world: World) -> None:
    world.call("call-1")
    world.settle(answered("call-1", 61))
    world.session.commit()
    listed = text_of(owner.get("/calls/"))
    assert "answered 1-000000001 15550100 442071234567 United Kingdom test.cheap 1:01 0.061 USD" in listed
    page = text_of(owner.get("/calls/call-1"))
    for told in ("Call to 442071234567", "test.cheap answered 16, normal end", "Charged 0.061 USD", "billed as 1:01"):
        assert told in page, told
    assert owner.get("/calls/call-2").status_code == 404
    assert "0.061 USD 1-000000001 call revenue call-1" in text_of(owner.get("/ledger/"))


def test_an_empty_list_says_what_to_do(signed_in: Callable[..., Visitor]) -> None:
    assert "No call was made yet." in text_of(signed_in(Role.OWNER).get("/calls/"))


def test_nothing_that_was_stored_becomes_markup(owner: Visitor, world: World) -> None:
    world.session.add(Reseller(name="<script>alert(1)</script>"))
    world.set_series(name="<b>bold</b>")
    world.session.commit()
    page = owner.get("/series/")
    assert "<b>bold</b>" not in page.text
    assert "<script>alert" not in page.text
    assert "&lt;b&gt;bold&lt;/b&gt;" in page.text


def test_calls_are_filtered_by_their_carrier_and_the_ledger_by_days(owner: Visitor, world: World) -> None:
    for number, route in enumerate(("test.cheap", "test.second")):
        world.call(f"call-{number}")
        world.settle(answered(f"call-{number}", 60, route=route))
    world.session.commit()

    def rows(address: str) -> str:
        return text_of(owner.get(address)).split("rows")[-1]

    assert "test.second" not in rows("/calls/?carrier=test.c")
    assert "test.cheap" in rows("/calls/?carrier=test.c")
    assert "2 rows" in text_of(owner.get("/calls/?carrier=test."))
    assert "Nothing fits these filters." in text_of(owner.get("/calls/?carrier=nobody"))
    assert "2 rows" in text_of(owner.get("/ledger/?from=2026-11-22&until=2026-11-22"))
    assert "Nothing fits these filters." in text_of(owner.get("/ledger/?until=2026-11-21"))


def test_calls_that_operators_tried_have_a_chip_and_a_filter(owner: Visitor, world: World) -> None:
    """docs/decisions/0031."""
    for call_id, is_test in (("customers", False), ("tried", True)):
        context = replace(world.context(), is_test=is_test)
        authorise_call(world.session, call_id, world.good_quote(), context, NOW)
        world.settle(answered(call_id, 30))
    world.session.commit()
    assert owner.get("/calls/").text.count('<span class="badge">test</span>') == 1
    assert '<span class="badge">test</span>' in owner.get("/calls/tried").text
    for wanted, shown, hidden in (("only", "tried", "customers"), ("none", "customers", "tried")):
        page = owner.get(f"/calls/?tests={wanted}").text
        assert (f"/calls/{shown}" in page, f"/calls/{hidden}" in page) == (True, False)
    assert owner.get("/calls/?tests=some").status_code == 400


def test_cards_between_two_balances_come_by_balance(owner: Visitor, world: World) -> None:
    """Few of millions may have one: they are found by it, also a page further on; another order is kept when asked."""
    another_series(world, 2, quantity=30, face_value_micros=9_000_000)
    balances = {card.serial: card.serial * 10_000 for card in world.session.scalars(select(Card)) if card.series_id > 1}
    for card in world.session.scalars(select(Card).where(Card.series_id > 1)):
        world.set(Wallet, card.wallet_id, balance_micros=9_000_000 - balances[card.serial])
    world.session.commit()

    def serials(address: str) -> list[int]:
        shown = text_of(owner.get(address)).split("rows")[-1]
        return list(dict.fromkeys(int(serial) for serial in re.findall(r"2-0000000(\d\d)", shown)))

    assert serials("/cards/?least=8.70&size=25") == list(range(30, 5, -1))
    links = dict(re.findall(r'rel="(next|prev)" href="([^"]+)"', owner.get("/cards/?least=8.70&size=25").text))
    assert serials(links["next"].replace("&amp;", "&")) == list(range(5, 0, -1))
    assert serials("/cards/?least=8.90&sort=number") == list(range(1, 11))
    assert serials("/series/2/?sort=balance&size=100") == list(range(30, 0, -1))
