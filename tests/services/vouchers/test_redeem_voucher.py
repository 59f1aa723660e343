"""Redeeming vouchers: one caller gets it, once, on a card that may take it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import KEYS, NOW, World, a_world, at_once, micros
from sqlalchemy import select
from sqlalchemy.orm import Session
from vouchers import CLERK, a_batch, vouchers

from billing.states import CardStatus, CardType, RechargeExtends
from ivr_prompts.language import languages, load_language
from models import Card, LedgerEntry, Voucher, VoucherBatch
from services.keys.permit import Permit
from services.keys.pin_keys import PinKeys
from services.money.verify_ledger import verify_ledger
from services.vouchers.block_vouchers import block_vouchers
from services.vouchers.make_vouchers import make_vouchers
from services.vouchers.redeem_voucher import Redeemed, VoucherRefusal, redeem_voucher
from services.vouchers.voucher_report import voucher_rows

if TYPE_CHECKING:
    from sqlalchemy import Engine

RECHARGEABLE = {"card_type": CardType.RECHARGEABLE}
LATER = NOW + timedelta(seconds=5)


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session, group=RECHARGEABLE)


def redeem(world: World, code: str, *, place: int = 0, now: datetime = LATER) -> Redeemed | VoucherRefusal:
    return redeem_voucher(world.session, KEYS, world.card(place), code, now, UTC)


def voucher(session: Session) -> tuple[str, datetime | None, int | None]:
    status, redeemed_at, card_id = session.execute(
        select(Voucher.status, Voucher.redeemed_at, Voucher.redeemed_card_id)
    ).one()
    return status.value, redeemed_at, card_id


def test_a_voucher_gives_its_value_once(world: World) -> None:
    """V-6; reliability.md 4: its reference is the voucher."""
    [code] = vouchers(world.session, quantity=1)
    assert redeem(world, code) == Redeemed(micros("10.00"), micros("15.00"), "USD")
    voucher_id = world.session.scalars(select(Voucher.id)).one()
    assert world.ledger() == [("recharge", f"voucher:{voucher_id}", micros("10.00"))]
    assert voucher(world.session) == ("redeemed", LATER, world.cards[0].card_id)
    by = world.session.scalars(select(LedgerEntry.actor)).one()
    assert by == f"ivr:{world.card().number}"
    again = LATER + timedelta(seconds=1)
    assert redeem(world, code, now=again) is redeem(world, code, place=1, now=again) is VoucherRefusal.USED
    assert world.wallet() == (micros("15.00"), 0, 0)
    assert world.is_proved()


def test_the_same_act_again_gives_the_first_result(world: World) -> None:
    """The answer of the database was lost, and the server tries again with the same moment."""
    [code] = vouchers(world.session, quantity=1)
    assert redeem(world, code) == redeem(world, code)
    assert len(world.ledger()) == 1


@pytest.mark.parametrize("code", ["", "1", "12345678901234", "1234567890123x", "\u0661" * 14, "9" * 40])
def test_what_is_no_code_is_not_found(world: World, code: str) -> None:
    vouchers(world.session)
    assert redeem(world, code) is VoucherRefusal.NOT_FOUND


def test_none_is_good_before_its_batch_is_whole(world: World) -> None:
    batch_id = a_batch(world.session, quantity=3)
    make_vouchers(world.session, KEYS, batch_id, NOW, chunk=2)
    codes = [row.code for row in voucher_rows(world.session, Permit(KEYS), batch_id)]
    assert redeem(world, codes[0]) is VoucherRefusal.NOT_FOUND
    make_vouchers(world.session, KEYS, batch_id, NOW, chunk=2)
    assert isinstance(redeem(world, codes[0]), Redeemed)


def test_a_blocked_voucher_is_not_known(world: World) -> None:
    [code] = vouchers(world.session, quantity=1)
    batch_id = world.session.scalars(select(VoucherBatch.id)).one()
    block_vouchers(world.session, batch_id, None, "stolen", CLERK, NOW)
    assert redeem(world, code) is VoucherRefusal.NOT_FOUND


def test_an_expired_voucher_is_refused_from_its_moment_on(world: World) -> None:
    first, second = vouchers(world.session, quantity=2, expires_at=LATER)
    assert redeem(world, first) is VoucherRefusal.EXPIRED
    assert isinstance(redeem(world, second, now=LATER - timedelta(microseconds=1)), Redeemed)


@pytest.mark.parametrize(
    ("group", "terms"),
    [
        ({"recharge_max_micros": micros("9.99")}, {}),
        ({"recharge_min_micros": micros("10.01"), "recharge_max_micros": micros("50.00")}, {}),
        ({}, {"currency": "EUR"}),
        ({}, {"value_micros": 10**15}),
    ],
)
def test_a_voucher_that_the_card_cannot_take_stays_good(
    world: World, group: dict[str, Any], terms: dict[str, Any]
) -> None:
    """V-28; and the currency must agree."""
    if group:
        world.set_group(**group)
    [code] = vouchers(world.session, quantity=1, **terms)
    assert redeem(world, code) is VoucherRefusal.TOP_UP_LIMIT
    assert voucher(world.session) == ("ready", None, None)
    assert world.ledger() == []
    assert world.is_proved()


@pytest.mark.parametrize(
    "card",
    [
        {"status": CardStatus.BLOCKED, "status_before": CardStatus.PENDING},
        {"status": CardStatus.INACTIVE},
        {"expires_at": NOW, "grace_ends_at": NOW},
        {"expires_at": NOW, "grace_ends_at": NOW + timedelta(days=7)},
    ],
)
def test_a_card_that_takes_no_recharge_is_no_means_to_try_codes(world: World, card: dict[str, Any]) -> None:
    """Right and wrong codes get one answer. The last card is in its grace, and its series moves no date."""
    [code] = vouchers(world.session, quantity=1)
    world.set_card(**card)
    assert redeem(world, code) is VoucherRefusal.NOT_RECHARGEABLE
    if "grace_ends_at" not in card or card["grace_ends_at"] == NOW:
        assert redeem(world, "0" * 14) is VoucherRefusal.NOT_RECHARGEABLE
    assert voucher(world.session)[0] == "ready"


def test_a_standard_card_takes_no_voucher(session: Session) -> None:
    """V-5."""
    world = a_world(session)
    [code] = vouchers(session, quantity=1)
    assert redeem(world, code) is redeem(world, "0" * 14) is VoucherRefusal.NOT_RECHARGEABLE


def test_a_voucher_revives_a_card_in_its_grace(world: World) -> None:
    """V-14."""
    world.set_series(recharge_extends_expiry=RechargeExtends.FROM_NOW, expiry_period_days=30)
    ends = {"expires_at": NOW - timedelta(days=1), "grace_ends_at": NOW + timedelta(days=6)}
    dates = {"activated_at": NOW - timedelta(days=31), **ends}
    world.set_card(status=CardStatus.EXPIRED, status_before=CardStatus.ACTIVATED, **dates)
    [code] = vouchers(world.session, quantity=1)
    assert isinstance(redeem(world, code), Redeemed)
    assert world.card().status is CardStatus.ACTIVATED
    assert world.session.scalars(select(Card.expires_at).where(Card.id == world.cards[0].card_id)).one() > NOW


def test_a_code_is_found_under_an_older_key(world: World) -> None:
    """While keys are rotated."""
    [code] = vouchers(world.session, quantity=1)
    newer = PinKeys(2, b"n" * 32, b"m" * 32, (KEYS,))
    assert isinstance(redeem_voucher(world.session, newer, world.card(), code, LATER, UTC), Redeemed)


def test_every_refusal_can_be_said_in_every_language() -> None:
    said = {refusal.prompt_id for refusal in VoucherRefusal}
    assert said == {"voucher-not-found", "voucher-used", "voucher-expired", "top-up-limit"}
    for code in languages():
        assert said <= set(load_language(code).texts)


def test_wrong_codes_are_those_that_a_guesser_would_hear() -> None:
    assert {refusal for refusal in VoucherRefusal if refusal.is_wrong_code} == {
        VoucherRefusal.NOT_FOUND,
        VoucherRefusal.USED,
    }


def test_of_two_callers_with_one_voucher_one_gets_it(engine: Engine) -> None:
    """features.md part 4, no. 2: ten rounds of four callers on two cards."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group=RECHARGEABLE)
        codes = vouchers(session, quantity=10)
        session.commit()
        for n, code in enumerate(codes):
            moment = LATER + timedelta(seconds=n)
            callers = [(place, moment + timedelta(milliseconds=k)) for k, place in enumerate((0, 1, 0, 1))]
            answers = at_once(
                engine, [lambda s, c=code, p=p, m=m: redeem(world.on(s), c, place=p, now=m) for p, m in callers]
            )
            assert sum(isinstance(answer, Redeemed) for answer in answers) == 1
            assert [a for a in answers if not isinstance(a, Redeemed)] == [VoucherRefusal.USED] * 3
        assert sum(world.wallet(place)[0] for place in (0, 1)) == micros("110.00")
        assert world.is_proved()


