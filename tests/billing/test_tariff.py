from collections.abc import Callable

import pytest

from billing.rating import AccessSurcharge, CallPrice, Step, Tariff, TariffRefused, Tax
from billing.snapshot import call_price_as_json, call_price_from_json

REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: Tariff(-1), "price_per_minute_micros is -1: give a whole number from 0"),
    (lambda: Tariff(10**12 + 1), "price_per_minute_micros is 1000000000001: give a whole number from 0"),
    (lambda: Tariff(1, increment_seconds=0), "increment_seconds is 0: give a whole number from 1"),
    (lambda: Tariff(1, first_block_seconds=86_401), "first_block_seconds is 86401"),
    (lambda: Tariff(1, connect_fee_micros=True), "connect_fee_micros is True: give a whole number"),
    (lambda: Tariff(1, block_fee_micros=1), "set block_fee_seconds"),
    (lambda: Tariff(1, round_up_above_seconds=60), "Rounding up needs both"),
    (lambda: Tariff(1, round_up_to_seconds=60), "or neither"),
    (lambda: Tariff(1, round_up_above_seconds=60, round_up_to_seconds=60), "make it longer"),
    (lambda: Tariff(1, steps=(Step(1, 1),) * 11), "at most 10"),
    (lambda: Step(0, 1), "seconds is 0: give a whole number from 1"),
    (lambda: Step(1, 1, increment_seconds=0), "increment_seconds is 0"),
    (lambda: Step(1, 1, fee_micros=-1), "fee_micros is -1"),
    (lambda: AccessSurcharge(fee_micros=-2), "fee_micros is -2"),
    (lambda: Tax("VAT", 1_000_001), "parts_per_million is 1000001"),
    (lambda: Tax(" ", 1), "needs a name"),
    (lambda: CallPrice(Tariff(1), activation_fee_micros=-1), "activation_fee_micros is -1"),
    (lambda: CallPrice(Tariff(1), taxes=(Tax("VAT", 1), Tax("VAT", 2))), "give each its own"),
    (lambda: CallPrice(Tariff(1), taxes=tuple(Tax(f"Tax {n}", 1) for n in range(6))), "at most 5"),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED)
def test_a_term_that_cannot_be_billed_is_refused(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(TariffRefused, match=sentence):
        make()


def test_a_snapshot_names_every_term() -> None:
    snapshot = call_price_as_json(CallPrice(Tariff(70_000, steps=(Step(10, 5),)), taxes=(Tax("VAT", 200_000),)))
    assert snapshot == {
        "tariff": {
            "price_per_minute_micros": 70_000,
            "connect_fee_micros": 0,
            "first_block_seconds": 1,
            "increment_seconds": 1,
            "cost_min_micros": 0,
            "free_seconds": 0,
            "surcharge_seconds": 0,
            "disconnect_fee_micros": 0,
            "disconnect_fee_after_seconds": 0,
            "block_fee_micros": 0,
            "block_fee_seconds": 0,
            "round_up_above_seconds": 0,
            "round_up_to_seconds": 0,
            "steps": [{"seconds": 10, "price_per_minute_micros": 5, "increment_seconds": 1, "fee_micros": 0}],
        },
        "access_surcharge": {"fee_micros": 0, "price_per_minute_micros": 0},
        "taxes": [{"name": "VAT", "parts_per_million": 200_000}],
        "activation_fee_micros": 0,
    }


def test_a_term_that_an_older_snapshot_lacks_has_its_default() -> None:
    assert call_price_from_json({"tariff": {"price_per_minute_micros": 5}}) == CallPrice(Tariff(5))


@pytest.mark.parametrize(
    "snapshot",
    [
        {},
        {"tariff": {}},
        {"tariff": 5},
        {"tariff": {"price_per_minute_micros": 0.5}},
        {"tariff": {"price_per_minute_micros": "5"}},
        {"tariff": {"price_per_minute_micros": 5, "steps": {}}},
        {"tariff": {"price_per_minute_micros": 5, "steps": [5]}},
        {"tariff": {"price_per_minute_micros": 5, "hidden_fee": 1}},
        {"tariff": {"price_per_minute_micros": 5}, "hidden_fee": 1},
        {"tariff": {"price_per_minute_micros": 5}, "taxes": [{"name": 5, "parts_per_million": 5}]},
    ],
)
def test_a_broken_snapshot_is_refused(snapshot: dict[str, object]) -> None:
    with pytest.raises(TariffRefused):
        call_price_from_json(snapshot)
