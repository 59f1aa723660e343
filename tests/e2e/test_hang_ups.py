"""Callers who hang up at any point leave no hold, and pay for what they talked only (F23)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, Caller, dialling
from house import SHORT_PIN, House

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.series.create_series import NewCard

pytestmark = pytest.mark.asterisk

CALLS_AT_ONCE = 10
RINGS_FIVE_SECONDS, TALKS, FULL = "9999050020#", "9999000000#", "9998034#"


def after_the_answer(_caller: Caller, _card: NewCard) -> None:
    pass


def in_the_welcome(caller: Caller, _card: NewCard) -> None:
    caller.is_asked(ASK_PIN)


def within_the_pin(caller: Caller, card: NewCard) -> None:
    caller.answers(ASK_PIN, card.pin[:4])


def in_the_balance(caller: Caller, card: NewCard) -> None:
    caller.answers(ASK_PIN, card.pin)
    caller.is_asked(ASK_NUMBER)


def within_the_number(caller: Caller, card: NewCard) -> None:
    caller.answers(ASK_PIN, card.pin)
    caller.answers(ASK_NUMBER, "99990")


def at_the_hash(caller: Caller, card: NewCard) -> None:
    caller.answers(ASK_PIN, card.pin)
    caller.answers(ASK_NUMBER, RINGS_FIVE_SECONDS)


def in_the_time(caller: Caller, card: NewCard) -> None:
    at_the_hash(caller, card)
    caller.comes_to("played")


def while_it_rings(caller: Caller, card: NewCard) -> None:
    at_the_hash(caller, card)
    caller.is_connected()


def between_two_routes(caller: Caller, card: NewCard) -> None:
    caller.answers(ASK_PIN, card.pin)
    caller.answers(ASK_NUMBER, FULL)
    caller.is_connected()


def at_the_first_word(caller: Caller, card: NewCard) -> None:
    caller.answers(ASK_PIN, card.pin)
    caller.answers(ASK_NUMBER, TALKS)
    caller.talks()


def in_the_outcome(caller: Caller, card: NewCard) -> None:
    caller.answers(ASK_PIN, card.pin)
    caller.answers(ASK_NUMBER, FULL)
    caller.is_connected()
    caller.is_asked(ASK_NUMBER)


POINTS = [
    (after_the_answer, (0.0, 0.1)),
    (in_the_welcome, (0.0, 0.3)),
    (within_the_pin, (0.0,)),
    (in_the_balance, (0.0, 0.05, 0.5)),
    (within_the_number, (0.0,)),
    (at_the_hash, (0.0, 0.05, 0.1, 0.15, 0.2)),
    (in_the_time, (0.0, 0.05, 0.5)),
    (while_it_rings, (0.0, 0.05, 0.3, 1.0)),
    (between_two_routes, (0.0, 0.05, 0.1, 0.2, 0.3)),
    (at_the_first_word, (0.0, 0.1)),
    (in_the_outcome, (0.0, 0.2)),
]


def test_a_hang_up_at_any_point_leaves_no_hold(house: House) -> None:
    """F2, F20, F23: 30 points; what no one answered costs nothing, and what was talked is charged."""

    def hang_up(point: Callable[[Caller, NewCard], None], seconds: float) -> tuple[NewCard, str, Caller]:
        card = house.card(SHORT_PIN)
        with dialling(house, SHORT_PIN) as caller:
            point(caller, card)
            time.sleep(seconds)  # the very point at which this caller leaves
        return card, point.__name__, caller

    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        left = [pool.submit(hang_up, point, seconds) for point, all_seconds in POINTS for seconds in all_seconds]
    assert house.is_proved()
    assert len(left) == 30
    for card, point, _caller in (call.result() for call in left):
        talked = [record.talk_seconds for record in house.calls_of(card)]
        assert house.open_holds(card) == 0
        assert house.balance_micros(card) == 5_000_000 - 1_000 * sum(talked), point
        assert not sum(talked) or point == "at_the_first_word"
    log = house.server_log.read_text()
    assert "session failed" not in log
    assert "Traceback" not in log