def test_a_voucher_blocked_at_the_instant_of_its_redemption_is_one_or_the_other(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group=RECHARGEABLE)
        codes = vouchers(session, quantity=6)
        batch_id = session.scalars(select(VoucherBatch.id)).one()
        session.commit()
        for serial, code in enumerate(codes, start=1):
            works = [
                lambda s, c=code: isinstance(redeem(world.on(s), c), Redeemed),
                lambda s, n=serial: block_vouchers(s, batch_id, range(n, n + 1), "lost", CLERK, NOW) == 1,
            ]
            assert sorted(at_once(engine, works)) == [False, True]
        assert world.is_proved()


def test_the_verifier_finds_a_voucher_without_its_money_and_money_without_its_voucher(world: World) -> None:
    paid, unpaid = vouchers(world.session, quantity=2)
    assert isinstance(redeem(world, paid), Redeemed)
    paid_id, unpaid_id = world.session.scalars(select(Voucher.id).order_by(Voucher.serial))
    taken = {"status": "redeemed", "redeemed_at": NOW, "redeemed_card_id": world.cards[0].card_id}
    world.set(Voucher, unpaid_id, **taken)
    assert breaches(world) == {f"voucher {unpaid_id}"}
    ready = {"status": "ready", "redeemed_at": None, "redeemed_card_id": None}
    world.set(Voucher, unpaid_id, **ready)
    world.set(Voucher, paid_id, redeemed_card_id=world.cards[1].card_id)
    assert breaches(world) == {f"voucher {paid_id}"}
    entry_id = world.session.scalars(select(LedgerEntry.id)).one()
    world.set(Voucher, paid_id, **ready)
    assert breaches(world) == {f"voucher {paid_id}", f"ledger entry {entry_id}"}
    assert unpaid != paid


def breaches(world: World) -> set[str]:
    return {breach.subject for breach in verify_ledger(world.session)}
