"""The payments page books on wallets of clients: once, audited, and for whoever may see clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factories import micros
from sqlalchemy import func, select

from billing.rights import Role
from models import AuditEntry, Client, Wallet
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import fields_of
from tests.admin_web.test_acts import do

if TYPE_CHECKING:
    from collections.abc import Callable

    from account_world import AccountWorld

PAGE, ACT = "/payments/", "/payments/client"


def balance(trade: AccountWorld) -> int:
    wallet = select(Wallet.balance_micros).join(Client, Client.wallet_id == Wallet.id)
    found: int = trade.session.scalars(wallet.where(Client.id == trade.client_id)).one()
    trade.session.rollback()  # the console is to write
    return found


def test_a_clients_payment_and_correction_are_booked_once(
    signed_in: Callable[..., Visitor], trade: AccountWorld
) -> None:
    """JA-3, F27: by the services of the command line; the form's token, or the receipt, is the reference."""
    owner, before = signed_in(Role.OWNER), balance(trade)
    typed = {**fields_of(owner.get(PAGE), "direction"), "client": trade.client_id, "reason": "bank"}
    paid = {**typed, "what": "payment", "amount": "100.50"}
    assert "It is booked" in do(owner, PAGE, ACT, **paid)
    assert "It was booked before" in do(owner, PAGE, ACT, **paid)
    correction = {**typed, "what": "adjustment", "amount": "-0.50", "token": "another-token"}
    assert "adjustment 0.50 USD" in do(owner, PAGE, ACT, **correction)
    assert "is not an amount" in do(owner, PAGE, ACT, **{**paid, "amount": "much"})
    assert "available" in do(owner, PAGE, ACT, **{**correction, "amount": "-100000", "token": "a-third"})
    assert owner.post(PAGE, ACT, **{**paid, "what": "gift"}).status_code == 400
    assert owner.post(PAGE, ACT, **{**paid, "client": 999}).status_code == 400
    assert balance(trade) - before == micros("100.00")
    acts = select(func.count()).where(AuditEntry.act.in_(("client.paid", "client.adjusted")))
    assert trade.session.scalars(acts).one() == 2


def test_who_may_not_move_money_books_nothing(signed_in: Callable[..., Visitor], trade: AccountWorld) -> None:
    """F38: sent all the same, it is refused."""
    for role in (Role.AUDITOR, Role.SUPPORT, Role.RESELLER):
        visitor = signed_in(role)
        assert ACT not in visitor.get(PAGE).text
        refused = visitor.post("/me/", ACT, client=trade.client_id, what="payment", amount="1", token="t", reason="x")
        assert refused.status_code == 403, text_of(refused)
