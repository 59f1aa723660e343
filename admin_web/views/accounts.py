"""Accounts, as JeraSoft lists them: who sends us calls and who takes ours (JA-4 to JA-22)."""

from typing import Any

from sqlalchemy import func, select

from admin_web import cells
from admin_web.choices import clients
from admin_web.filters import ChoiceFilter, TextFilter, WordFilter, begins_with
from admin_web.formats import NOTHING
from admin_web.list_view import ConsoleList, Rows
from admin_web.texts import gettext, lazy_gettext
from billing.rights import Right
from models import Account, AccountAddress, AccountNumber, Client, IdentBy, NumberUse, RateTable, TrunkProtocol
from services.store.keyset import Order


def known_by(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401 (as Flask-Admin has it)
    """JA-7: the kind and the value."""
    value = {IdentBy.IP: row.networks, IdentBy.NAME: row.name_key, IdentBy.ANI: row.numbers}[row.ident_by]
    return f"{row.ident_by.value}: {value or NOTHING}"


def originator(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """JA-9."""
    if not row.originator_enabled:
        return gettext("off")
    return _joined(row.sell_table, row.originator_tag, _capacity(row.originator_capacity))


def terminator(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """JA-10."""
    if not row.terminator_enabled:
        return gettext("off")
    where = f"{row.proxy or ''}:{row.port}" if row.port else row.proxy
    return _joined(row.buy_table, row.terminator_tag, _capacity(row.terminator_capacity), row.protocol.value, where)


class AccountList(ConsoleList):
    right = Right.SEE_ACCOUNTS
    heading = lazy_gettext("Accounts")
    empty_text = lazy_gettext("There is no account yet. Make one: callingcard account create")
    search_label = lazy_gettext("Account, or how it begins")
    column_list = ("id", "client", "name", "known_by", "tech_prefix", "originator", "terminator")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "id": lazy_gettext("ID"),
        "client": lazy_gettext("Client"),
        "name": lazy_gettext("Account"),
        "known_by": lazy_gettext("Name/ANI/IP"),
        "tech_prefix": lazy_gettext("Tech prefix"),
        "originator": lazy_gettext("Orig details"),
        "terminator": lazy_gettext("Term details"),
    }
    column_formatters = {  # noqa: RUF012
        "known_by": known_by,
        "tech_prefix": cells.text,
        "originator": originator,
        "terminator": terminator,
    }
    orders = {"name": Order((Account.name, Account.id)), "id": Order((Account.id,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (
            ChoiceFilter("client", lazy_gettext("Client"), Account.client_id, clients),
            WordFilter("ident", lazy_gettext("Known by"), Account.ident_by, IdentBy),
            WordFilter("protocol", lazy_gettext("Protocol"), Account.protocol, TrunkProtocol),
            TextFilter("prefix", lazy_gettext("Tech prefix"), Account.tech_prefix),
            TextFilter("proxy", lazy_gettext("Proxy"), Account.proxy),
        )
        super().__init__(Account, name=lazy_gettext("Accounts"), category="Accounts", endpoint="accounts")

    def query(self) -> Rows:
        networks = _texts(AccountAddress.network, AccountAddress.account_id == Account.id)
        identifies = (AccountNumber.account_id == Account.id) & (AccountNumber.use == NumberUse.IDENTIFIES)
        sells_by = func.coalesce(Account.originator_rate_table_id, Client.originator_rate_table_id)
        buys_by = func.coalesce(Account.terminator_rate_table_id, Client.terminator_rate_table_id)
        sell, buy = RateTable.__table__.alias("sell"), RateTable.__table__.alias("buy")
        return (
            select(
                Account.id,
                Client.name.label("client"),
                Account.name,
                Account.ident_by,
                Account.name_key,
                networks.label("networks"),
                _texts(AccountNumber.number, identifies).label("numbers"),
                Account.tech_prefix,
                Account.originator_enabled,
                sell.c.name.label("sell_table"),
                Account.originator_tag,
                Account.originator_capacity,
                Account.terminator_enabled,
                buy.c.name.label("buy_table"),
                Account.terminator_tag,
                Account.terminator_capacity,
                Account.protocol,
                Account.proxy,
                Account.port,
            )
            .join(Client, Client.id == Account.client_id)
            .outerjoin(sell, sell.c.id == sells_by)
            .outerjoin(buy, buy.c.id == buys_by)
            .where(Account.deleted_at.is_(None))
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(Account.name, text))


def _texts(column: Any, condition: Any) -> Any:  # noqa: ANN401 (column expressions)
    """Many rows as one text, in the words of each database."""
    return select(func.aggregate_strings(column, "; ")).where(condition).scalar_subquery()


def _capacity(calls: int | None) -> str:
    return "" if calls is None else gettext("%(calls)s calls at once", calls=calls)


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part) or NOTHING
