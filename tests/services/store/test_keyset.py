"""Pages of a long list: forward, backward, from its end, with equal values, and by places nobody gave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import NOW, a_rate_table
from sqlalchemy import select

from models import Rate, RateTable
from services.store import keyset
from services.store.keyset import Order, PlaceRefused, Wanted, page_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PRICES = [5, 1, 3, 3, 3, 2, 4]
BY_PRICE = Order((Rate.price_per_minute_micros, Rate.id))
BY_PRICE_DOWN = Order((Rate.price_per_minute_micros, Rate.id), descending=True)
BY_BEGIN = Order((Rate.valid_from, Rate.id))


@pytest.fixture
def listed(session: Session) -> Session:
    rates = [{"prefix": str(370 + place), "price_per_minute_micros": price} for place, price in enumerate(PRICES)]
    a_rate_table(session, "Sell", [{**rate, "destination_name": "x", "valid_from": NOW} for rate in rates])
    return session


def shown(session: Session, order: Order, wanted: Wanted) -> tuple[list[int], str | None, str | None]:
    page = page_of(session, select(Rate.price_per_minute_micros), order, wanted)
    return [row[0] for row in page.rows], page.before, page.after


@pytest.mark.parametrize("order", [BY_PRICE, BY_PRICE_DOWN, BY_BEGIN])
def test_forward_and_back_show_every_row_once(listed: Session, order: Order) -> None:
    whole = shown(listed, order, Wanted(100))[0]
    assert sorted(whole) == sorted(PRICES)
    forward, after, pages = [], None, 0
    while pages == 0 or after is not None:
        rows, before, after = shown(listed, order, Wanted(3, after=after))
        forward += rows
        pages += 1
    assert (forward, pages) == (whole, 3)
    rows, before, after = shown(listed, order, Wanted(3, from_end=True))
    assert (rows, after) == (whole[-3:], None)
    rows, before, after = shown(listed, order, Wanted(3, before=before))
    assert rows == whole[1:4]
    assert after is not None
    rows, before, after = shown(listed, order, Wanted(3, before=before))
    assert (rows, before) == (whole[:1], None)


def test_the_order_is_that_of_the_column(listed: Session) -> None:
    assert shown(listed, BY_PRICE, Wanted(100))[0] == sorted(PRICES)
    assert shown(listed, BY_PRICE_DOWN, Wanted(100))[0] == sorted(PRICES, reverse=True)


def test_the_count_ends_where_counting_takes_too_long(listed: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    query = select(Rate.id).join(RateTable, RateTable.id == Rate.rate_table_id)
    page = page_of(listed, query, Order((Rate.id,)), Wanted(2))
    assert (page.count, page.is_count_capped) == (7, False)
    monkeypatch.setattr(keyset, "COUNTED_MAX", 5)
    page = page_of(listed, query, Order((Rate.id,)), Wanted(2))
    assert (page.count, page.is_count_capped) == (6, True)


@pytest.mark.parametrize(
    "place", ["", "x", "W10", "WyJ2dnYiLDEsMiwzXQ", "WyJ2dCIsMSwiMTIiXQ", "bnVsbA", "A" * 500, "WyJ2diIsW10sMV0"]
)
def test_a_place_that_nobody_gave_is_refused(listed: Session, place: str) -> None:
    with pytest.raises(PlaceRefused):
        page_of(listed, select(Rate.id), BY_PRICE, Wanted(3, after=place))


def test_an_empty_list_has_no_other_pages(session: Session) -> None:
    assert shown(session, BY_PRICE, Wanted(3, from_end=True)) == ([], None, None)


@pytest.mark.parametrize("counted_max", [0, 100])
def test_few_rows_and_many_are_turned_alike(listed: Session, monkeypatch: pytest.MonkeyPatch, counted_max: int) -> None:
    """Few are sorted by their keys, many are walked in their order; both also where rows are joined and filtered."""
    monkeypatch.setattr(keyset, "COUNTED_MAX", counted_max)
    joined = select(Rate.prefix, RateTable.name).join(RateTable, RateTable.id == Rate.rate_table_id)
    query = joined.where(Rate.price_per_minute_micros < 5)
    found, after = [], None
    for _ in range(3):
        page = page_of(listed, query, BY_PRICE_DOWN, Wanted(2, after=after))
        found.append([row.prefix for row in page.rows])
        assert all(row.name == "Sell" for row in page.rows)
        after = page.after
    assert found == [["376", "374"], ["373", "372"], ["375", "371"]]
    assert after is None
    page = page_of(listed, query, BY_PRICE_DOWN, Wanted(4, from_end=True))
    assert [row.prefix for row in page.rows] == ["373", "372", "375", "371"]
    assert page.before is not None
    nothing = query.where(Rate.price_per_minute_micros < 0)
    assert page_of(listed, nothing, BY_PRICE_DOWN, Wanted(4, after=page.before)).rows == []
    with pytest.raises(PlaceRefused):
        page_of(listed, nothing, BY_PRICE_DOWN, Wanted(4, after="x"))


def test_a_number_that_is_known_is_not_counted(listed: Session) -> None:
    query = select(Rate.id)
    assert page_of(listed, query, Order((Rate.id,)), Wanted(2), 7).count == 7
    assert page_of(listed, query, Order((Rate.id,)), Wanted(2), query.where(Rate.prefix == "370")).count == 1
