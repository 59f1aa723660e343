"""Denied and allowed prefixes: what one owner permits, and what all of them together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.destination_rules import NO_RULES, PrefixRefused, PrefixRules, checked_prefix, is_permitted

# Few digits, so that prefixes often meet.
DIGITS = st.text("12", min_size=1, max_size=5)
PREFIXES = st.lists(DIGITS, max_size=4).map(tuple)
RULES = st.builds(PrefixRules, denied=PREFIXES, allowed=PREFIXES)


def test_without_rules_everything_may_be_called() -> None:
    assert NO_RULES.permit("37061234567")
    assert is_permitted("37061234567", ())


def test_a_denied_prefix_wins_over_a_longer_allowed_one() -> None:
    rules = PrefixRules(denied=("370",), allowed=("3706", "44"))
    assert not rules.permit("37061234567")
    assert rules.permit("442071234567")


def test_where_a_prefix_is_allowed_nothing_else_may_be_called() -> None:
    assert not PrefixRules(allowed=("370",)).permit("442071234567")


def test_a_series_cannot_open_what_its_group_closes() -> None:
    group, series = PrefixRules(denied=("370",)), PrefixRules(allowed=("370",))
    assert not is_permitted("37061234567", (NO_RULES, group, series))


@given(DIGITS, RULES)
def test_permitted_means_no_denied_prefix_and_an_allowed_one_if_there_is_any(
    destination: str, rules: PrefixRules
) -> None:
    denied = any(destination[: len(prefix)] == prefix for prefix in rules.denied)
    allowed = not rules.allowed or any(destination[: len(prefix)] == prefix for prefix in rules.allowed)
    assert rules.permit(destination) == (allowed and not denied)


@given(DIGITS, RULES, DIGITS)
def test_denying_one_prefix_more_never_permits_more(destination: str, rules: PrefixRules, prefix: str) -> None:
    assert not rules.with_rule(prefix, is_allowed=False).permit(destination) or rules.permit(destination)
    assert not rules.with_rule(prefix, is_allowed=False).permit(prefix + destination)


@given(DIGITS, RULES, RULES)
def test_the_order_of_owners_does_not_matter(destination: str, one: PrefixRules, other: PrefixRules) -> None:
    assert is_permitted(destination, (one, other)) == is_permitted(destination, (other, one))
    assert is_permitted(destination, (one, other)) == (one.permit(destination) and other.permit(destination))


@pytest.mark.parametrize(("text", "prefix"), [(" +370 ", "370"), ("1", "1"), ("123456789012345", "123456789012345")])
def test_a_prefix_is_digits_in_international_form(text: str, prefix: str) -> None:
    assert checked_prefix(text) == prefix


@pytest.mark.parametrize("text", ["", "+", "37a", "1234567890123456", "0044", "٣٧٠", "370\n1", "%"])
def test_what_is_no_prefix_is_refused_with_what_to_change(text: str) -> None:
    with pytest.raises(PrefixRefused, match="give"):
        checked_prefix(text)
