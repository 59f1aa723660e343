import pytest

from billing.caller_id import CallerIdMode, shown_caller_id
from billing.carrier_health import CarrierSign, carrier_sign
from billing.routing_plan import (
    CarrierFacts,
    PlanFacts,
    PlanRule,
    PlanTerms,
    RoutingStrategy,
    carriers_under,
    rule_for,
    terms_under,
)
from billing.share import next_draw

POOL = ("15550001", "15550002", "15550003")
PLAN = PlanFacts(PlanTerms(RoutingStrategy.LEAST_COST, 3, 20), (CarrierFacts(1, "a", 45, 1, 1, "USD"),))


def facts(**values: object) -> CarrierFacts:
    return CarrierFacts(1, "a", 45, 1, 1, "USD", **values)


@pytest.mark.parametrize(
    ("translation", "dialled"),
    [
        ({}, "37061234567"),
        ({"cut_prefix": "370"}, "61234567"),
        ({"cut_prefix": "44"}, "37061234567"),
        ({"add_prefix": "00"}, "0037061234567"),
        ({"tech_prefix": "9988"}, "998837061234567"),
        ({"cut_prefix": "370", "add_prefix": "8", "tech_prefix": "77"}, "77861234567"),
    ],
)
def test_a_number_goes_to_each_carrier_as_it_wants_it(translation: dict[str, str], dialled: str) -> None:
    """features.md 2f: cut, add, tech prefix."""
    assert facts(**translation).dialled("37061234567") == dialled


def test_the_longest_prefix_wins_and_a_tag_before_it() -> None:
    """JA-41."""
    everywhere, country, mobile = (PlanRule(prefix) for prefix in ("", "370", "3706"))
    tagged = PlanRule("37", "wholesale")
    rules = (country, mobile, everywhere, tagged)
    assert rule_for(rules, "37061234567") is mobile
    assert rule_for(rules, "37051234567") is country
    assert rule_for(rules, "442071234567", "wholesale") is everywhere
    assert rule_for(rules, "37061234567", "wholesale") is tagged
    assert rule_for(rules, "37061234567", "retail") is mobile
    assert rule_for((country,), "442071234567") is None


def test_a_rule_changes_only_what_it_says() -> None:
    assert terms_under(PLAN, None) == terms_under(PLAN, PlanRule("370")) == PLAN.terms
    changed = terms_under(PLAN, PlanRule("370", "", RoutingStrategy.PRIORITY, 1, 0))
    assert changed == PlanTerms(RoutingStrategy.PRIORITY, 1, 0)
    own = (facts(weight=5),)
    assert carriers_under(PLAN, PlanRule("370", carriers=own)) == own
    assert carriers_under(PLAN, PlanRule("370", carriers=())) == ()
    assert carriers_under(PLAN, PlanRule("370")) == PLAN.carriers


def test_the_caller_id_shown_is_the_callers_or_one_of_the_list() -> None:
    """V-35: never a number that is not of the account's own list."""
    modes = {mode: shown_caller_id(mode, POOL, draw=0, place=4) for mode in CallerIdMode}
    assert modes[CallerIdMode.PASSED] == "passed"
    assert modes[CallerIdMode.WITHHELD] == "withheld"
    assert modes[CallerIdMode.FIXED] == POOL[0]
    assert modes[CallerIdMode.POOL_POLLED] == POOL[1]
    for mode in (CallerIdMode.FIXED, CallerIdMode.POOL_POLLED, CallerIdMode.POOL_RANDOM):
        assert shown_caller_id(mode, (), draw=7, place=7) == "withheld"


def test_a_pool_by_chance_uses_each_of_its_numbers() -> None:
    draw, found = 0, dict.fromkeys(POOL, 0)
    for _ in range(3_000):
        draw = next_draw(draw)
        found[shown_caller_id(CallerIdMode.POOL_RANDOM, POOL, draw=draw, place=0)] += 1
    assert all(850 < calls < 1_150 for calls in found.values()), found


@pytest.mark.parametrize(
    ("dial_status", "cause", "is_last", "sign"),
    [
        ("ANSWER", "16", True, CarrierSign.ANSWERED),
        ("BUSY", "17", True, CarrierSign.NOTHING),
        ("CANCEL", "0", True, CarrierSign.NOTHING),
        ("", "", True, CarrierSign.NOTHING),
        ("CONGESTION", "34", False, CarrierSign.FAILED),
        ("CONGESTION", "34", True, CarrierSign.FAILED),
        ("CHANUNAVAIL", "3", True, CarrierSign.FAILED),
        ("CHANUNAVAIL", "1", True, CarrierSign.NOTHING),
        ("CHANUNAVAIL", "28", True, CarrierSign.NOTHING),
        ("NOANSWER", "0", False, CarrierSign.FAILED),
        ("NOANSWER", "0", True, CarrierSign.NOTHING),
    ],
)
def test_only_a_carriers_own_failures_count(dial_status: str, cause: str, is_last: object, sign: CarrierSign) -> None:
    assert carrier_sign(dial_status, cause, is_last=bool(is_last)) is sign
