"""Calls without a card over a real SIP trunk: the gateway's own bill, our stamps and the carrier's record agree."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from clocks import carriers_ms, our_ms
from gateways import (
    BY_LOGIN,
    BY_STRANGER,
    Payer,
    a_payer,
    ended_with,
    gateway_calls,
    gateways_ms,
    is_answered,
    let_gateways_in,
    moments,
)
from sqlalchemy import delete

from billing.states import CallDisposition
from models import AccountAddress, IdentBy
from tests.asterisk_fixtures import wait_for

if TYPE_CHECKING:
    from house import House

    from models import CallRecord
    from telephony.phone import PhoneCall

pytestmark = pytest.mark.asterisk

AGREEMENT_MS = 60
TOLD_MS = 250  # from the end of the settlement to the gateway's own end: a few steps of the dialplan, and BYE
SECOND_MICROS = 1_000  # the test numbers, 999: 0.06 a minute by the second


@pytest.fixture(scope="module")
def payers(furnished: House) -> dict[str, Payer]:
    """All at one address, told apart by tech prefix; and one by login."""
    furnished.ensure_server()
    with furnished.look() as session:  # the demo's own gateway has the same address, and no prefix
        session.execute(delete(AccountAddress))
    made = {prefix: a_payer(furnished, prefix) for prefix in ("71", "72", "73", "74", "75", "76", "77", "78")}
    made["81"] = a_payer(furnished, "81", balance=0, credit=3 * SECOND_MICROS)
    made["82"] = a_payer(furnished, "82", originator_capacity=1)
    made["login"] = a_payer(furnished, "", name="demo-gateway", ident_by=IdentBy.NAME, name_key="demo-gateway")
    let_gateways_in(furnished)
    return made


def test_the_carrier_hangs_up_and_all_four_clocks_agree(house: House, payers: dict[str, Payer]) -> None:
    payer = payers["71"]
    with gateway_calls(house, "719999010040") as call:
        assert ended_with(call) == 16
    record = payer.record()
    assert (record.destination, record.card_id, record.account_id) == ("9999010040", None, payer.account_id)
    assert [(tried["route"], tried["dial_status"]) for tried in record.tried] == [
        ("demo.cheap", "CONGESTION"),
        ("demo.second", "ANSWER"),
    ]
    assert abs(record.talk_ms - our_ms(house.plant, record.call_id)) < AGREEMENT_MS
    assert abs(record.talk_ms - carriers_ms(house.plant, "demo.second", record.answered_at)) < AGREEMENT_MS
    assert hears_of_the_end_by_the_settlement(house, call, record)
    assert record.answered_at is not None
    assert abs(moments(house, call)["ANSWER"] - record.answered_at.timestamp()) * 1000 < AGREEMENT_MS
    assert record.talk_seconds == 4
    assert record.cost_micros == 4 * SECOND_MICROS
    assert payer.balance_micros() == 5_000_000 - record.cost_micros
    assert record.caller_id == "37060000001"


def test_the_gateway_hangs_up_in_the_call(house: House, payers: dict[str, Payer]) -> None:
    with gateway_calls(house, "729999000000") as call:
        wait_for(lambda: is_answered(house, call), 20)
        time.sleep(2)  # talk
    record = payers["72"].record()
    assert record.disposition is CallDisposition.ANSWERED
    assert abs(record.talk_ms - gateways_ms(house, call)) < AGREEMENT_MS
    assert record.cost_micros == (record.talk_ms // 1000) * SECOND_MICROS


def test_the_gateway_gives_up_while_it_rings_and_pays_nothing(house: House, payers: dict[str, Payer]) -> None:
    with gateway_calls(house, "739999200000") as call:
        wait_for(lambda: any("demo.second" in line for line in house.plant.channel_lines()), 20)
    record = payers["73"].record()
    assert record.disposition is CallDisposition.CANCELLED
    assert record.cost_micros == 0
    assert not is_answered(house, call)
    assert payers["73"].balance_micros() == 5_000_000


@pytest.mark.parametrize(("number", "cause"), [("9998017", 17), ("9998001", 1), ("9998028", 28), ("9998034", 34)])
def test_the_gateway_hears_the_carriers_own_cause_and_no_answer(
    house: House, payers: dict[str, Payer], number: str, cause: int
) -> None:
    with gateway_calls(house, f"74{number}") as call:
        assert ended_with(call) == cause
    assert not is_answered(house, call)
    assert payers["74"].balance_micros() == 5_000_000


def test_early_sound_passes_before_the_answer_and_only_the_answer_is_billed(
    house: House, payers: dict[str, Payer]
) -> None:
    with gateway_calls(house, "75999603") as call:
        ended_with(call)
    seen = moments(house, call)
    assert seen["ANSWER"] - seen["CHAN_START"] >= 3
    record = payers["75"].record()
    assert abs(record.talk_ms - carriers_ms(house.plant, "demo.second", record.answered_at)) < AGREEMENT_MS
    assert hears_of_the_end_by_the_settlement(house, call, record)


def test_credit_that_runs_out_ends_the_call_to_the_second(house: House, payers: dict[str, Payer]) -> None:
    payer = payers["81"]
    with gateway_calls(house, "819999000000") as call:
        ended_with(call)
    record = payer.record()
    assert (record.limit_seconds, record.talk_seconds) == (3, 3)
    assert record.talk_ms <= 3_000 + AGREEMENT_MS
    assert payer.balance_micros() == -3 * SECOND_MICROS
    with gateway_calls(house, "819999000000") as call:
        assert ended_with(call) == 21
    assert len(payer.records()) == 1


def test_ja_42_the_second_call_on_one_line_is_refused(house: House, payers: dict[str, Payer]) -> None:
    payer = payers["82"]
    with gateway_calls(house, "829999000000") as first:
        wait_for(lambda: is_answered(house, first), 20)
        with gateway_calls(house, "829999000000") as second:
            assert ended_with(second) in {34, 42}
        assert not is_answered(house, second)
    payer.record()
    house.plant.wait_until_idle()
    with gateway_calls(house, "829999010010") as third:
        assert ended_with(third) == 16


def test_ja_31_two_gateways_on_one_address_pay_each_its_own(house: House, payers: dict[str, Payer]) -> None:
    for prefix in ("76", "77"):
        with gateway_calls(house, f"{prefix}9999000010") as call:
            assert ended_with(call) == 16
    assert payers["76"].record().wallet_id == payers["76"].wallet_id
    assert payers["77"].record().wallet_id == payers["77"].wallet_id


def test_an_unknown_prefix_a_stranger_and_a_number_without_a_price_are_refused(
    house: House, payers: dict[str, Payer]
) -> None:
    assert payers
    before = house.server_log.read_text()
    with gateway_calls(house, "999999000010") as call:
        assert ended_with(call) == 21
    with gateway_calls(house, "789999000010", by=BY_STRANGER) as call:
        assert ended_with(call) != 16
    assert not is_answered(house, call)
    with gateway_calls(house, "788812345678") as call:
        assert ended_with(call) == 1
    told = house.server_log.read_text()[len(before) :]
    assert "account call refused" in told
    assert "why=unknown" in told
    assert "why=no-rate" in told
    assert payers["78"].records() == []


def test_ja_32_a_gateway_with_a_login_is_known_wherever_it_calls_from(house: House, payers: dict[str, Payer]) -> None:
    with gateway_calls(house, "9999010020", by=BY_LOGIN) as call:
        assert ended_with(call) == 16
    record = payers["login"].record()
    assert record.account_id == payers["login"].account_id
    assert hears_of_the_end_by_the_settlement(house, call, record)


def test_a_gateways_call_goes_on_through_apply_and_the_death_of_the_call_server(
    house: House, payers: dict[str, Payer]
) -> None:
    payer = payers["78"]
    with gateway_calls(house, "789999000060") as call:
        wait_for(lambda: is_answered(house, call), 20)
        payers["71"].set(originator_enabled=False)
        a_payer(house, "79")
        let_gateways_in(house)
        house.kill_server()
        assert ended_with(call) == 16
    house.start_server()
    record = payer.record()
    assert record.settled_by == "spool"
    assert -AGREEMENT_MS < gateways_ms(house, call) - record.talk_ms < TOLD_MS  # no server answers: nothing to wait for
    assert abs(record.talk_ms - our_ms(house.plant, record.call_id)) < AGREEMENT_MS
    assert record.cost_micros == (record.talk_ms // 1000) * SECOND_MICROS
    with gateway_calls(house, "719999000010") as call:
        assert ended_with(call) == 21


def hears_of_the_end_by_the_settlement(house: House, call: PhoneCall, record: CallRecord) -> bool:
    """Never before the carrier's end, and at once when the settlement is done, however long that took (0022)."""
    assert gateways_ms(house, call) - record.talk_ms > -AGREEMENT_MS
    wait_for(lambda: settled_at(house, record.call_id) is not None, 20)
    done = settled_at(house, record.call_id)
    assert done is not None
    assert (moments(house, call)["HANGUP"] - done) * 1000 < TOLD_MS
    return True


def settled_at(house: House, call_id: str) -> float | None:
    """When the settle session of the call was over, by the call server's log."""
    for line in house.server_log.read_text().splitlines():
        if call_id in line and "script=settle" in line and 'event="session ended"' in line:
            return datetime.fromisoformat(line.split()[0].partition("=")[2]).timestamp()
    return None
