"""Number and PIN, tries, and every refusal of a card with its own prompt (M-6, M-20, M-21; 5.3 ASK and CHECK)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import KEYS, NOW, a_group, a_series
from sqlalchemy import select

from billing.states import CardStatus, CardType, PinEntryMode, SeriesStatus
from fastagi.flow.card_call import CallEnd
from models import Hold
from services.series.create_series import create_series

if TYPE_CHECKING:
    from collections.abc import Callable

    from line import Line

WRONG = "000000000000"
GOODBYE = "too-many-attempts goodbye"
BALANCE = "your-balance-is number-5 unit-usd-major-many"
NO_SUCH_NUMBER = "1999999999"
BOTH = pytest.mark.parametrize(
    "line_database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@BOTH
def test_number_and_pin_lead_to_the_destination(line: Line) -> None:
    """M-6, M-20, M-22, M-23."""
    number, _ = line.world.keyed()
    ended = line.dial_with_card()
    assert (
        ended.heard
        == f"""\
answer
in en
welcome enter-card-number < {number}
enter-pin < ****
{BALANCE} enter-destination-end-with-hash <
nothing-entered enter-destination-end-with-hash <
nothing-entered enter-destination-end-with-hash <
nothing-entered goodbye"""
    )
    assert ended.how is CallEnd.NO_DESTINATION
    assert ended.told == {"CARD_NEXT": "end"}


def test_a_pin_alone_leads_to_the_destination(a_line: Callable[..., Line]) -> None:
    """M-20."""
    line = a_line(group={"pin_entry_mode": PinEntryMode.PIN_ONLY})
    _, pin = line.world.keyed()
    assert (
        line.dial(pin, "hang up").heard
        == f"""\
answer
in en
welcome enter-pin < ****
{BALANCE} enter-destination-end-with-hash < hung up"""
    )


def test_a_caller_who_enters_nothing_has_three_tries(line: Line) -> None:
    """M-21."""
    ended = line.dial()
    assert (
        ended.heard
        == f"""\
