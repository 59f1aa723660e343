"""Phones that need no PIN: whom the platform knows, how a phone is bound, and who loses it (M-28 to M-43)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, a_group, a_plan, a_series, micros
from sqlalchemy import select

from billing.states import CardStatus, PinEntryMode
from models import CallerIdBinding, CallerIdBindingEvent
from services.series.create_series import create_series

if TYPE_CHECKING:
    from collections.abc import Callable

    from line import Line

    from services.series.create_series import NewCard

ONE, TWO = "37061234567", "37067654321"
ASK = "enter-destination-end-with-hash"
BALANCE = "your-balance-is number-5 unit-usd-major-many"
KNOWN = f"welcome recognised-by-your-number {BALANCE} {ASK} < hung up"
ASKED_FOR_PIN = "welcome enter-pin"
PIN_ONLY = {"pin_entry_mode": PinEntryMode.PIN_ONLY, "pinless_allowed": True}
PINLESS = {"plan": {"pinless_enabled": True}}


@pytest.fixture
def pin_line(a_line: Callable[..., Line]) -> Callable[..., Line]:
    """A line that asks for the PIN of phones that it does not know."""
    return lambda **group: a_line(**PINLESS, group={**PIN_ONLY, **group})


def is_asked(line: Line, caller_id: str) -> bool:
    heard = line.dial("hang up", caller_id=caller_id).heard
    assert (KNOWN in heard) is not (ASKED_FOR_PIN in heard)
    return ASKED_FOR_PIN in heard


def key_in(line: Line, caller_id: str, *keys: str, place: int = 0) -> str:
    return line.dial(line.world.keyed(place)[1], *keys, "hang up", caller_id=caller_id).heard


def bindings(line: Line) -> dict[str, int]:
    """Place of the card by phone."""
    with line.database() as world:
        places = {card.card_id: place for place, card in enumerate(world.cards)}
        rows = world.session.execute(select(CallerIdBinding.caller_id, CallerIdBinding.card_id))
        return {caller_id: places.get(card_id, -1) for caller_id, card_id in rows}


@pytest.mark.parametrize(
    "line_database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
def test_the_eight_steps_of_the_example_newest_wins(a_line: Callable[..., Line]) -> None:
    """M-29, M-35 to M-42, with a PIN of 8 digits (JC-29 refuses MOR's 1234)."""
    line = a_line(**PINLESS, group=PIN_ONLY, series={"pin_length": 8})
    assert len(line.world.keyed()[1]) == 8
    assert is_asked(line, ONE)
    assert f"{ASKED_FOR_PIN} < ****\n{BALANCE} {ASK} < hung up" in key_in(line, ONE)
    assert bindings(line) == {ONE: 0}
    assert not is_asked(line, ONE)
    assert is_asked(line, TWO)
    key_in(line, TWO)
    assert bindings(line) == {TWO: 0}
    assert not is_asked(line, TWO)
    assert is_asked(line, ONE)
    key_in(line, ONE)
    assert bindings(line) == {ONE: 0}
    with line.database() as world:
        history = world.session.execute(select(CallerIdBindingEvent.caller_id, CallerIdBindingEvent.act)).all()
    assert [(phone, act.value) for phone, act in history] == [
        (ONE, "bound"),
        (ONE, "unbound"),
        (TWO, "bound"),
        (TWO, "unbound"),
        (ONE, "bound"),
    ]


def test_the_eight_steps_where_double_use_is_denied(pin_line: Callable[..., Line]) -> None:
    """M-34; the right column of features.md 3.10."""
    line = pin_line(pinless_deny_double_use=True)
    assert is_asked(line, ONE)
    key_in(line, ONE)
    assert not is_asked(line, ONE)
    assert is_asked(line, TWO)
    assert f"{BALANCE} {ASK} < hung up" in key_in(line, TWO)
    assert bindings(line) == {ONE: 0}
    assert is_asked(line, TWO)
    assert not is_asked(line, ONE)


@pytest.mark.parametrize(
    "caller_id",
    [
        "",
        "anonymous",
        "0044 20",
        "sip:x",
        "12+34567890",
        "1e5",
        "12.5",
        " 3706123456",
        "123456",
        "37061234567\n",
        "٣٧٠٦١٢٣٤٥٦٧",
    ],
)
def test_a_caller_id_that_is_no_number_gets_the_normal_flow_and_is_not_bound(
    pin_line: Callable[..., Line], caller_id: str
) -> None:
    """M-31, M-32, M-33; the table of features.md 3.10."""
    line = pin_line()
    assert BALANCE in key_in(line, caller_id)
    assert bindings(line) == {}
    assert ASKED_FOR_PIN in line.dial("hang up", caller_id=caller_id).heard


def test_a_plus_before_the_number_makes_no_other_caller(pin_line: Callable[..., Line]) -> None:
    """M-32."""
    line = pin_line()
    key_in(line, f"+{ONE}")
    assert bindings(line) == {ONE: 0}
    assert not is_asked(line, ONE)


def test_without_the_switch_of_the_plan_no_phone_is_known_or_bound(a_line: Callable[..., Line]) -> None:
    """M-28."""
    line = a_line(group=PIN_ONLY)
    key_in(line, ONE)
    assert bindings(line) == {}
    assert is_asked(line, ONE)


def test_without_the_groups_permission_no_phone_is_bound(pin_line: Callable[..., Line]) -> None:
    """M-28 and features.md 0.3: plan and group must both allow it."""
    line = pin_line(pinless_allowed=False)
    key_in(line, ONE)
    assert bindings(line) == {}


def test_a_group_may_ask_before_it_registers_a_phone(pin_line: Callable[..., Line]) -> None:
    line = pin_line(pinless_confirm=True)
    declined = key_in(line, ONE, "2")
    assert f"register-this-phone-press-1 < 2\n{BALANCE}" in declined
    assert bindings(line) == {}
    registered = key_in(line, ONE, "1")
    assert f"register-this-phone-press-1 < 1\nphone-registered {BALANCE}" in registered
    assert bindings(line) == {ONE: 0}


def test_who_may_not_register_a_second_phone_is_told(pin_line: Callable[..., Line]) -> None:
    """M-34."""
    line = pin_line(pinless_confirm=True, pinless_deny_double_use=True)
    key_in(line, ONE, "1")
    assert f"phone-belongs-to-other-card {BALANCE}" in key_in(line, TWO, "1")
    assert bindings(line) == {ONE: 0}


def test_an_empty_bound_card_asks_for_a_new_one_which_takes_the_phone(pin_line: Callable[..., Line]) -> None:
    """M-30."""
    line = pin_line()
    key_in(line, ONE)
    with line.database() as world:
        world.set_card(status=CardStatus.USED, activated_at=NOW)
    heard = key_in(line, ONE, place=1)
    assert f"welcome card-used-up enter-new-card enter-pin < ****\n{BALANCE} {ASK} < hung up" in heard
    assert bindings(line) == {ONE: 1}
    assert not is_asked(line, ONE)


def test_a_bound_card_in_use_ends_the_conversation(pin_line: Callable[..., Line]) -> None:
    """features.md 5.3 CHECK 5: no other card is asked for."""
    line = pin_line()
    key_in(line, ONE)
    with line.database() as world:
        world.call("other-call")
    assert line.dial(caller_id=ONE).heard.splitlines()[-1] == "welcome card-in-use goodbye"


def other_card(line: Line, number: str) -> NewCard:
    """A card of another group, with an access number of its own."""
    with line.database() as world:
        group_id = a_group(world.session, name="Other group", **PIN_ONLY)
        plan = {"name": "Other plan", "pinless_enabled": True, "access": {"number": number}}
        a_plan(world.session, [group_id], **plan)
        terms = a_series(group_id, world.rate_table_id, number=2, quantity=1, face_value_micros=micros("5.00"))
        return create_series(world.session, KEYS, terms, NOW)[0]


def test_a_phone_has_one_card_over_all_groups(pin_line: Callable[..., Line]) -> None:
    """M-43: the newer group's card takes the phone."""
    line = pin_line()
    key_in(line, ONE)
    other = other_card(line, "18005550199")
    line.dial(other.pin, "hang up", caller_id=ONE, number="18005550199")
    assert list(bindings(line)) == [ONE]
    assert bindings(line) != {ONE: 0}


def test_a_bound_card_of_a_group_that_the_plan_does_not_accept_counts_as_not_bound(
    pin_line: Callable[..., Line],
) -> None:
    """features.md 3.10."""
    line = pin_line()
    key_in(line, ONE)
    other_card(line, "18005550199")
    heard = line.dial("hang up", caller_id=ONE, number="18005550199").heard
    assert heard.splitlines()[-1] == "welcome enter-pin < hung up"


def test_a_known_phone_makes_a_call_without_a_pin(pin_line: Callable[..., Line]) -> None:
    """M-29."""
    line = pin_line()
    key_in(line, ONE)
    ended = line.dial("442071234567#", caller_id=ONE)
    assert "enter-pin" not in ended.heard
    line.settle(ended, 60)
    assert line.available_micros == micros("4.94")
    with line.database() as world:
        assert world.record(ended.call_id).caller_id == ONE
    assert line.is_proved()
