import json
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from billing.explain_cost import explained_cost
from billing.rating import (
    AccessSurcharge,
    CallPrice,
    Step,
    Tariff,
    Tax,
    affordable_seconds,
    call_cost,
    call_price_as_json,
    call_price_from_json,
)
from billing.taxes import taxes_on

EXAMPLES = 600
AMOUNTS = st.one_of(st.just(0), st.integers(0, 3_000_000), st.integers(0, 10**12))
SHORT = st.one_of(st.sampled_from([1, 6, 18, 30, 60]), st.integers(1, 700))
OPTIONAL = st.one_of(st.just(0), SHORT)
STEPS = st.builds(Step, SHORT, AMOUNTS, SHORT, AMOUNTS)
TALK = st.integers(0, 4_000)


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    block_fee_seconds = draw(OPTIONAL)
    round_up_above = draw(OPTIONAL)
    return Tariff(
        price_per_minute_micros=draw(AMOUNTS),
        connect_fee_micros=draw(AMOUNTS),
        first_block_seconds=draw(OPTIONAL),
        increment_seconds=draw(SHORT),
        cost_min_micros=draw(AMOUNTS),
        free_seconds=draw(OPTIONAL),
        surcharge_seconds=draw(OPTIONAL),
        disconnect_fee_micros=draw(AMOUNTS),
        disconnect_fee_after_seconds=draw(OPTIONAL),
        block_fee_micros=draw(AMOUNTS) if block_fee_seconds else 0,
        block_fee_seconds=block_fee_seconds,
        round_up_above_seconds=round_up_above,
        round_up_to_seconds=round_up_above + draw(SHORT) if round_up_above else 0,
        steps=tuple(draw(st.lists(STEPS, max_size=4))),
    )


TAXES = st.lists(st.tuples(st.integers(0, 1_000_000), st.booleans()), max_size=5).map(
    lambda rates: tuple(Tax(f"Tax {n}", rate, is_compound) for n, (rate, is_compound) in enumerate(rates))
)
SURCHARGES = st.builds(AccessSurcharge, AMOUNTS, AMOUNTS)
PRICES = st.builds(CallPrice, tariffs(), SURCHARGES, TAXES, AMOUNTS, st.booleans())


@settings(max_examples=EXAMPLES)
@given(PRICES, TALK)
def test_a_longer_call_never_costs_less(price: CallPrice, talk_seconds: int) -> None:
    costs = [call_cost(price, seconds).total_micros for seconds in range(talk_seconds, talk_seconds + 70)]
    assert costs == sorted(costs)


@settings(max_examples=EXAMPLES)
@given(PRICES, TALK)
def test_a_charge_is_whole_micros_and_its_lines_sum_to_it(price: CallPrice, talk_seconds: int) -> None:
    charge = call_cost(price, talk_seconds)
    lines = charge.lines()
    assert sum(line.amount_micros for line in lines) == charge.total_micros >= 0
    assert all(type(line.amount_micros) is int and line.amount_micros > 0 for line in lines)
    assert len({(line.kind, line.label) for line in lines}) == len(lines)


@settings(max_examples=EXAMPLES)
@given(PRICES, st.one_of(st.integers(0, 20_000_000), st.integers(0, 10**14)), st.integers(0, 14_400))
@example(CallPrice(Tariff(1, free_seconds=10, connect_fee_micros=5)), 0, 60)
def test_the_limit_is_the_last_second_that_is_paid(price: CallPrice, available_micros: int, seconds_max: int) -> None:
    limit_seconds = affordable_seconds(price, available_micros, seconds_max)
    assert call_cost(price, limit_seconds).total_micros <= available_micros
    if limit_seconds < seconds_max:
        assert call_cost(price, limit_seconds + 1).total_micros > available_micros


@settings(max_examples=EXAMPLES)
@given(PRICES, st.integers(0, 20_000_000), st.integers(0, 14_400))
def test_no_call_up_to_the_limit_overdraws(price: CallPrice, available_micros: int, talk_seconds: int) -> None:
    limit_seconds = affordable_seconds(price, available_micros, 14_400)
    assert call_cost(price, min(talk_seconds, limit_seconds)).total_micros <= available_micros


@settings(max_examples=EXAMPLES)
@given(PRICES)
def test_a_snapshot_gives_the_same_price_again(price: CallPrice) -> None:
    assert call_price_from_json(json.loads(json.dumps(call_price_as_json(price)))) == price


@settings(max_examples=EXAMPLES)
@given(PRICES, TALK)
def test_the_explained_sum_is_the_cost(price: CallPrice, talk_seconds: int) -> None:
    """Line by line, and each line of the bill stands in it."""
    lines = explained_cost(price, talk_seconds)
    added = sum(line.amount_micros for line in lines if not line.is_contained)
    charge = call_cost(price, talk_seconds)
    assert added == charge.total_micros
    taxes = {line.what: line.amount_micros for line in lines if line.term in ("tax", "tax_contained")}
    assert taxes == dict(charge.taxes)


@settings(max_examples=EXAMPLES)
@given(PRICES, TALK)
def test_a_price_that_contains_its_taxes_is_paid_to_the_micro(price: CallPrice, talk_seconds: int) -> None:
    """features.md 3.1: the caller pays the table's price, the ledger gets net revenue and each tax apart."""
    included = call_cost(replace(price, taxes_included=True), talk_seconds)
    untaxed = call_cost(replace(price, taxes=()), talk_seconds)
    assert included.total_micros == untaxed.total_micros
    ours = included.tariff_micros + included.access_surcharge_micros
    assert ours + included.taxes_micros == untaxed.tariff_micros + untaxed.access_surcharge_micros
    assert all(ours_micros >= 0 for ours_micros in (included.talk_micros, included.connect_fee_micros, ours))


@settings(max_examples=EXAMPLES)
@given(PRICES, TALK)
def test_contained_taxes_are_those_of_what_is_left_and_no_more(price: CallPrice, talk_seconds: int) -> None:
    """On top of the net revenue they would give the gross back, but for the micros of rounding up."""
    included = call_cost(replace(price, taxes_included=True), talk_seconds)
    ours = included.tariff_micros + included.access_surcharge_micros
    most_of = dict(taxes_on(ours, price.taxes))
    for name, micros in included.taxes:
        most = most_of[name]
        assert most - len(price.taxes) * 2 ** len(price.taxes) <= micros <= most
