"""Entries of the ledger know the series of their cards: as they are booked, or filed later, once and nothing else."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from account_calls import account_called
from account_world import an_account_world
from factories import KEYS, LITHUANIA, NOW, World, a_series, a_world, answered, micros
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError
from vouchers import vouchers

from billing.rights import ALL_RIGHTS
from billing.states import ActivatesOn, CardStatus, CardType
from models import Card, LedgerEntry, LedgerKind
from services.accounts.client_money import pay_client_wallet
from services.accounts.delete_account import delete_account
from services.audit.audit import Actor, Door
from services.cards.activate_card import activate_at_first_authentication
from services.cards.replace_card import replace_card
from services.money.adjust_balance import adjust_balance
from services.money.file_entries import are_entries_filed, file_entries
from services.money.house_wallets import house_wallets
from services.money.recharge_card import recharge_card
from services.money.verify_ledger import verify_ledger
from services.series.create_series import create_series
from services.upkeep.charge_fees import book_due_fees
from services.upkeep.lapse_cards import lapse_cards
from services.vouchers.redeem_voucher import Redeemed, redeem_voucher

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

CLERK = Actor("anna", Door.CONSOLE)
FEES = {
    "activation_fee_micros": micros("0.50"),
    "maintenance_fee_micros": micros("0.10"),
    "expiry_period_days": 30,
    "expiry_grace_days": 1,
}
IN_USE = {"status": CardStatus.ACTIVATED, "activated_at": NOW}


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session, group={"card_type": CardType.RECHARGEABLE}, series=FEES, taxes=[("VAT", 10)])


def filed(session: Session) -> dict[str, tuple[int | None, int | None]]:
    query = select(LedgerEntry.kind, LedgerEntry.series_id, LedgerEntry.other_series_id)
    return {kind.value: (series_id, other) for kind, series_id, other in session.execute(query)}


def unfile(session: Session) -> None:
    """As an older release left them."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(update(LedgerEntry).values(series_id=None, other_series_id=None))
        session.execute(text("SET LOCAL session_replication_role = DEFAULT"))
        return
    kept = session.scalars(text("SELECT sql FROM sqlite_master WHERE name = 'ledger_entry_no_update'")).one()
    session.execute(text("DROP TRIGGER ledger_entry_no_update"))
    session.execute(update(LedgerEntry).values(series_id=None, other_series_id=None))
    session.execute(text(kept))


def talk(world: World) -> None:
    world.call("call-1", LITHUANIA)
    world.settle(answered("call-1", 60))


def activate_by_pin(world: World) -> None:
    world.set_group(activates_on=ActivatesOn.FIRST_AUTHENTICATION)
    activate_at_first_authentication(world.session, world.access(), world.card(), NOW, UTC)


def owe(world: World) -> None:
    world.set_card(**IN_USE)
    book_due_fees(world.session, [world.cards[0].card_id], CLERK, NOW + timedelta(days=2))


def lapse(world: World) -> None:
    world.set_card(**IN_USE, expires_at=NOW, grace_ends_at=NOW, maintenance_periods_done=999)
    lapse_cards(world.session, [world.cards[0].card_id], CLERK, NOW + timedelta(days=40), UTC)


def recharge(world: World) -> None:
    recharge_card(world.session, world.cards[0].card_id, micros("1.00"), "slip", CLERK, NOW, UTC, reason="paid")


def redeem(world: World) -> None:
    [code] = vouchers(world.session, quantity=1)
    assert isinstance(redeem_voucher(world.session, KEYS, world.card(), code, NOW, UTC), Redeemed)


def adjust(world: World) -> None:
    adjust_balance(world.session, world.cards[0].card_id, -micros("1.00"), "wrong", "token", CLERK, NOW)


def replace(world: World) -> None:
    replace_card(world.session, world.cards[0].card_id, world.cards[1].card_id, "lost", CLERK, NOW)


BOOKED: dict[str, Callable[[World], None]] = {
    "call connect_fee activation_fee tax": talk,
    "activation_fee": activate_by_pin,
    "maintenance_fee": owe,
    "lapse": lapse,
    "recharge": redeem,
    "recharge by hand": recharge,
    "adjustment": adjust,
    "transfer": replace,
}


@pytest.mark.parametrize("kinds", BOOKED)
def test_every_movement_of_a_card_is_filed_as_it_is_booked(world: World, kinds: str) -> None:
    BOOKED[kinds](world)
    assert filed(world.session) == dict.fromkeys(kinds.removesuffix(" by hand").split(), (world.series_id, None))
    assert are_entries_filed(world.session)
    assert world.is_proved()


