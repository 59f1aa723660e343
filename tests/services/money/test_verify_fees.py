"""The verifier on fees and lapses: a card that was charged, used and lapsed proves clean, and each error is found."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW, World, a_world, micros
from sqlalchemy import insert, select, update

from billing.states import CardStatus
from models import Card, LedgerEntry, LedgerKind, Wallet, WalletKind
from services.audit.audit import Actor, Door
from services.money.verify_ledger import verify_ledger
from services.upkeep.charge_fees import book_due_fees
from services.upkeep.lapse_cards import lapse_cards

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

JOB = Actor("fees", Door.JOB)
DAY = timedelta(days=1)


@pytest.fixture
def charged(session: Session) -> World:
    """Two periods of four days are booked."""
    series: dict[str, Any] = {"maintenance_fee_micros": micros("0.25"), "maintenance_every_hours": 48}
    world = a_world(session, series=series)
    world.set_card(status=CardStatus.ACTIVATED, activated_at=NOW)
    book_due_fees(session, [world.cards[0].card_id], JOB, NOW + 4 * DAY)
    return world


def found(world: World) -> set[str]:
    return {breach.invariant for breach in verify_ledger(world.session)}


def plant(world: World, kind: LedgerKind, reference: str, **values: object) -> None:
    """A row with its movement, so that only what it says is wrong."""
    wallet_id = world.card().wallet_id
    house = world.session.scalars(select(Wallet.id).where(Wallet.kind == WalletKind.FEE_REVENUE)).one()
    taken = update(Wallet).where(Wallet.id == wallet_id).values(balance_micros=Wallet.balance_micros - 10_000)
    world.session.execute(taken)
    sides = {"source_wallet_id": wallet_id, "destination_wallet_id": house, "amount_micros": 10_000}
    entry = {**sides, "kind": kind, "reference": reference, "created_at": NOW + 4 * DAY, "actor": "test", **values}
    world.session.execute(insert(LedgerEntry).values(entry))


I9_FEE = "I9 a maintenance fee is for one period of one card, not before it was due"


def test_a_charged_and_lapsed_card_is_clean(charged: World) -> None:
    assert found(charged) == set()
    charged.set_card(grace_ends_at=NOW + 5 * DAY, expires_at=NOW + 5 * DAY)
    lapse_cards(charged.session, [charged.cards[0].card_id], JOB, NOW + 9 * DAY, UTC)
    assert found(charged) == set()


@pytest.mark.parametrize(
    "reference",
    ["card:{id}:period:3", "card:{id}:period:0", "card:{id}:period:02", "card:{id}", "card:999:period:1", "7"],
)
def test_a_fee_for_no_period_of_this_card_is_found(charged: World, reference: str) -> None:
    plant(charged, LedgerKind.MAINTENANCE_FEE, reference.format(id=charged.cards[0].card_id))
    assert found(charged) == {I9_FEE}


def test_a_fee_before_its_time_is_found(charged: World) -> None:
    charged.set_card(activated_at=NOW + timedelta(seconds=1))
    assert found(charged) == {I9_FEE}


def test_more_fees_than_periods_done_are_found(charged: World) -> None:
    charged.session.execute(update(Card).where(Card.id == charged.cards[0].card_id).values(maintenance_periods_done=1))
    assert found(charged) == {I9_FEE}


def test_a_lapse_that_leaves_something_is_found(charged: World) -> None:
    plant(charged, LedgerKind.LAPSE, "card:1:lapse:2026-12-01")
    assert found(charged) == {"I9 a lapse leaves nothing"}
