"""Clients: one wallet each, prepaid or postpaid, payments booked once, and marked deleted when nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from account_world import ACTOR, AccountWorld
from factories import NOW, at_once, micros
from sqlalchemy import select

from billing.rights import ALL_RIGHTS
from models import AuditEntry, Client, LedgerEntry, Wallet, WalletKind
from services.accounts.client_fields import CLIENT_FIELDS
from services.accounts.client_money import ClientMoneyRefused, adjust_client_wallet, pay_client_wallet
from services.accounts.client_report import client_list, find_client_report
from services.accounts.delete_account import delete_account
from services.accounts.delete_client import delete_client
from services.accounts.save_client import create_client, update_client
from services.cards.card_statement import wallet_statement
from services.money.verify_ledger import verify_ledger
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session


def pay(trade: AccountWorld, amount: str, reference: str, *, sign: int = 1, client_id: int | None = None) -> Any:  # noqa: ANN401
    client_id = client_id or trade.client_id
    return pay_client_wallet(trade.session, client_id, sign * micros(amount), reference, ACTOR, NOW)


def adjust(trade: AccountWorld, amount: str, token: str, *, sign: int = 1) -> Any:  # noqa: ANN401
    return adjust_client_wallet(trade.session, trade.client_id, sign * micros(amount), "agreed", token, ACTOR, NOW)


def change(trade: AccountWorld, version: int | None = None, **changes: object) -> int:
    return update_client(trade.session, trade.client_id, version, changes, ACTOR, NOW).version


def wallet(trade: AccountWorld) -> Wallet:
    query = select(Wallet).join(Client, Client.wallet_id == Wallet.id).where(Client.id == trade.client_id)
    return trade.session.scalars(query.execution_options(populate_existing=True)).one()


def test_the_table_of_fields_holds_every_setting_of_a_client() -> None:
    columns = {column.name for column in Client.__table__.c} - {"id", "wallet_id", "version", "deleted_at"}
    assert {field.name for field in CLIENT_FIELDS} == columns | {"currency", "credit_limit_micros"}


def test_a_client_begins_prepaid_with_nothing(trade: AccountWorld) -> None:
    """JA-24: the client that owns accounts has one wallet; the house of its currency is open."""
    made = create_client(trade.session, {"name": "Swiss", "currency": "CHF"}, ACTOR, NOW)
    report = find_client_report(trade.session, "Swiss")
    assert report is not None
    assert (report["id"], report["pays"], report["balance_micros"], report["state"]) == (
        made.id,
        "prepaid",
        0,
        "enabled",
    )
    houses = select(Wallet.id).where(Wallet.currency == "CHF", Wallet.kind == WalletKind.PAYMENTS)
    assert trade.session.scalars(houses).all()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "Acme Telecom", "currency": "USD"}, ""),
        ({"name": " ", "currency": "USD"}, "name"),
        ({"name": "New"}, "currency"),
        ({"name": "New", "currency": "XXQ"}, "currency"),
        ({"name": "New", "currency": "USD", "credit_limit_micros": -1}, "credit_limit_micros"),
        ({"name": "New", "currency": "USD", "tax_profile_id": 99}, "tax_profile_id"),
        ({"name": "New", "currency": "USD", "balance_micros": 5}, "balance_micros"),
    ],
    ids=str,
)
def test_a_client_that_cannot_be_is_refused(trade: AccountWorld, values: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldsRefused) as refused:
        create_client(trade.session, values, ACTOR, NOW)
    assert list(refused.value.problems) == [field]


def test_a_table_in_another_currency_is_refused(trade: AccountWorld) -> None:
    with pytest.raises(FieldsRefused, match="Euros is in EUR"):
        change(trade, originator_rate_table_id=trade.euro_table_id)


def test_the_currency_is_fixed(trade: AccountWorld) -> None:
    with pytest.raises(FieldsRefused, match="currency is fixed"):
        change(trade, currency="EUR")


def test_a_payment_is_booked_once_for_its_reference(trade: AccountWorld) -> None:
    first, again = pay(trade, "100.00", "R-1"), pay(trade, "100.00", "R-1")
    assert (first.balance_micros, first.is_repeat) == (micros("100.00"), False)
    assert (again.balance_micros, again.is_repeat) == (micros("100.00"), True)
    with pytest.raises(ClientMoneyRefused, match="R-1 belongs to another movement"):
        pay(trade, "99.00", "R-1")
    with pytest.raises(ClientMoneyRefused, match="R-1 belongs to another movement"):
        pay(trade, "100.00", "R-1", client_id=trade.other_client_id)
    assert verify_ledger(trade.session) == []


def test_we_pay_a_client_no_more_than_its_balance(trade: AccountWorld) -> None:
    change(trade, credit_limit_micros=micros("50.00"))
    pay(trade, "10.00", "R-1")
    with pytest.raises(ClientMoneyRefused, match=r"Only 10\.00 USD of Acme Telecom is available"):
        pay(trade, "10.01", "R-2", sign=-1)
    assert pay(trade, "10.00", "R-2", sign=-1).balance_micros == 0


def test_an_adjustment_goes_down_to_the_credit_limit(trade: AccountWorld) -> None:
    """Postpaid: the balance may be below 0 by the limit."""
    change(trade, credit_limit_micros=micros("50.00"))
    with pytest.raises(ClientMoneyRefused, match=r"Only 50\.00 USD"):
        adjust(trade, "50.01", "A-1", sign=-1)
    assert adjust(trade, "50.00", "A-1", sign=-1).balance_micros == -micros("50.00")
    with pytest.raises(FieldsRefused, match=r"Acme Telecom uses 50\.00 USD of its credit now"):
        change(trade, credit_limit_micros=micros("49.99"))
    assert wallet(trade).credit_limit_micros == micros("50.00")
    assert verify_ledger(trade.session) == []


def test_a_statement_tells_every_movement(trade: AccountWorld) -> None:
    pay(trade, "10.00", "R-1")
    adjust(trade, "2.50", "A-1", sign=-1)
    page = wallet_statement(trade.session, wallet(trade).id)
    assert [(line.kind.value, line.amount_micros, line.balance_micros) for line in page.lines] == [
        ("recharge", micros("10.00"), micros("10.00")),
        ("adjustment", -micros("2.50"), micros("7.50")),
    ]


def test_acts_on_money_are_noted(trade: AccountWorld) -> None:
    pay(trade, "10.00", "R-1")
    pay(trade, "10.00", "R-1")
    acts = trade.session.scalars(select(AuditEntry.act).where(AuditEntry.act == "client.paid")).all()
    assert len(acts) == 1


def test_a_change_is_refused_after_another_ones(trade: AccountWorld) -> None:
    """JC-59."""
    assert change(trade, 1, is_enabled=False) == 2
    with pytest.raises(ChangedMeanwhile):
        change(trade, 1, notes="late")


def test_a_client_is_deleted_when_nothing_is_left(trade: AccountWorld) -> None:
    saved = trade.sender()
    pay(trade, "1.00", "R-1")
    with pytest.raises(FieldsRefused, match="has the account Main"):
        delete_client(trade.session, trade.client_id, None, ACTOR, NOW)
    delete_account(trade.session, saved.id, None, ACTOR, NOW, rights=ALL_RIGHTS)
    with pytest.raises(FieldsRefused, match=r"holds 1\.00 USD"):
        delete_client(trade.session, trade.client_id, None, ACTOR, NOW)
    pay(trade, "1.00", "R-2", sign=-1)
    delete_client(trade.session, trade.client_id, None, ACTOR, NOW)
    assert [row["name"] for row in client_list(trade.session)] == ["Beta"]
    assert [row["state"] for row in client_list(trade.session, search="acme", with_deleted=True)] == ["deleted"]
    for act in (lambda: change(trade, notes="x"), lambda: pay(trade, "1.00", "R-3"), lambda: trade.account("New")):
        with pytest.raises(FieldsRefused, match=r"deleted|no such client"):
            act()
    assert trade.session.scalars(select(LedgerEntry.id)).all()


def test_of_many_equal_payments_at_once_one_is_booked(engine: Engine, committed_trade: AccountWorld) -> None:
    def work(session: Session) -> bool:
        return bool(pay(committed_trade.on(session), "5.00", "R-9").is_repeat)

    assert sorted(at_once(engine, [work] * 6)) == [False, *[True] * 5]
    assert wallet(committed_trade).balance_micros == micros("5.00")


def test_no_credit_is_lowered_under_a_client_who_uses_it(engine: Engine, committed_trade: AccountWorld) -> None:
    change(committed_trade, credit_limit_micros=micros("10.00"))
    committed_trade.session.commit()

    def lower(session: Session) -> bool:
        try:
            change(committed_trade.on(session), credit_limit_micros=0)
        except FieldsRefused:
            return False
        return True

    def take(session: Session) -> bool:
        try:
            adjust(committed_trade.on(session), "10.00", "A-1", sign=-1)
        except ClientMoneyRefused:
            return False
        return True

    assert sorted(at_once(engine, [lower, take])) == [False, True]
    assert verify_ledger(committed_trade.session) == []
