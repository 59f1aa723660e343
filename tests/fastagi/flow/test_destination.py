"""The number to call: every refusal with its own prompt, and the hand-over to Dial (M-23, M-25, M-27; 5.3 DEST)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, LITHUANIA, RATES, answered, micros
from sqlalchemy import insert, update

from fastagi.flow.card_call import CallEnd
from models import DestinationRule, Hold, Rate
from telephony.handover import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from line import Line

ASK = "enter-destination-end-with-hash"


def refused(line: Line, keys: str) -> str:
    """What is told after this number, before the next question."""
    ended = line.dial_with_card(keys, "hang up")
    assert Variable.DST not in ended.told
    assert line.is_proved()
    return ended.heard.splitlines()[-1].removesuffix(f" {ASK} < hung up")


REFUSED = {
    "": "nothing-entered",
    "12#": "too-short",
    "0044#": "too-short",
    "1234567890123456#": "destination-invalid",
    "12345678901234567890": "destination-invalid",
    "44*7#": "destination-invalid",
    "112#": "emergency-not-possible",
    "911#": "emergency-not-possible",
    "882161234#": "no-rate",
}


@pytest.mark.parametrize("keys", REFUSED)
def test_a_number_that_cannot_be_called_is_refused_with_its_own_prompt(line: Line, keys: str) -> None:
    """M-27."""
    assert refused(line, keys) == REFUSED[keys]


def test_a_hash_after_the_pin_is_no_answer_to_the_next_question(line: Line) -> None:
    """Many callers end an entry by '#' that its length has ended already; only the second one is an empty answer."""
    heard = line.dial_with_card("#", "#", "hang up").heard.splitlines()
    assert heard[-3:] == [
        f"your-balance-is number-5 unit-usd-major-many {ASK} <",
        f"your-balance-is number-5 unit-usd-major-many {ASK} <",
        f"nothing-entered {ASK} < hung up",
    ]


def test_a_denied_destination_is_not_allowed(line: Line) -> None:
    """M-27: by the group or by the platform, before any price is looked up."""
    with line.database() as world:
        for group_id, prefix in ((world.group_id, "447"), (None, "881")):
            denied = {"card_group_id": group_id, "prefix": prefix, "reason": "fraud"}
            world.session.execute(insert(DestinationRule).values(denied))
    assert refused(line, "447700900123#") == "not-allowed"
    assert refused(line, "8811234567#") == "not-allowed"
    assert line.dial_with_card(f"{BRITAIN}#").how is CallEnd.HANDED_OVER


def test_a_blocked_rate_is_not_allowed(line: Line) -> None:
    with line.database() as world:
        world.session.execute(update(Rate).where(Rate.prefix == "44").values(is_blocked=True))
    assert refused(line, f"{BRITAIN}#") == "not-allowed"


def test_a_number_that_no_carrier_takes_has_no_route(a_line: Callable[..., Line]) -> None:
    """M-25."""
    assert refused(a_line(carriers={}), f"{BRITAIN}#") == "no-route"


def test_carriers_that_cost_more_than_the_card_pays_are_no_route(a_line: Callable[..., Line]) -> None:
    """The loss guard (features.md 4, no. 10)."""
    assert refused(a_line(carriers={"test.dear": 150}), f"{BRITAIN}#") == "no-route"


def test_too_little_money_is_told(a_line: Callable[..., Line]) -> None:
    """features.md 3.11: under call_seconds_min no call is begun."""
    line = a_line(series={"face_value_micros": micros("0.015")}, rates=[{**RATES[0], "connect_fee_micros": 0}])
    assert refused(line, f"{LITHUANIA}#") == "not-enough-for-this-destination"


def test_a_balance_below_the_groups_minimum_is_too_little(a_line: Callable[..., Line]) -> None:
    line = a_line(group={"balance_min_to_call_micros": micros("5.01")})
    assert refused(line, f"{BRITAIN}#") == "not-enough-for-this-destination"


def test_three_numbers_that_cannot_be_called_end_the_conversation(line: Line) -> None:
    """MOR: destination tries, default three."""
    ended = line.dial_with_card("12#", "112#", "882161234#", f"{BRITAIN}#")
    assert ended.heard.splitlines()[-4:] == [
        "your-balance-is number-5 unit-usd-major-many enter-destination-end-with-hash < 12",
        f"too-short {ASK} < 112",
        f"emergency-not-possible {ASK} < 882161234",
        "no-rate goodbye",
    ]
    assert (ended.how, ended.told) == (CallEnd.NO_DESTINATION, {"CARD_NEXT": "end"})


def test_a_group_may_set_another_number_of_tries(a_line: Callable[..., Line]) -> None:
    line = a_line(group={"destination_attempts_max": 2})
    assert line.dial_with_card("12#", "12#", "12#").heard.count(ASK) == 2


def test_a_number_is_rewritten_by_the_plans_rules(a_line: Callable[..., Line]) -> None:
    """MOR's location rules; 00 needs none."""
    line = a_line(plan={"rewrite_rules": [{"match_prefix": "0", "cut": 1, "add": "44", "length_max": 11}]})
    assert line.dial_with_card("02071234567#").told[Variable.DST].split(":")[0] == BRITAIN
    with line.database() as world:
        world.settle(answered(next(iter(world.holds())), 1))
    assert line.dial_with_card(f"00{LITHUANIA}#").told[Variable.DST].split(":")[0] == LITHUANIA