@pytest.fixture
def other_card_id(world: World) -> int:
    """A card of another series; the world's own series has two."""
    terms = a_series(world.group_id, world.rate_table_id, number=2, quantity=1)
    [card] = create_series(world.session, KEYS, terms, NOW, UTC)
    return card.card_id


def test_a_transfer_to_another_series_is_both(world: World, other_card_id: int) -> None:
    replace_card(world.session, world.cards[0].card_id, other_card_id, "lost", CLERK, NOW)
    other = world.session.get_one(Card, other_card_id).series_id
    assert filed(world.session) == {"transfer": (world.series_id, other)}
    assert world.is_proved()
    unfile(world.session)
    assert filed(world.session) == {"transfer": (None, None)}
    assert file_entries(world.session) is not None
    assert filed(world.session) == {"transfer": (world.series_id, other)}
    assert world.is_proved()


def test_money_of_a_client_is_of_no_series(session: Session, world: World) -> None:
    trade = an_account_world(session)
    pay_client_wallet(session, trade.client_id, micros("50.00"), "R-1", CLERK, NOW)
    account_id = trade.sender().id
    account_called(world, account_id, "call-1")
    delete_account(session, account_id, None, CLERK, NOW, rights=ALL_RIGHTS, reason="sold")
    expected = filed(session)
    assert {"recharge", "call", "reversal"} <= set(expected)
    assert set(expected.values()) == {(0, None)}
    assert world.is_proved()
    unfile(session)
    assert file_entries(session) is not None
    assert filed(session) == expected


def test_entries_of_an_older_release_are_filed_by_steps_the_newest_first(session: Session, world: World) -> None:
    for token in ("a", "b", "c"):
        adjust_balance(session, world.cards[0].card_id, 1, "goodwill", token, CLERK, NOW)
    unfile(session)
    assert not are_entries_filed(session)
    assert world.is_proved()  # what is not filed yet is not wrong
    ids = session.scalars(select(LedgerEntry.id).order_by(LedgerEntry.id)).all()
    assert file_entries(session, most=2) == ids[1]
    assert session.scalars(select(LedgerEntry.id).where(LedgerEntry.series_id.is_(None))).all() == [ids[0]]
    assert not are_entries_filed(session)
    assert (file_entries(session, ids[0]), file_entries(session, ids[1])) == (None, ids[0])
    assert are_entries_filed(session)
    assert file_entries(session) is None
    assert filed(session) == {"adjustment": (world.series_id, None)}
    assert world.is_proved()


COLUMNS = [column.name for column in LedgerEntry.__table__.columns if not column.name.endswith("series_id")]


@pytest.mark.parametrize("column", COLUMNS)
def test_nothing_else_of_an_entry_changes_with_its_filing(session: Session, world: World, column: str) -> None:
    """I8: by a hand at a database prompt, either; every column there is."""
    unfiled_entry(world)
    other = {"kind": "'recharge'", "created_at": "'2020-01-01 00:00:00.000000'"}.get(column, "'7'")
    for wrong in (f"series_id = 5, {column} = {other}", f"{column} = {other}"):
        with pytest.raises(DBAPIError, match="the ledger is append-only"), session.begin_nested():
            session.execute(text(f"UPDATE ledger_entry SET {wrong}"))  # noqa: S608 (a text of ours)


def test_an_entry_is_filed_once(session: Session, world: World) -> None:
    unfiled_entry(world)
    session.execute(text("UPDATE ledger_entry SET series_id = 5"))
    for again in ("series_id = 5", "series_id = 6", "series_id = NULL", "other_series_id = 6"):
        with pytest.raises(DBAPIError, match="the ledger is append-only"), session.begin_nested():
            session.execute(text(f"UPDATE ledger_entry SET {again}"))  # noqa: S608
    assert [breach.invariant[:3] for breach in verify_ledger(session)] == ["I1 ", "I16"]


def unfiled_entry(world: World) -> None:
    """As the release before books it while this one is installed."""
    entry = {
        "source_wallet_id": house_wallets(world.session)["adjustments", "USD"],
        "destination_wallet_id": world.card().wallet_id,
        "amount_micros": 1,
        "kind": LedgerKind.ADJUSTMENT,
        "reference": "one",
        "created_at": NOW,
        "actor": "test",
    }
    world.session.execute(insert(LedgerEntry).values(entry))
