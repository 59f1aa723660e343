"""What is told of money and time, and what is not (M-7, M-22, M-24; ghost percents of features.md 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from factories import BRITAIN, LITHUANIA, micros
from sqlalchemy import insert

from billing.states import ActivatesOn, CardStatus
from models import GhostPercent

if TYPE_CHECKING:
    from collections.abc import Callable

    from line import Line

FIVE = "your-balance-is number-5 unit-usd-major-many"
WAIT = "please-wait-connecting"
# 5.00 at 0.06 a minute by the second: 5,000 s
ONE_HOUR_23_20 = (
    "you-have number-1 unit-hour-one number-20 number-3 unit-minute-many number-and number-20 unit-second-many"
    " for-this-call"
)
SEVENTY_MINUTES = "you-have number-1 unit-hour-one number-and number-10 unit-minute-many for-this-call"


def told_before_the_destination(line: Line) -> str:
    return (
        line.dial_with_card("hang up").heard.splitlines()[-1].removesuffix(" enter-destination-end-with-hash < hung up")
    )


def told_after_the_destination(line: Line, destination: str = BRITAIN) -> str:
    heard = line.dial_with_card(f"{destination}#").heard.splitlines()
    assert heard[-2].endswith(f"enter-destination-end-with-hash < {destination}")
    return heard[-1]


def test_balance_then_destination_then_time(line: Line) -> None:
    """M-7, M-22, M-23, M-24."""
    number, _ = line.world.keyed()
    assert (
        line.dial_with_card(f"{BRITAIN}#").heard
        == f"""\
