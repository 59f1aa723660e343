"""Settling: what was talked is charged to the micro, the rest is freed, and a repeat moves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import LITHUANIA, NOW, TALK_BEGINS_MS, World, a_world, answered, at_once, micros, not_answered
from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.states import CallDisposition, CardStatus, CardType, SeriesStatus
from models import CardGroup, CardSeries, Rate, TaxRate
from services.calls.call_record import TriedCarrier
from services.calls.settle_call import Settled, UnknownCall, settle_call

if TYPE_CHECKING:
    from sqlalchemy import Engine

FACE = micros("5.00")


def test_the_seconds_talked_are_charged_and_the_rest_is_freed(world: World) -> None:
    """M-26: 600 s at 0.07, connection 0.10, 60/6."""
    world.call("call-1", LITHUANIA)
    settled = world.settle(answered("call-1", 600))
    assert settled == Settled("call-1", CallDisposition.ANSWERED, 600, micros("0.80"))
    assert world.ledger() == [("connect_fee", "call-1", micros("0.10")), ("call", "call-1", micros("0.70"))]
    assert world.wallet() == (FACE - micros("0.80"), 0, 0)
    assert world.holds() == {"call-1": "settled"}
    assert world.is_proved()


def test_every_term_of_the_charge_is_a_row_of_the_ledger(session: Session) -> None:
    """JC-34, JC-36 and the surcharge of the access number; each has its kind, and the taxes their names."""
    terms = {
        "prefix": "44",
        "destination_name": "Britain",
        "price_per_minute_micros": 60_000,
        "connect_fee_micros": 100_000,
        "disconnect_fee_micros": 20_000,
        "block_fee_micros": 5_000,
        "block_fee_seconds": 60,
    }
    world = a_world(
        session,
        rates=(terms,),
        series={"activation_fee_micros": micros("1.00")},
        access={"surcharge_micros": 10_000, "surcharge_per_minute_micros": 6_000},
        taxes=(("VAT", 20), ("City", 1)),
    )
    world.call("call-1")
    settled = world.settle(answered("call-1", 120))
    # 0.10 + 0.12 + 2 x 0.005 + 0.02, and 0.01 + 0.012 for the access number: 0.272 before tax
    assert world.ledger() == [
        ("activation_fee", f"card:{world.cards[0].card_id}", 1_000_000),
        ("connect_fee", "call-1", 100_000),
        ("call", "call-1", 120_000),
        ("block_fee", "call-1", 10_000),
        ("disconnect_fee", "call-1", 20_000),
        ("access_surcharge", "call-1", 22_000),
        ("tax", "call-1:VAT", 54_400),
        ("tax", "call-1:City", 2_720),
    ]
    assert settled.cost_micros == sum(amount for *_, amount in world.ledger()) == 1_329_120
    assert len(world.record("call-1").charge_lines) == 8
    assert world.is_proved()


def test_the_call_record_is_complete(world: World) -> None:
    world.call("call-1", LITHUANIA)
    world.settle(answered("call-1", 61, ms=999))
    record = world.record("call-1")
    assert (record.destination, record.destination_name, record.rate_prefix) == (LITHUANIA, "Lithuania", "370")
    assert (record.access_number, record.caller_id, record.channel_id) == (
        "18005550100",
        "15550100",
        "PJSIP/caller-1",
    )
    assert (record.talk_ms, record.talk_seconds, record.billed_seconds) == (61_999, 61, 66)
    assert (record.limit_seconds, record.announced_seconds, record.held_micros) == (4_200, 4_200, FACE)
    assert (record.disposition, record.dial_status, record.hangup_cause) == (CallDisposition.ANSWERED, "ANSWER", 16)
    assert record.answered_at == datetime.fromtimestamp(TALK_BEGINS_MS // 1000, UTC)
    assert record.ended_at - record.answered_at == timedelta(milliseconds=61_999)
    assert (record.settled_by, record.settled_at, record.placed_at) == ("inline", NOW, NOW)
    assert record.heard == [{"step": "asked"}]


def test_the_carrier_that_answered_gives_the_buying_price(world: World) -> None:
    """F22: the first carrier was congested, the second took the call; one hold, one settlement."""
    world.call("call-1", LITHUANIA)
    tried = (TriedCarrier("test.cheap", "CONGESTION", "34"), TriedCarrier("test.second", "ANSWER", "16"))
    world.settle(replace(answered("call-1", 600, route="test.second"), tried=tried))
    record = world.record("call-1")
    assert (record.carrier_account_id, record.buy_prefix) == (world.carriers["test.second"], "370")
    assert record.buy_cost_micros == micros("0.48")  # 60 % of 0.80
    assert [one["dial_status"] for one in record.tried] == ["CONGESTION", "ANSWER"]
    assert record.cost_micros == micros("0.80")


@pytest.mark.parametrize(
    ("status", "disposition"),
    [
        ("NOANSWER", CallDisposition.NO_ANSWER),
        ("BUSY", CallDisposition.BUSY),
        ("CANCEL", CallDisposition.CANCELLED),
        ("", CallDisposition.CANCELLED),
        ("CONGESTION", CallDisposition.ALL_LINES_BUSY),
        ("CHANUNAVAIL", CallDisposition.UNREACHABLE),
        ("ANSWER", CallDisposition.UNREACHABLE),  # a false answer: no stamp, so nothing to charge
    ],
)
def test_a_call_without_an_answer_stamp_costs_nothing(world: World, status: str, disposition: CallDisposition) -> None:
    """F21."""
    world.call("call-1")
    assert world.settle(not_answered("call-1", status)) == Settled("call-1", disposition, 0, 0)
    assert (world.wallet(), world.ledger(), world.holds()) == ((FACE, 0, 0), [], {"call-1": "voided"})
    assert world.card().status is CardStatus.PENDING
    assert world.record("call-1").carrier_account_id is None
    assert world.is_proved()


@pytest.mark.parametrize(
    ("seconds", "ms", "charged_seconds"),
    [(0, 0, 1), (0, 1, 1), (0, 999, 1), (1, 999, 1), (2, 0, 2), (599, 999, 599), (600, 1, 600), (4_200, 0, 600)],
)
def test_milliseconds_are_cut_but_an_answer_is_a_second_and_the_limit_the_end(
    session: Session, seconds: int, ms: int, charged_seconds: int
) -> None:
    world = a_world(session, group={"call_seconds_max": 600})
    world.call("call-1")
    settled = world.settle(answered("call-1", seconds, ms=ms))
    assert (settled.talk_seconds, settled.cost_micros) == (charged_seconds, charged_seconds * 1_000)
    assert world.is_proved()


@pytest.mark.parametrize(
    ("step_ms", "charged_seconds"), [(-3_600_000, 1), (3_600_000, 5_000), (10**12, 5_000), (9 * 10**14, 5_000)]
)
def test_a_clock_that_was_set_in_mid_call_never_charges_more_than_was_held(
    world: World, step_ms: int, charged_seconds: int
) -> None:
    """F14."""
    world.call("call-1")
    report = answered("call-1", 1_500)
    assert report.ended_at_ms is not None
    settled = world.settle(replace(report, ended_at_ms=report.ended_at_ms + step_ms))
    assert settled.talk_seconds == charged_seconds
    assert world.wallet() == (FACE - charged_seconds * 1_000, 0, 0)
    assert world.is_proved()


def test_a_repeat_gives_the_first_result_and_moves_nothing(world: World) -> None:
    """F12: the hangup handler comes with other figures after the dialplan settled in line."""
    world.call("call-1")
    first = world.settle(answered("call-1", 60))
    before = (world.wallet(), world.ledger())
    again = world.settle(replace(answered("call-1", 900), place="handler"))
    assert again == replace(first, is_repeat=True)
    assert (world.wallet(), world.ledger()) == before
    assert world.record("call-1").settled_by == "inline"


def test_an_unknown_call_is_told_as_such(world: World) -> None:
    assert settle_call(world.session, answered("never-held", 60), NOW, UTC) == UnknownCall("never-held")
    assert world.ledger() == []


def test_a_call_within_the_free_seconds_costs_nothing_and_activates_nothing(session: Session) -> None:
    """features.md 3.4."""
    free = {"prefix": "44", "destination_name": "Britain", "price_per_minute_micros": 60_000, "free_seconds": 5}
    world = a_world(session, rates=(free,), series={"activation_fee_micros": micros("1.00")})
    world.call("call-1")
    assert world.settle(answered("call-1", 5)).cost_micros == 0
    assert world.card().status is CardStatus.PENDING
    assert world.ledger() == []
    world.call("call-2")
    assert world.settle(answered("call-2", 6)).cost_micros == micros("1.006")
    assert world.card().status is CardStatus.ACTIVATED
    assert world.is_proved()


def test_rates_that_change_in_mid_call_change_nothing_for_it(session: Session) -> None:
    """F17: neither selling nor buying price, tax, fee or group."""
    world = a_world(session, taxes=(("VAT", 20),))
    world.call("call-1", LITHUANIA)
    session.execute(update(Rate).values(price_per_minute_micros=9_000_000, connect_fee_micros=9_000_000))
    session.execute(update(TaxRate).values(parts_per_million=1_000_000))
    session.execute(update(CardSeries).values(activation_fee_micros=9_000_000))
    session.execute(update(CardGroup).values(card_type=CardType.UNLIMITED, call_seconds_max=10))
    assert world.settle(answered("call-1", 600)).cost_micros == micros("0.96")
    assert world.record("call-1").buy_cost_micros == micros("0.32")
    assert world.is_proved()


@pytest.mark.parametrize(
    ("status", "series_status"),
    [
        (CardStatus.BLOCKED, SeriesStatus.ACTIVE),
        (CardStatus.EXPIRED, SeriesStatus.ACTIVE),
        (CardStatus.ACTIVATED, SeriesStatus.STOPPED),
        (CardStatus.ACTIVATED, SeriesStatus.DELETED),
    ],
)
def test_a_call_of_a_card_that_was_stopped_meanwhile_is_settled(
    world: World, status: CardStatus, series_status: SeriesStatus
) -> None:
    """F18."""
    world.set_card(status=CardStatus.ACTIVATED, activated_at=NOW)
    world.call("call-1")
    before = None if status is CardStatus.ACTIVATED else CardStatus.ACTIVATED
    world.set_card(status=status, status_before=before, locked_until=NOW + timedelta(1))
    world.set_series(status=series_status)
    assert world.settle(answered("call-1", 60)).cost_micros == micros("0.06")
    assert world.card().status is status
    assert world.wallet() == (FACE - micros("0.06"), 0, 0)
    assert world.is_proved()


def test_settlements_from_everywhere_at_once_charge_once(engine: Engine, committed_world: World) -> None:
    """F12, F13: in line, by the handler, from the spool and by the reconciler, eight at the same instant."""
    world = committed_world
    world.call("call-1")
    world.session.commit()
    reports = [replace(answered("call-1", 60 + n), place=f"place-{n}") for n in range(8)]
    results = at_once(engine, [lambda s, report=report: world.on(s).settle(report) for report in reports])
    [first] = [result for result in results if not result.is_repeat]
    assert {result.cost_micros for result in results} == {first.cost_micros}
    assert world.ledger() == [("call", "call-1", first.cost_micros)]
    assert world.wallet() == (FACE - first.cost_micros, 0, 0)
    assert world.is_proved()


def test_many_calls_of_one_card_settle_at_once_without_loss(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group={"calls_max": 16, "call_seconds_max": 60})
        for n in range(16):
            world.call(f"call-{n}")
        session.commit()
        reports = [answered(f"call-{n}", n + 1) if n % 4 else not_answered(f"call-{n}") for n in range(16)]
        at_once(engine, [lambda s, report=report: world.on(s).settle(report) for report in reports])
        charged = sum((n + 1) * 1_000 for n in range(16) if n % 4)
        assert world.wallet() == (FACE - charged, 0, 0)
        assert world.is_proved()
