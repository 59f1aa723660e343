"""Clients: companies with one wallet each, who own accounts."""

from typing import Any

from flask import url_for
from sqlalchemy import Row, case, func, literal, select

from admin_web.lists import cells
from admin_web.lists.filters import begins_with
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from models import Account, Client, Wallet
from services.store.keyset import Order
from web_base.texts import lazy_gettext


class ClientList(ConsoleList):
    right = Right.SEE_ACCOUNTS
    is_of_all = True
    list_template = "console/client_list.html"
    link_column = "name"
    empty_link = ("clientpage.new", lazy_gettext("New client"))
    empty_right = Right.MANAGE_ACCOUNTS
    heading = lazy_gettext("Clients")
    help_topic = "accounts"
    empty_text = lazy_gettext("There is no client yet: a client is a company that sends us calls or takes ours.")
    search_label = lazy_gettext("Client, or how it begins")
    right_aligned = frozenset({"balance", "held", "credit_limit", "accounts"})
    column_list = ("state", "name", "balance", "held", "credit_limit", "accounts")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "state": lazy_gettext("State"),
        "name": lazy_gettext("Client"),
        "balance": lazy_gettext("Balance"),
        "held": lazy_gettext("Held"),
        "credit_limit": lazy_gettext("Credit limit"),
        "accounts": lazy_gettext("Accounts"),
    }
    column_formatters = {  # noqa: RUF012
        "state": cells.status,
        "balance": cells.money,
        "held": cells.fee,
        "credit_limit": cells.fee,
        "accounts": cells.whole,
    }
    orders = {"name": Order((Client.name,)), "balance": Order((Wallet.balance_micros, Client.id))}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(Client, name=lazy_gettext("Clients"), category="Accounts", endpoint="clients")

    def query(self) -> Rows:
        accounts = select(func.count()).where(Account.client_id == Client.id, Account.deleted_at.is_(None))
        return (
            select(
                Client.id,
                case((Client.is_enabled, literal("active")), else_=literal("stopped")).label("state"),
                Client.name,
                Wallet.balance_micros.label("balance"),
                Wallet.held_micros.label("held"),
                Wallet.credit_limit_micros.label("credit_limit"),
                Wallet.currency,
                accounts.scalar_subquery().label("accounts"),
            )
            .join(Wallet, Wallet.id == Client.wallet_id)
            .where(Client.deleted_at.is_(None))
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(Client.name, text))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("clientpage.show", client_id=row.id)
