"""Several taxes in order: on top of the price or contained in it, simple or compound; and how they are frozen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.explain_cost import CostTerm, explained_cost
from billing.rating import (
    CallPrice,
    Tariff,
    TariffRefused,
    Tax,
    affordable_seconds,
    call_cost,
    call_price_as_json,
    call_price_from_json,
)
from billing.taxes import net_within, shares, taxes_on

VAT = Tax("VAT", 200_000)
CITY = Tax("City", 50_000, is_compound=True)
A_UNIT_A_MINUTE = Tariff(1_000_000)


def test_taxes_on_top_stand_beside_each_other() -> None:
    price = CallPrice(A_UNIT_A_MINUTE, taxes=(VAT, Tax("City", 50_000)))
    charge = call_cost(price, 60)
    assert (charge.total_micros, charge.taxes) == (1_250_000, (("VAT", 200_000), ("City", 50_000)))


def test_a_compound_tax_is_on_the_taxes_before_it() -> None:
    charge = call_cost(CallPrice(A_UNIT_A_MINUTE, taxes=(VAT, CITY)), 60)
    assert (charge.total_micros, charge.taxes) == (1_260_000, (("VAT", 200_000), ("City", 60_000)))
    assert taxes_on(1_000_000, (CITY, VAT)) == (("City", 50_000), ("VAT", 200_000))


def test_a_price_that_contains_its_taxes_is_what_the_caller_pays() -> None:
    """1.20 with 20 % contained is 1.00 and 0.20."""
    charge = call_cost(CallPrice(Tariff(1_200_000), taxes=(VAT,), taxes_included=True), 60)
    assert (charge.total_micros, charge.talk_micros, charge.taxes) == (1_200_000, 1_000_000, (("VAT", 200_000),))
    assert [(line.kind.value, line.amount_micros) for line in charge.lines()] == [("call", 1_000_000), ("tax", 200_000)]


def test_the_rounding_of_contained_taxes_is_visible() -> None:
    """0.01 with 20 %: 8,333 and a tax of 1,666.6, rounded up; nothing is left over. Of 0.000004 one micro is."""
    assert net_within(10_000, (VAT,)) == 8_333
    assert net_within(4, (VAT, Tax("Two", 900_000))) == 1
    lines = explained_cost(CallPrice(Tariff(240), taxes=(VAT, Tax("Two", 900_000)), taxes_included=True), 1)
    [net] = [line for line in lines if line.term is CostTerm.NET]
    assert (net.amount_micros, net.is_contained) == (2, True)
    assert "1 micros of it by rounding the taxes up" in net.how


def test_contained_taxes_leave_the_time_limit_as_it_is() -> None:
    """features.md 3.3's tariff: 4,200 s for 5.00, with or without contained taxes; on top of it they cost time."""
    tariff = Tariff(70_000, 100_000, 60, 6)
    limits = [
        affordable_seconds(price, 5_000_000, 14_400)
        for price in (
            CallPrice(tariff),
            CallPrice(tariff, taxes=(VAT,), taxes_included=True),
            CallPrice(tariff, taxes=(VAT,)),
        )
    ]
    assert limits == [4_200, 4_200, 3_480]


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=6), st.integers(0, 1_000_000))
def test_shares_lose_nothing_and_take_from_none_more_than_it_has(amounts: list[int], parts: int) -> None:
    whole = sum(amounts) * parts // 1_000_000
    shared = shares(amounts, whole)
    assert sum(shared) == whole
    assert all(0 <= share <= amount for share, amount in zip(shared, amounts, strict=True))


def test_a_hold_of_the_release_before_is_read_as_it_was_priced() -> None:
    """Its snapshot knows neither compound taxes nor contained ones."""
    before = {
        "tariff": {"price_per_minute_micros": 1_000_000},
        "access_surcharge": {"fee_micros": 0, "price_per_minute_micros": 0},
        "taxes": [{"name": "VAT", "parts_per_million": 200_000}],
        "activation_fee_micros": 0,
    }
    price = call_price_from_json(before)
    assert price == CallPrice(A_UNIT_A_MINUTE, taxes=(VAT,))
    assert call_cost(price, 60).total_micros == 1_200_000


def test_a_price_without_the_new_terms_is_written_as_the_release_before_reads_it() -> None:
    written = call_price_as_json(CallPrice(A_UNIT_A_MINUTE, taxes=(VAT,)))
    assert written["taxes"] == [{"name": "VAT", "parts_per_million": 200_000}]
    assert set(written) == {"tariff", "access_surcharge", "taxes", "activation_fee_micros"}


@pytest.mark.parametrize(
    "broken", [{"taxes_included": 1}, {"taxes": [{"name": "V", "parts_per_million": 1, "is_compound": "x"}]}]
)
def test_a_broken_snapshot_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(TariffRefused, match="give true or false"):
        call_price_from_json({"tariff": {"price_per_minute_micros": 1}, **broken})