answer
in en
welcome enter-card-number <
nothing-entered enter-card-number <
nothing-entered enter-card-number <
nothing-entered {GOODBYE}"""
    )
    assert ended.how is CallEnd.CARD_NOT_ACCEPTED
    assert ended.told == {"CARD_NEXT": "end"}


@pytest.mark.parametrize("attempts_max", [1, 5])
def test_a_group_may_set_another_number_of_tries(a_line: Callable[..., Line], attempts_max: int) -> None:
    """M-21."""
    line = a_line(group={"card_entry_attempts_max": attempts_max})
    assert line.dial().heard.count("enter-card-number") == attempts_max


def test_a_number_of_the_wrong_length_is_told_before_a_pin_is_asked(line: Line) -> None:
    heard = line.dial("12345#", *line.world.keyed()).heard
    assert f"enter-card-number < 12345\nwrong-number-of-digits enter-card-number < {line.world.keyed()[0]}" in heard


def test_a_pin_of_the_wrong_length_is_told(line: Line) -> None:
    number, pin = line.world.keyed()
    heard = line.dial(number, "1234#", number, pin).heard
    assert "enter-pin < ****\nwrong-number-of-digits enter-card-number" in heard


def test_a_pin_that_is_not_entered_is_told(line: Line) -> None:
    number, _ = line.world.keyed()
    assert "enter-pin <\nnothing-entered enter-card-number" in line.dial(number, "").heard


@BOTH
def test_unknown_number_wrong_pin_and_locked_card_sound_alike(line: Line) -> None:
    """M-21; a guesser learns nothing (features.md 3.9)."""
    number, pin = line.world.keyed()
    unknown = line.dial(NO_SUCH_NUMBER, WRONG).heard
    wrong = line.dial(number, WRONG).heard
    with line.database() as world:
        world.set_card(locked_until=line.now + timedelta(hours=1))
    locked = line.dial(number, pin).heard
    assert "enter-pin < ****\nnumber-or-pin-not-accepted enter-card-number <" in locked
    assert unknown.replace(NO_SUCH_NUMBER, number) == wrong == locked


def test_where_only_the_pin_is_asked_only_the_pin_is_called_wrong(a_line: Callable[..., Line]) -> None:
    line = a_line(group={"pin_entry_mode": PinEntryMode.PIN_ONLY})
    heard = line.dial(WRONG, WRONG, WRONG).heard
    assert heard.splitlines()[3:] == [
        "pin-not-accepted enter-pin < ****",
        "pin-not-accepted enter-pin < ****",
        f"pin-not-accepted {GOODBYE}",
    ]


def test_the_second_attempt_is_accepted(line: Line) -> None:
    """M-21."""
    number, pin = line.world.keyed()
    assert line.dial(number, WRONG, number, pin).heard.splitlines()[-4].startswith(BALANCE)


def test_five_wrong_pins_lock_the_card_over_several_calls(line: Line) -> None:
    """features.md 3.9: a restart or a new call does not clear the count."""
    number, pin = line.world.keyed()
    line.dial(number, WRONG, number, WRONG, number, WRONG, caller_id="15550101")
    line.dial(number, WRONG, number, WRONG, caller_id="15550102")
    assert "number-or-pin-not-accepted" in line.dial(number, pin, caller_id="15550103").heard
    line.now += timedelta(hours=25)
    assert BALANCE in line.dial(number, pin).heard


STATES = {
    "card-not-activated": {"status": CardStatus.INACTIVE},
    "card-blocked": {"status": CardStatus.BLOCKED, "status_before": CardStatus.PENDING},
    "card-used-up": {"status": CardStatus.USED},
}


@pytest.mark.parametrize("prompt", STATES)
def test_each_state_that_may_not_call_has_its_own_prompt(line: Line, prompt: str) -> None:
    """features.md 3.2 and 5.3 CHECK; the holder of the right PIN may try another card."""
    values: dict[str, Any] = dict(STATES[prompt])
    with line.database() as world:
        if values["status"] is CardStatus.USED:
            values["activated_at"] = line.now
        world.set_card(**values)
    ended = line.dial_with_card()
    assert ended.heard.splitlines()[4] == f"{prompt} enter-card-number <"
    assert line.is_proved()


def test_a_stopped_series_refuses_its_cards_as_blocked(line: Line) -> None:
    """JC-6, JC-7."""
    for status in (SeriesStatus.STOPPED, SeriesStatus.DELETED):
        with line.database() as world:
            world.set_series(status=status)
        assert "card-blocked enter-card-number" in line.dial_with_card().heard


def test_an_expired_card_is_told(line: Line) -> None:
    """JC-45: the first moment at which the card is expired is midnight."""
    with line.database() as world:
        world.set_card(status=CardStatus.ACTIVATED, activated_at=line.now, expires_at=line.now, grace_ends_at=line.now)
    assert "card-expired enter-card-number" in line.dial_with_card().heard
    line.now -= timedelta(seconds=1)
    assert BALANCE in line.dial_with_card().heard


def test_an_expired_card_in_grace_hears_until_when_its_balance_is_kept(line: Line) -> None:
    """V-19 and features.md 3.4: the last day, not the midnight after it."""
    with line.database() as world:
        midnight = line.now.replace(month=12, day=1, hour=0)
        world.set_card(status=CardStatus.ACTIVATED, activated_at=line.now, expires_at=line.now, grace_ends_at=midnight)
    heard = line.dial_with_card().heard
    assert "card-expired-grace month-11 day-30 number-20 number-20 number-6 enter-card-number" in heard


def test_an_empty_card_is_used_up_and_an_unlimited_one_never_is(a_line: Callable[..., Line]) -> None:
    """features.md 3.2."""
    line = a_line(series={"face_value_micros": 9_999})
    assert "card-used-up enter-card-number" in line.dial_with_card().heard
    with line.database() as world:
        world.set_group(card_type=CardType.UNLIMITED)
    assert "card-used-up" not in line.dial_with_card().heard


@BOTH
def test_a_card_that_is_in_a_call_ends_the_conversation(line: Line) -> None:
    """features.md 5.3 CHECK 5."""
    line.dial_with_card("442071234567#")
    ended = line.dial_with_card()
    assert ended.heard.splitlines()[-1] == "card-in-use goodbye"
    assert ended.told == {"CARD_NEXT": "end"}
    assert line.is_proved(open_holds=1)


def test_a_card_that_may_make_two_calls_makes_two(a_line: Callable[..., Line]) -> None:
    """features.md 3.1: each may hold its share."""
    line = a_line(group={"calls_max": 2})
    assert [line.dial_with_card("442071234567#").how for _ in range(3)] == [
        CallEnd.HANDED_OVER,
        CallEnd.HANDED_OVER,
        CallEnd.CARD_NOT_ACCEPTED,
    ]
    assert line.is_proved(open_holds=2)


def test_a_card_of_a_group_that_the_plan_does_not_accept_is_as_unknown_as_none(line: Line) -> None:
    """M-15: the plan names the groups that it accepts."""
    with line.database() as world:
        other_id = a_group(world.session, name="Other group")
        (other,) = create_series(
            world.session, KEYS, a_series(other_id, world.rate_table_id, number=2, quantity=1), NOW
        )
    heard = line.dial(other.number.replace("-", ""), other.pin).heard
    assert "number-or-pin-not-accepted enter-card-number" in heard


def test_no_digit_of_a_pin_is_kept_with_the_call(line: Line) -> None:
    """reliability.md 11: what was keyed is written on the hold and the record, the PIN is not."""
    number, pin = line.world.keyed()
    ended = line.dial(number, WRONG, number, pin, "442071234567#")
    line.settle(ended, 60)
    with line.database() as world:
        hold = world.session.scalars(select(Hold)).one()
        kept = json.dumps([hold.quote, world.record(ended.call_id).heard])
    assert number in kept
    assert pin not in kept
    assert WRONG not in kept
