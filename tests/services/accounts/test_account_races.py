"""Two acts at the same moment on clients, accounts and what they rely on: one of them sees what the other has done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from account_calls import account_call_up, account_called, client_wallet
from account_world import ACTOR, AccountWorld, an_account_world
from factories import NOW, a_world, answered, at_once, micros
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import ALL_RIGHTS
from models import Account, CallRecord, Client, RateTable
from services.accounts.client_money import pay_client_wallet
from services.accounts.delete_account import delete_account
from services.accounts.delete_client import delete_client
from services.accounts.save_client import update_client
from services.accounts.save_gateway import create_gateway, delete_gateway
from services.money.verify_ledger import verify_ledger
from services.rates.save_rate_table import delete_rate_table
from services.store.fields import FieldsRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine


def tried(work: Callable[[Session], object]) -> Callable[[Session], bool]:
    """True if it was done, False if it was refused with a sentence."""

    def attempt(session: Session) -> bool:
        try:
            work(session)
        except FieldsRefused:
            return False
        return True

    return attempt


def test_no_account_is_made_for_a_client_that_is_just_deleted(engine: Engine, committed_trade: AccountWorld) -> None:
    trade = committed_trade
    made, deleted = at_once(
        engine,
        [
            tried(lambda session: trade.on(session).account("New")),
            tried(lambda session: delete_client(session, trade.client_id, None, ACTOR, NOW)),
        ],
    )
    assert made != deleted


def test_no_account_takes_a_rate_table_that_is_just_deleted(engine: Engine, committed_trade: AccountWorld) -> None:
    trade = committed_trade
    made, deleted = at_once(
        engine,
        [
            tried(lambda session: trade.on(session).sender("New")),
            tried(lambda session: delete_rate_table(session, trade.table_id, None, ACTOR, NOW)),
        ],
    )
    assert made != deleted
    stored = trade.session.scalars(select(RateTable.is_deleted).where(RateTable.id == trade.table_id)).one()
    assert stored is deleted


def test_no_client_loses_a_table_on_which_a_new_account_relies(engine: Engine, committed_trade: AccountWorld) -> None:
    trade = committed_trade
    tables = {"originator_rate_table_id": trade.table_id, "originator_routing_plan_id": trade.plan_id}
    update_client(trade.session, trade.client_id, None, tables, ACTOR, NOW)
    trade.session.commit()
    relying = {"originator_enabled": True, "addresses": "192.0.2.7"}
    without = {"originator_rate_table_id": None}
    made, taken = at_once(
        engine,
        [
            tried(lambda session: trade.on(session).account("New", **relying)),
            tried(lambda session: update_client(session, trade.client_id, None, without, ACTOR, NOW)),
        ],
    )
    assert made != taken


def test_no_account_is_restricted_to_a_gateway_that_is_just_deleted(
    engine: Engine, committed_trade: AccountWorld
) -> None:
    trade = committed_trade
    gateway_id = create_gateway(trade.session, {"name": "West", "address": "198.51.100.1"}, ACTOR, NOW).id
    trade.session.commit()
    made, deleted = at_once(
        engine,
        [
            tried(lambda session: trade.on(session).account("New", gateways="West")),
            tried(lambda session: delete_gateway(session, gateway_id, None, ACTOR, NOW)),
        ],
    )
    assert made != deleted


@pytest.mark.parametrize("calls_before", [0, 3])
def test_a_call_that_ends_while_its_account_is_deleted_is_given_back_or_stops_it(
    engine: Engine, calls_before: int
) -> None:
    """JA-12: all or nothing, whoever comes first."""
    with Session(engine, autoflush=False) as session:
        world, trade = a_world(session), an_account_world(session)
        pay_client_wallet(session, trade.client_id, micros("50.00"), "R-1", ACTOR, NOW)
        account_id = trade.sender().id
        spent = sum(account_called(world, account_id, f"call-{number}") for number in range(calls_before))
        account_call_up(world, account_id, "last")
        session.commit()
        _, deleted = at_once(
            engine,
            [
                tried(lambda own: world.on(own).settle(answered("last", 60))),
                tried(lambda own: delete_account(own, account_id, None, ACTOR, NOW, rights=ALL_RIGHTS)),
            ],
        )
        session.rollback()
        left = client_wallet(session, account_id).balance_micros
        assert left == micros("50.00") - (0 if deleted else spent + micros("0.06"))
        marks = session.scalars(select(CallRecord.reversed_at).where(CallRecord.account_id == account_id)).all()
        assert {mark is not None for mark in marks} == {deleted}
        assert (session.get_one(Account, account_id, populate_existing=True).deleted_at is not None) is deleted
        assert session.scalars(select(Client.id)).all()
        assert verify_ledger(session) == []
