"""Adjustments by an operator: with a reason, once for each token, never below what calls hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, a_world, answered, at_once, micros
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import CardStatus, CardType
from models import AuditEntry, LedgerEntry, Wallet, WalletKind
from services.audit.audit import Actor, Door
from services.money.adjust_balance import Adjusted, AdjustmentRefused, adjust_balance

if TYPE_CHECKING:
    from sqlalchemy import Engine

CLERK = Actor("anna", Door.CONSOLE)


def adjust(world: World, text: str, token: str = "T-1", *, reason: str = "goodwill", place: int = 0) -> Adjusted:
    sign = -1 if text.startswith("-") else 1
    amount_micros = sign * micros(text.removeprefix("-"))
    return adjust_balance(world.session, world.cards[place].card_id, amount_micros, reason, token, CLERK, NOW)


def test_money_is_given_and_taken_by_the_adjustments_wallet(world: World) -> None:
    assert adjust(world, "2.00").balance_micros == micros("7.00")
    assert adjust(world, "-6.50", "T-2").balance_micros == micros("0.50")
    house_id = world.session.scalars(select(Wallet.id).where(Wallet.kind == WalletKind.ADJUSTMENTS)).one()
    sides = world.session.execute(select(LedgerEntry.source_wallet_id, LedgerEntry.destination_wallet_id)).all()
    card_id = world.card().wallet_id
    assert sides == [(house_id, card_id), (card_id, house_id)]
    assert world.ledger()[1] == ("adjustment", "adjust:T-2", micros("6.50"))
    assert world.is_proved()


def test_never_more_is_taken_than_is_available(world: World) -> None:
    """What a call holds is not available; the refusal names what is."""
    world.set_group(calls_max=2)
    world.call("call-1")
    balance, held, _ = world.wallet()
    with pytest.raises(AdjustmentRefused, match=r"Only 2\.50\d* USD"):
        adjust(world, "-3.00")
    assert world.wallet() == (balance, held, 1)
    adjust(world, "-2.50")
    world.settle(answered("call-1", 60))
    assert world.wallet() == (micros("2.44"), 0, 0)
    assert world.is_proved()


def test_a_repeat_gives_the_first_result(world: World) -> None:
    """F27: also one that would not be possible a second time."""
    first = adjust(world, "-5.00")
    again = adjust(world, "-5.00")
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert first.balance_micros == again.balance_micros == 0
    assert len(world.ledger()) == 1


@pytest.mark.parametrize(("text", "place"), [("1.01", 0), ("-1.00", 0), ("1.00", 1)])
def test_a_token_belongs_to_one_adjustment(world: World, text: str, place: int) -> None:
    adjust(world, "1.00")
    with pytest.raises(AdjustmentRefused, match="token"):
        adjust(world, text, place=place)
    assert len(world.ledger()) == 1


@pytest.mark.parametrize(
    ("text", "reason", "token", "word"),
    [("0.00", "x", "T", "amount"), ("1.00", "  ", "T", "reason"), ("1.00", "x", "", "token")],
)
def test_an_entry_without_sense_is_refused(world: World, text: str, reason: str, token: str, word: str) -> None:
    with pytest.raises(AdjustmentRefused, match=word):
        adjust(world, text, token, reason=reason)
    assert world.ledger() == []


def test_a_replaced_card_is_not_adjusted(world: World) -> None:
    world.set_card(status=CardStatus.BLOCKED, status_before="pending", replaced_by_card_id=world.cards[1].card_id)
    with pytest.raises(AdjustmentRefused, match="replaced"):
        adjust(world, "1.00")


@pytest.mark.parametrize(
    ("card_type", "status"), [(CardType.RECHARGEABLE, CardStatus.ACTIVATED), (CardType.STANDARD, CardStatus.USED)]
)
def test_a_refund_wakes_a_used_card_only_if_it_is_rechargeable(
    world: World, card_type: CardType, status: CardStatus
) -> None:
    """features.md 3.2."""
    world.set_group(card_type=card_type)
    world.set_card(status=CardStatus.USED, activated_at=NOW)
    adjust(world, "1.00")
    assert world.card().status is status


def test_an_adjustment_stands_in_the_audit_log_with_its_reason(world: World) -> None:
    adjust(world, "-1.00", reason="paid back in cash")
    [entry] = world.session.scalars(select(AuditEntry)).all()
    assert (entry.act, entry.actor, entry.reason) == ("card.adjusted", "anna", "paid back in cash")
    assert entry.after["amount_micros"] == -micros("1.00")


def test_of_many_takings_at_once_no_more_than_the_balance_goes(engine: Engine) -> None:
    def took(world: World, token: str) -> bool:
        try:
            adjust(world, "-1.50", token)
        except AdjustmentRefused:
            return False
        return True

    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        session.commit()
        done = at_once(engine, [lambda s, n=n: took(world.on(s), f"T-{n}") for n in range(10)])
        assert sum(done) == 3
        assert world.wallet() == (micros("0.50"), 0, 0)
        assert world.is_proved()


def test_one_token_at_once_moves_money_once(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        session.commit()
        done = at_once(engine, [lambda s: adjust(world.on(s), "-3.00")] * 12)
        assert sum(not one.is_repeat for one in done) == 1
        assert world.wallet() == (micros("2.00"), 0, 0)
        assert world.is_proved()
