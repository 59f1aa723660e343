"""Amounts of other currencies in reports: whole parts, and what rounding leaves out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.exchange import (
    PARTS_PER_UNIT,
    VALUE_PARTS_MAX,
    Converted,
    ExchangeRefused,
    converted,
    text_from_value_parts,
    value_parts_from_text,
)


def test_an_amount_is_converted_to_whole_micros() -> None:
    assert converted(1_000_000, value_parts_from_text("1.0852")) == Converted(1_085_200, 0)
    assert converted(3, value_parts_from_text("0.5")) == Converted(1, PARTS_PER_UNIT // 2)
    assert converted(-3, value_parts_from_text("0.5")) == Converted(-2, PARTS_PER_UNIT // 2)


@given(st.integers(-(10**18), 10**18), st.integers(1, VALUE_PARTS_MAX))
def test_what_rounding_leaves_out_is_less_than_a_micro(micros: int, value_parts: int) -> None:
    result = converted(micros, value_parts)
    assert result.micros * PARTS_PER_UNIT + result.lost_parts == micros * value_parts
    assert 0 <= result.lost_parts < PARTS_PER_UNIT


@given(st.integers(1, VALUE_PARTS_MAX))
def test_a_value_as_text_is_the_same_value(value_parts: int) -> None:
    assert value_parts_from_text(text_from_value_parts(value_parts)) == value_parts


@pytest.mark.parametrize("text", ["", "1,08", "-1", "x", "0", "0.0000000000001", "9999999"])
def test_what_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(ExchangeRefused, match=r"write digits and a point|give more than 0"):
        value_parts_from_text(text)
