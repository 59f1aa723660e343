import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import (
    MINOR_DIGITS,
    CurrencyUnknown,
    MoneyTextRefused,
    divide_ceiling,
    divide_floor,
    floor_to_coin,
    micros_from_text,
    minor_digits,
    smallest_coin_micros,
    text_from_micros,
)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("5", 5_000_000),
        ("5.00", 5_000_000),
        (" 0.0715 ", 71_500),
        ("0.000001", 1),
        ("0", 0),
        ("007", 7_000_000),
        ("999999999999.999999", 999_999_999_999_999_999),
    ],
)
def test_an_amount_is_read(text: str, micros: int) -> None:
    assert micros_from_text(text) == micros


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "write digits"),
        ("1e3", "write digits"),
        ("NaN", "write digits"),
        ("inf", "write digits"),
        ("1,000.00", "thousands separator"),
        ("1_000", "write digits"),
        ("٥", "plain digits"),  # noqa: RUF001 - a digit of another script is what is tested
        ("€5", "plain digits"),
        (".5", "write digits"),
        ("5.", "write digits"),
        ("+5", "write digits"),
        ("5 00", "write digits"),
        ("-5", "minus sign"),
        ("0.0000001", "at most 6 digits after"),
        ("1000000000000", "at most 12 digits before"),
        ("9" * 5_000, "at most 12 digits before"),
    ],
)
def test_what_is_no_amount_is_refused_with_advice(text: str, advice: str) -> None:
    with pytest.raises(MoneyTextRefused, match=advice):
        micros_from_text(text)


def test_a_correction_may_be_negative() -> None:
    assert micros_from_text("-0.25", negative_allowed=True) == -250_000


@pytest.mark.parametrize(
    ("micros", "decimals_min", "text"),
    [
        (5_000_000, 2, "5.00"),
        (71_500, 2, "0.0715"),
        (1, 2, "0.000001"),
        (-250_000, 2, "-0.25"),
        (0, 2, "0.00"),
        (5_000_000, 0, "5"),
        (5_500_000, 0, "5.5"),
        (5_000_000, 3, "5.000"),
    ],
)
def test_an_amount_is_written(micros: int, decimals_min: int, text: str) -> None:
    assert text_from_micros(micros, decimals_min) == text


@given(st.integers(-(10**18) + 1, 10**18 - 1), st.integers(0, 6))
def test_what_is_written_is_read_back(micros: int, decimals_min: int) -> None:
    assert micros_from_text(text_from_micros(micros, decimals_min), negative_allowed=True) == micros


@given(st.integers(), st.integers(1, 10**9))
def test_division_says_its_rounding(numerator: int, denominator: int) -> None:
    floor, ceiling = divide_floor(numerator, denominator), divide_ceiling(numerator, denominator)
    assert floor * denominator <= numerator <= ceiling * denominator
    assert ceiling - floor == (1 if numerator % denominator else 0)


def test_each_currency_has_its_coins() -> None:
    coins = {code: (minor_digits(code), smallest_coin_micros(code)) for code in ("USD", "EUR", "GBP", "JPY", "KWD")}
    assert coins == {
        "USD": (2, 10_000),
        "EUR": (2, 10_000),
        "GBP": (2, 10_000),
        "JPY": (0, 1_000_000),
        "KWD": (3, 1_000),
    }


def test_codes_of_currencies_are_three_capitals() -> None:
    assert len(MINOR_DIGITS) > 140
    assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in MINOR_DIGITS)


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(CurrencyUnknown, match="usd"):
        minor_digits("usd")


@pytest.mark.parametrize(
    ("micros", "currency", "floored"),
    [(1_239_999, "USD", 1_230_000), (1_999_999, "JPY", 1_000_000), (1_239_999, "KWD", 1_239_000), (-1, "USD", -10_000)],
)
def test_amounts_go_down_to_the_coin(micros: int, currency: str, floored: int) -> None:
    assert floor_to_coin(micros, currency) == floored
