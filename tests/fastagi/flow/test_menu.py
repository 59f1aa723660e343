"""The menu behind "*": balance, top-up, short numbers, last call, phones, languages, help; each can be switched off."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, KEYS, NOW, micros
from sqlalchemy import insert, select

from fastagi.flow.card_call import CallEnd
from models import CallerIdBinding, FailedEntry, LedgerEntry, SpeedDial, Voucher, VoucherBatch
from services.vouchers.voucher_codes import code_digests
from telephony.handover import Variable

if TYPE_CHECKING:
    from collections.abc import Callable

    from line import Line
    from sqlalchemy.orm import Session

ASK = "enter-destination-end-with-hash"
PHONE = "37061234567"
CODE = "12345678901234"
MENU = "menu-1-new-call menu-2-balance menu-4-speed-dial menu-5-last-call menu-0-help menu-hash-end"

BOTH = pytest.mark.parametrize(
    "line_database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def heard_after(line: Line, *keys: str, **how: object) -> list[str]:
    """What is heard from the answer to "*" on."""
    return line.dial_with_card(*keys, "hang up", **how).heard.splitlines()[4:]


def test_the_star_opens_the_menu_and_costs_no_try(line: Line) -> None:
    heard = line.dial_with_card(*["*#", "1"] * 4, "hang up").heard
    assert heard.count(MENU) == 4
    assert heard.endswith(f"{ASK} < hung up")


def test_a_key_right_after_the_star_needs_no_menu(line: Line) -> None:
    assert heard_after(line, "*2#")[-1] == f"your-balance-is number-5 unit-usd-major-many {ASK} < hung up"


def test_the_hash_in_the_menu_ends_the_call(line: Line) -> None:
    ended = line.dial_with_card("*#", "#")
    assert ended.how is CallEnd.NO_DESTINATION
    assert ended.heard.endswith("goodbye")


def test_help_comes_back_to_the_menu(line: Line) -> None:
    heard = heard_after(line, "*#", "0", "1")
    assert heard[-2] == f"{ASK} press-hash-twice-new-call {MENU} < 1"


@pytest.mark.parametrize(
    ("switch", "prompt", "key"),
    [
        ("menu_balance", "menu-2-balance", "2"),
        ("menu_speed_dial", "menu-4-speed-dial", "4"),
        ("menu_last_call", "menu-5-last-call", "5"),
    ],
)
def test_a_key_whose_feature_is_off_is_neither_spoken_nor_accepted(
    a_line: Callable[..., Line], switch: str, prompt: str, key: str
) -> None:
    line = a_line(group={switch: False})
    heard = heard_after(line, "*#", key)
    assert prompt not in heard[-2]
    assert heard[-1] == f"{ASK} < hung up"


@BOTH
def test_a_voucher_adds_its_credit_once(a_line: Callable[..., Line]) -> None:
    """V-28, key 3; the code is masked like a PIN."""
    line = a_line(group={"card_type": "rechargeable"})
    with line.database() as world:
        a_voucher(world.session)
    heard = heard_after(line, "*3#", CODE)
    topped_up = "topped-up-with number-2 unit-usd-major-many your-balance-is number-7 unit-usd-major-many"
    assert heard[1] == "enter-voucher < ****"
    assert heard[2].startswith(topped_up)
    line.now += timedelta(minutes=1)
    assert heard_after(line, "*3#", CODE)[-1] == f"voucher-used {ASK} < hung up"
    with line.database() as world:
        moved = world.session.scalars(select(LedgerEntry.amount_micros).where(LedgerEntry.kind == "recharge")).all()
        assert moved == [micros("2.00")]
    assert line.is_proved()


@BOTH
def test_a_wrong_voucher_code_is_counted_by_the_guard(a_line: Callable[..., Line]) -> None:
    line = a_line(group={"card_type": "rechargeable"})
    assert heard_after(line, "*3#", "99999999999999", caller_id=PHONE)[-1] == f"voucher-not-found {ASK} < hung up"
    with line.database() as world:
        entry = world.session.scalars(select(FailedEntry)).one()
        assert (entry.kind, entry.caller_id) == ("voucher", PHONE)


def test_a_card_that_cannot_be_recharged_is_offered_no_voucher(line: Line) -> None:
    """V-5."""
    assert "menu-3-top-up" not in line.dial_with_card("*#", "hang up").heard


def test_a_short_number_is_saved_heard_dialled_and_taken_away(line: Line) -> None:
    saved = heard_after(line, "*4#", "7#", f"{BRITAIN}#", "1")
    assert saved[-1] == f"saved {ASK} < hung up"
    called = line.dial_with_card("7#")
    assert called.told[Variable.DST].split(":")[0] == BRITAIN
    line.settle_undialled(called)
    assert heard_after(line, "*4#", "7#", "#")[-1] == f"deleted {ASK} < hung up"
    with line.database() as world:
        assert world.session.scalars(select(SpeedDial)).all() == []


def test_a_pin_is_no_short_number_and_stands_nowhere(line: Line) -> None:
    """Found by make fuzz."""
    _, pin = line.world.keyed()
    heard = heard_after(line, "*4#", "1#", f"{pin}#")
    assert heard[-2:] == ["enter-number < ****", f"nothing-entered {ASK} < hung up"]
    assert pin not in "\n".join(heard)


def test_a_short_number_that_is_not_set_is_too_short(line: Line) -> None:
    assert heard_after(line, "8#")[-1] == f"too-short {ASK} < hung up"


def test_a_short_number_is_not_saved_without_the_confirmation(line: Line) -> None:
    heard_after(line, "*4#", "7#", f"{BRITAIN}#", "2")
    with line.database() as world:
        assert world.session.scalars(select(SpeedDial)).all() == []


def test_the_last_call_is_told_and_dialled_again(line: Line) -> None:
    """Key 5, and 1 in it."""
    first = line.dial_with_card(f"{BRITAIN}#")
    line.settle(first, 65)
    again = line.dial_with_card("*5#", "1")
    told = again.heard.splitlines()[-2]
    assert told.startswith("first-used ")
    for part in ("last-call-was", "number-you-dialled-is", "duration-was", "call-ended-cost-was"):
        assert part in told
    assert again.how is CallEnd.HANDED_OVER
    assert again.told[Variable.DST].split(":")[0] == BRITAIN


def test_an_unused_card_says_so(line: Line) -> None:
    assert heard_after(line, "*5#")[-1] == f"never-used {ASK} < hung up"


def test_a_phone_is_registered_and_removed(a_line: Callable[..., Line]) -> None:
    """V-18, key 6."""
    line = a_line(group={"pinless_allowed": True, "pinless_confirm": True}, plan={"pinless_enabled": True})
    registered = line.dial_with_card("2", "*6#", "1", "hang up", caller_id=PHONE)
    assert registered.heard.splitlines()[-1] == f"phone-registered {ASK} < hung up"
    with line.database() as world:
        assert world.session.scalars(select(CallerIdBinding.caller_id)).all() == [PHONE]
    removed = line.dial("*6#", "2", "hang up", caller_id=PHONE)
    assert removed.heard.splitlines()[-1] == f"phone-removed {ASK} < hung up"
    with line.database() as world:
        assert world.session.scalars(select(CallerIdBinding)).all() == []


def test_another_language_is_spoken_from_now_on(a_line: Callable[..., Line]) -> None:
    """Key 9."""
    line = a_line(plan={"languages": ["en", "es"]}, access={"language": "en"})
    ended = line.dial_with_card("*9#", "2", "hang up")
    assert "in es" in ended.heard.splitlines()[-3:]
    with line.database() as world:
        assert world.card().language == "es"


def test_a_pin_keyed_out_of_habit_is_masked_and_not_dialled(a_line: Callable[..., Line]) -> None:
    """A known phone is not asked for its PIN; keyed all the same it must not reach a carrier, a trace or a record."""
    line = a_line(group={"pinless_allowed": True}, plan={"pinless_enabled": True})
    _, pin = line.world.keyed()
    line.dial_with_card("hang up", caller_id=PHONE)
    ended = line.dial(f"{pin}#", "hang up", caller_id=PHONE)
    assert pin not in ended.heard
    assert Variable.DST not in ended.told
    assert ended.heard.splitlines()[-1] == f"nothing-entered {ASK} < hung up"


def a_voucher(session: Session) -> None:
    batch = {"name": "Shop", "currency": "USD", "value_micros": micros("2.00"), "quantity": 1, "code_length": 14}
    batch_id = session.scalars(
        insert(VoucherBatch).values(**batch, created_at=NOW, made_at=NOW).returning(VoucherBatch.id)
    ).one()
    sealed = {"code_digest": code_digests(KEYS, CODE)[0], "code_key": KEYS.number}
    session.execute(insert(Voucher).values(batch_id=batch_id, serial=1, **sealed))