def test_everything_is_handed_over_in_order_with_the_call_first_and_the_next_step_last(line: Line) -> None:
    """Design 3.1; M-25: routes in the order of their buying price."""
    ended = line.dial_with_card(f"{BRITAIN}#")
    assert ended.call.set_in_order == [
        ("CARD_CALL", ended.call_id),
        ("CARD_DST", f"{BRITAIN}:{BRITAIN}:{BRITAIN}"),
        ("CARD_ROUTES", "test.cheap:test.second:test.dear"),
        ("CARD_RING", "45:45:45"),
        ("CARD_SHOWN", "passed:passed:passed"),
        ("CARD_CLAIM", "0:0:0"),
        ("CARD_LIMIT", "5000000:60000:30000"),
        ("CARD_NEXT", "dial"),
    ]
    assert ended.how is CallEnd.HANDED_OVER
    assert line.is_proved(open_holds=1)
    assert line.available_micros == 0


LIMITS = {"5.000": "5000000:60000:30000", "0.045": "45000:30000", "0.030": "30000", "0.061": "61000:60000:30000"}


@pytest.mark.parametrize("balance", LIMITS)
def test_warnings_come_only_where_the_call_lasts_that_long(a_line: Callable[..., Line], balance: str) -> None:
    """features.md 5.3 TALK: 60 s and 30 s before the end."""
    line = a_line(series={"face_value_micros": micros(balance)})
    assert line.dial_with_card(f"{BRITAIN}#").told[Variable.LIMIT] == LIMITS[balance]


def test_the_limit_never_exceeds_the_groups_longest_call(a_line: Callable[..., Line]) -> None:
    line = a_line(group={"call_seconds_max": 600}, plan={"warning_seconds": []})
    ended = line.dial_with_card(f"{BRITAIN}#")
    assert ended.told[Variable.LIMIT] == "600000"
    assert line.available_micros == micros("4.40")


def pay(line: Line, amount: str) -> None:
    """Another call of the card ends at this very moment; a second costs 1,000 micros."""
    with line.database() as world:
        world.call("other-call", BRITAIN)
        world.settle(answered("other-call", micros(amount) // 1000))


def test_money_that_is_gone_meanwhile_is_quoted_once_more(line: Line) -> None:
    """features.md 5.3 HOLD: the caller is told and granted what is left now."""
    ended = line.dial_with_card(f"{BRITAIN}#", when_set={Variable.CALL: lambda: pay(line, "2.00")})
    told = "you-have number-50 unit-minute-many for-this-call please-wait-connecting"
    assert ended.heard.splitlines()[-1] == told
    assert ended.told[Variable.LIMIT].startswith("3000000")
    assert line.is_proved(open_holds=1)


def test_money_that_is_all_gone_meanwhile_is_told_and_nothing_is_left_to_settle(line: Line) -> None:
    ended = line.dial_with_card(f"{BRITAIN}#", "hang up", when_set={Variable.CALL: lambda: pay(line, "4.995")})
    assert ended.heard.splitlines()[-1] == f"not-enough-for-this-destination {ASK} < hung up"
    assert ended.told == {"CARD_CALL": ""}
    assert line.is_proved()


def test_a_card_taken_into_another_call_meanwhile_ends_the_conversation(line: Line) -> None:
    """calls_max is judged by the same statement as the money."""

    def another() -> None:
        with line.database() as world:
            world.call("other-call")

    ended = line.dial_with_card(f"{BRITAIN}#", when_set={Variable.CALL: another})
    assert ended.heard.splitlines()[-1] == "card-in-use goodbye"
    assert ended.told == {"CARD_CALL": "", "CARD_NEXT": "end"}
    assert line.is_proved(open_holds=1)


def test_the_hold_is_placed_before_the_time_is_told(line: Line) -> None:
    """A caller who hangs up while the time is told left a call id, by which the handler frees the hold (F2, F23)."""
    ended = line.dial_with_card(f"{BRITAIN}#", hangs_up_at=8)
    assert (ended.how, ended.told) == ("hung up", {"CARD_CALL": ended.call_id})
    assert line.is_proved(open_holds=1)
    line.settle_undialled(ended)
    assert line.is_proved()
    assert line.available_micros == micros("5.00")
    with line.database() as world:
        assert world.session.get_one(Hold, ended.call_id).state.value == "voided"
