from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.phone import (
    RewriteRule,
    RewriteRuleRefused,
    check_destination,
    last_four,
    normal_caller_id,
    rewrite,
)
from billing.refusals import Refusal

EMERGENCY_NUMBERS = ("112", "911", "000")
BRITISH = (RewriteRule("00", cut=2), RewriteRule("0", cut=1, add="44"))


# features.md 3.10, the first table, row by row (M-33).
@pytest.mark.parametrize("raw", ["37061234567", "+37061234567"])
def test_a_caller_id_is_the_same_with_and_without_plus(raw: str) -> None:
    assert normal_caller_id(raw, ()) == "37061234567"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "anonymous",
        "0044 20",
        "sip:x",
        "12+34",
        "1e5",
        "12.5",
        " 12",
        "123456",
        "37061234567\n",
        "٣٧٠٦١٢٣٤٥٦٧",
        "+",
        "++37061234567",
        "37061234567+",
        "1234567890123456",
        "1" * 5_000,
    ],
)
def test_what_is_no_number_is_no_caller_id(raw: str) -> None:
    assert normal_caller_id(raw, ()) is None


@given(st.text(alphabet=st.sampled_from("+0123456789 ٣a\n"), max_size=20))
def test_a_caller_id_is_7_to_15_ascii_digits_or_none(raw: str) -> None:
    caller_id = normal_caller_id(raw, BRITISH)
    assert caller_id is None or (caller_id.isascii() and caller_id.isdigit() and 7 <= len(caller_id) <= 15)


def test_the_plan_sets_how_short_a_caller_id_may_be() -> None:
    assert normal_caller_id("1234", (), digits_min=4) == "1234"


@pytest.mark.parametrize(
    ("number", "rewritten"),
    [("02079460000", "442079460000"), ("00442079460000", "442079460000"), ("442079460000", "442079460000")],
)
def test_the_first_rule_that_matches_makes_a_number_international(number: str, rewritten: str) -> None:
    assert rewrite(number, BRITISH) == rewritten
    assert normal_caller_id(number, BRITISH) == rewritten


def test_a_leading_00_is_dropped_without_a_rule() -> None:
    assert rewrite("00442079460000", ()) == "442079460000"


def test_a_rule_holds_for_its_lengths_only() -> None:
    ten_digits = (RewriteRule(add="1", length_min=10, length_max=10),)
    assert [rewrite(number, ten_digits) for number in ("2025550100", "12025550100")] == ["12025550100"] * 2


def test_a_number_with_plus_is_international_already() -> None:
    ten_digits = (RewriteRule(add="1", length_min=10, length_max=10),)
    assert normal_caller_id("+4512345678", ten_digits) == "4512345678"


@pytest.mark.parametrize(
    ("keyed", "outcome"),
    [
        ("112", Refusal.EMERGENCY_NOT_POSSIBLE),
        ("911", Refusal.EMERGENCY_NOT_POSSIBLE),
        ("+112", Refusal.EMERGENCY_NOT_POSSIBLE),
        ("00112", Refusal.EMERGENCY_NOT_POSSIBLE),
        ("000", Refusal.EMERGENCY_NOT_POSSIBLE),
        ("", Refusal.TOO_SHORT),
        ("1", Refusal.TOO_SHORT),
        ("12", Refusal.TOO_SHORT),
        ("0012", Refusal.TOO_SHORT),
        ("123", "123"),
        ("9112025550100", "9112025550100"),
        ("0012025550100", "12025550100"),
        ("123456789012345", "123456789012345"),
        ("1234567890123456", Refusal.DESTINATION_INVALID),
        ("00123456789012345", "123456789012345"),
        ("1" * 33, Refusal.DESTINATION_INVALID),
        ("44*20", Refusal.DESTINATION_INVALID),
        ("*1", Refusal.DESTINATION_INVALID),
        ("٤٤٢٠٧٩٤٦", Refusal.DESTINATION_INVALID),
        ("442079460000\n", Refusal.DESTINATION_INVALID),
    ],
)
def test_the_first_failing_line_decides_on_a_destination(keyed: str, outcome: str | Refusal) -> None:
    """features.md 5.3 DEST, lines 1 and 2."""
    assert check_destination(keyed, (), EMERGENCY_NUMBERS) == outcome


def test_a_rule_does_not_hide_an_emergency_number() -> None:
    adds_country = (RewriteRule(add="370", length_max=8),)
    assert check_destination("112", adds_country, EMERGENCY_NUMBERS) is Refusal.EMERGENCY_NOT_POSSIBLE
    assert check_destination("61234567", adds_country, EMERGENCY_NUMBERS) == "37061234567"


@pytest.mark.parametrize(
    "terms",
    [
        {"match_prefix": "+"},
        {"add": "٤"},
        {"cut": -1},
        {"cut": "00"},
        {"length_min": 0},
        {"length_min": 5, "length_max": 4},
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_applied_is_refused(terms: dict[str, Any]) -> None:
    with pytest.raises(RewriteRuleRefused):
        RewriteRule(**terms)


def test_logs_show_four_digits() -> None:
    assert last_four("37061234567") == "4567"
