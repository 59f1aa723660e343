"""The gates before the card is asked for (features.md 5.3): who is turned away, who is asked once, who goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import ACCESS, NOW
from sqlalchemy import event

from billing.states import EntryKind, GuardScope, PinEntryMode
from fastagi.flow.card_call import CallEnd
from fastagi.flow.gate import trunk_of
from models import GuardBudget, GuardCounter

if TYPE_CHECKING:
    from collections.abc import Callable

    from line import Line

PHONE, OTHER = "37061234567", "37067654321"
WRONG = "000000000000"
LATER = "answer\nin en\nwelcome try-again-later goodbye"
PIN_ONLY = {"pin_entry_mode": PinEntryMode.PIN_ONLY, "pinless_allowed": True}
PINLESS = {"plan": {"pinless_enabled": True}}
BRITAIN = "442071234567#"


def spend_budget(line: Line, kind: EntryKind) -> None:
    with line.database() as world:
        world.session.add(GuardBudget(day=NOW.date(), kind=kind, secret_length=12, failures=9, allowed=9))


def count_wrong(line: Line, scope: GuardScope, subject: str, wrong: int) -> None:
    with line.database() as world:
        history = (1 << wrong) - 1
        world.session.add(GuardCounter(scope=scope, subject=subject, history=history, window_began_at=NOW))


def test_a_caller_with_five_wrong_entries_is_turned_away(line: Line) -> None:
    """V-33: over two calls; the fifth wrong one ends the second at the next entry."""
    number, pin = line.world.keyed(1)
    line.dial("1999999999", WRONG, "1999999999", WRONG, "1999999999", WRONG, caller_id=PHONE)
    heard = line.dial("1999999999", WRONG, "1999999999", WRONG, number, pin, caller_id=PHONE).heard
    assert heard.splitlines()[-1] == "try-again-later goodbye"
    ended = line.dial(number, pin, caller_id=PHONE)
    assert (ended.heard, ended.how, ended.told) == (LATER, CallEnd.CARD_NOT_ACCEPTED, {"CARD_NEXT": "end"})
    assert "enter-card-number" in line.dial(caller_id=OTHER).heard
    line.now += timedelta(minutes=15)
    assert "enter-card-number" in line.dial(caller_id=PHONE).heard


def test_a_spent_budget_turns_strangers_away_where_only_a_pin_is_asked(a_line: Callable[..., Line]) -> None:
    """features.md 5.3: bound callers still call."""
    line = a_line(group=PIN_ONLY, **PINLESS)
    line.dial(line.world.keyed()[1], "hang up", caller_id=PHONE)
    spend_budget(line, EntryKind.PIN_ONLY)
    assert line.dial(caller_id=OTHER).heard == LATER
    assert line.dial(BRITAIN, caller_id=PHONE).how is CallEnd.HANDED_OVER


def test_a_spent_budget_of_number_and_pin_turns_nobody_away(line: Line) -> None:
    spend_budget(line, EntryKind.NUMBER_AND_PIN)
    assert line.dial_with_card(BRITAIN).how is CallEnd.HANDED_OVER


@pytest.mark.parametrize(("scope", "subject"), [(GuardScope.ACCESS_NUMBER, ACCESS), (GuardScope.TRUNK, "caller")])
def test_an_access_number_or_trunk_over_its_share_asks_once(line: Line, scope: GuardScope, subject: str) -> None:
    """features.md 5.3, reliability.md 11: and answers later the more are wrong."""
    count_wrong(line, scope, subject, 26)
    waited = line.waited
    heard = line.dial("1999999999", WRONG, caller_id=PHONE).heard
    assert heard.splitlines()[-1] == "number-or-pin-not-accepted too-many-attempts goodbye"
    assert heard.count("enter-pin") == 1
    assert waited == [4]
    assert line.dial_with_card(BRITAIN, caller_id=OTHER).how is CallEnd.HANDED_OVER


def test_the_eleventh_call_of_an_hour_without_a_destination_is_turned_away(a_line: Callable[..., Line]) -> None:
    """features.md 3.10, part 4 no. 13: a phone that is bound too; calls that are dialled do not count."""
    line = a_line(group=PIN_ONLY, **PINLESS)
    first = line.dial(line.world.keyed()[1], BRITAIN, caller_id=PHONE)
    line.settle(first, 6)
    for _ in range(9):
        assert "your-balance-is" in line.dial("hang up", caller_id=PHONE).heard
    assert line.dial(caller_id=PHONE).how is CallEnd.NO_DESTINATION
    assert line.dial(BRITAIN, caller_id=PHONE).heard == LATER
    assert "enter-pin" in line.dial(caller_id=OTHER).heard
    line.now += timedelta(hours=1)
    assert line.dial(BRITAIN, caller_id=PHONE).how is CallEnd.HANDED_OVER


def test_above_the_days_limit_without_a_pin_the_pin_is_asked(a_line: Callable[..., Line]) -> None:
    """features.md 3.10."""
    line = a_line(group={**PIN_ONLY, "pinless_spend_a_day_max_micros": 50_000}, **PINLESS)
    _, pin = line.world.keyed()
    line.settle(line.dial(pin, BRITAIN, caller_id=PHONE), 60)
    heard = line.dial(pin, BRITAIN, caller_id=PHONE).heard
    assert "recognised-by-your-number" not in heard
    assert "welcome enter-pin < ****" in heard


def test_the_guard_adds_one_statement_to_a_right_call(a_line: Callable[..., Line]) -> None:
    """performance.md: at most eight statements a call; a known phone pays none for the guard."""
    line = a_line(group=PIN_ONLY, **PINLESS)
    _, pin = line.world.keyed()
    line.dial(pin, "hang up", caller_id=PHONE)
    seen: list[str] = []
    event.listen(line.engine, "before_cursor_execute", lambda *of: seen.append(of[2]))

    def guarding(*keys: str, **how: str) -> list[int]:
        seen.clear()
        line.dial(*keys, BRITAIN, **how)
        return [statement.count("FROM card ") for statement in seen if "guard_" in statement]

    assert guarding(caller_id=PHONE) == [2]  # beside the card
    assert len(guarding(pin, caller_id="")) == 2  # the gate, and beside the card


@pytest.mark.parametrize(
    ("channel", "trunk"),
    [("PJSIP/gateway-0000001f", "gateway"), ("PJSIP/a.b-c-0000001f", "a.b-c"), ("Local", None), ("", None)],
)
def test_the_trunk_is_the_endpoint_of_the_channel(channel: str, trunk: str | None) -> None:
    assert trunk_of(channel) == trunk