answer
in en
welcome enter-card-number < {number}
enter-pin < ****
{FIVE} enter-destination-end-with-hash < {BRITAIN}
{ONE_HOUR_23_20} {WAIT}"""
    )


def test_the_balance_may_be_left_out(a_line: Callable[..., Line]) -> None:
    """M-22."""
    line = a_line(group={"says_balance": False})
    assert line.dial_with_card("hang up").heard.splitlines()[-1] == "enter-destination-end-with-hash < hung up"


def test_the_balance_may_be_told_after_the_destination(a_line: Callable[..., Line]) -> None:
    """features.md 0.3; what was just held for this very call does not lower it."""
    line = a_line(group={"says_balance_after_destination": True})
    heard = line.dial_with_card(f"{BRITAIN}#").heard.splitlines()
    assert heard[-2:] == [f"enter-destination-end-with-hash < {BRITAIN}", f"{FIVE} {ONE_HOUR_23_20} {WAIT}"]


def test_the_ghost_balance_percent_changes_what_is_said_and_nothing_else(a_line: Callable[..., Line]) -> None:
    """M-22; features.md 3.3: 5.00 x 90 % = 4.50."""
    line = a_line(group={"ghost_balance_percent": 90})
    told = "your-balance-is number-4 unit-usd-major-many and number-50 unit-usd-minor-many"
    assert told_before_the_destination(line) == told
    assert line.dial_with_card(f"{BRITAIN}#").told["CARD_LIMIT"] == "5000000:60000:30000"


def test_a_balance_is_told_in_whole_coins_rounded_down(a_line: Callable[..., Line]) -> None:
    line = a_line(series={"face_value_micros": micros("1.009999")})
    assert told_before_the_destination(line) == "your-balance-is number-1 unit-usd-major-one"


def test_the_last_day_of_the_card_is_told_where_the_group_says_it(a_line: Callable[..., Line]) -> None:
    line = a_line(group={"says_expiry": True})
    assert told_before_the_destination(line) == FIVE
    with line.database() as world:
        midnight = datetime(2027, 5, 4, tzinfo=UTC)
        world.set_card(status=CardStatus.ACTIVATED, activated_at=line.now, expires_at=midnight, grace_ends_at=midnight)
    expiry = "will-expire-on month-5 day-3 number-20 number-20 number-7"
    assert told_before_the_destination(line) == f"{FIVE} {expiry}"


def test_a_card_that_is_activated_by_its_first_login_pays_the_fee_before_the_balance_is_told(
    a_line: Callable[..., Line],
) -> None:
    """features.md 3.5: activates_on = first_authentication."""
    line = a_line(
        group={"activates_on": ActivatesOn.FIRST_AUTHENTICATION}, series={"activation_fee_micros": micros("2.00")}
    )
    three = "your-balance-is number-3 unit-usd-major-many"
    assert told_before_the_destination(line) == three
    assert told_before_the_destination(line) == three
    with line.database() as world:
        assert world.card().status is CardStatus.ACTIVATED
        assert world.ledger() == [("activation_fee", f"card:{world.card().card_id}", micros("2.00"))]
    assert line.is_proved()


def test_the_fee_of_a_card_that_is_activated_by_its_first_call_shortens_that_call(a_line: Callable[..., Line]) -> None:
    """features.md 3.5: 5.00, fee 2.00, 0.07 a minute, connection 0.10, 60/6: 41 min 24 s."""
    line = a_line(series={"activation_fee_micros": micros("2.00")})
    ended = line.dial_with_card(f"{LITHUANIA}#")
    told = "you-have number-40 number-1 unit-minute-many number-and number-20 number-4 unit-second-many for-this-call"
    assert ended.heard.splitlines()[-2:] == [
        f"{FIVE} enter-destination-end-with-hash < {LITHUANIA}",
        f"{told} {WAIT}",
    ]
    assert ended.told["CARD_LIMIT"].startswith("2484000")


GROUPS: dict[str, dict[str, Any]] = {
    f"{ONE_HOUR_23_20} {WAIT}": {},
    WAIT: {"says_time": False},
    f"you-have number-1 unit-hour-one number-and number-20 number-3 unit-minute-many for-this-call {WAIT}": {
        "says_seconds": False
    },
}


@pytest.mark.parametrize("told", GROUPS)
def test_time_is_told_with_seconds_without_them_or_not_at_all(a_line: Callable[..., Line], told: str) -> None:
    """M-24."""
    assert told_after_the_destination(a_line(group=GROUPS[told])) == told


def test_less_than_a_minute_is_told_so_where_seconds_are_not_said(a_line: Callable[..., Line]) -> None:
    """features.md 3.3."""
    line = a_line(group={"says_seconds": False}, series={"face_value_micros": micros("0.059")})
    assert told_after_the_destination(line) == f"you-have less-than-one-minute for-this-call {WAIT}"


@pytest.mark.parametrize(("percent", "minutes"), [(90, "number-3"), (100, "number-10"), (110, "number-17")])
def test_the_ghost_minute_percent_is_a_multiplier_of_what_is_told(
    a_line: Callable[..., Line], percent: int, minutes: str
) -> None:
    """M-24; features.md 3.3: 70 true minutes are told as 63, 70, 77; the limit stays 4,200 s."""
    line = a_line(group={"ghost_minutes_percent": percent})
    ended = line.dial_with_card(f"{LITHUANIA}#")
    assert ended.heard.endswith(f"unit-hour-one number-and {minutes} unit-minute-many for-this-call {WAIT}")
    assert ended.told["CARD_LIMIT"] == "4200000:60000:30000"
    line.settle(ended, 4200)
    assert line.available_micros == 0


def test_the_longest_prefix_overrides_the_ghost_minute_percent(line: Line) -> None:
    """features.md 3.3: MOR's cc_gmps."""
    with line.database() as world:
        world.set_group(ghost_minutes_percent=110)
        for prefix, percent in (("3", 120), ("370", 90)):
            override = {"card_group_id": world.group_id, "prefix": prefix, "minutes_percent": percent}
            world.session.execute(insert(GhostPercent).values(override))
    told = "you-have number-1 unit-hour-one number-and number-3 unit-minute-many for-this-call"
    assert told_after_the_destination(line, LITHUANIA) == f"{told} {WAIT}"


def test_price_and_fees_are_told_where_the_group_says_them(a_line: Callable[..., Line]) -> None:
    """features.md part 6, rate and fees: also the legal disclosures."""
    line = a_line(group={"says_price": True})
    price = "price-is number-7 unit-usd-minor-many per-minute connection-fee-is number-10 unit-usd-minor-many"
    assert told_after_the_destination(line, LITHUANIA) == f"{price} {SEVENTY_MINUTES} {WAIT}"


def test_a_smallest_charge_is_told_with_the_price(a_line: Callable[..., Line]) -> None:
    rate = {"prefix": "44", "destination_name": "UK", "price_per_minute_micros": 75_000, "cost_min_micros": 200_000}
    line = a_line(group={"says_price": True, "says_time": False}, rates=[rate])
    assert told_after_the_destination(line) == (
        "price-is number-7 point number-5 unit-usd-minor-many per-minute"
        f" minimum-charge number-20 unit-usd-minor-many {WAIT}"
    )


def test_keys_wait_as_long_as_the_plan_says(a_line: Callable[..., Line]) -> None:
    line = a_line(plan={"first_key_seconds": 7, "next_key_seconds": 3, "welcome_prompt": None})
    ended = line.dial()
    assert ended.call.waits == (7, 3)
    assert ended.heard.splitlines()[2] == "enter-card-number <"
