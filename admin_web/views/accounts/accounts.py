"""Accounts, as JeraSoft lists them: who sends us calls and who takes ours (JA-4 to JA-22)."""

from typing import Any

from flask import request, url_for
from flask_admin.model.filters import BaseFilter
from markupsafe import Markup
from sqlalchemy import Row, func, select

from admin_web.access import has_right
from admin_web.lists import cells
from admin_web.lists.choices import clients
from admin_web.lists.filters import ChoiceFilter, WordFilter
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from models import (
    Account,
    AccountAddress,
    AccountNumber,
    Client,
    IdentBy,
    NumberUse,
    RateTable,
    RoutingPlan,
    TrunkProtocol,
)
from services.accounts.account_report import AccountState, SearchField, holds_keyword, in_state
from services.accounts.trunk_ports import trunk_port
from services.store.keyset import Order
from web_base.formats import NOTHING
from web_base.texts import gettext, lazy_gettext

KEYWORD_CHARACTERS_MAX = 80
KEYWORDS = (
    (SearchField.ACCOUNT, lazy_gettext("Name holds")),
    (SearchField.IDENT, lazy_gettext("Name/ANI/IP holds")),
    (SearchField.TECH_PREFIX, lazy_gettext("Tech prefix holds")),
    (SearchField.TAG, lazy_gettext("Tag holds")),
    (SearchField.PROXY, lazy_gettext("Proxy holds")),
    (SearchField.ENDPOINT, lazy_gettext("Endpoint holds")),
    (SearchField.NOTES, lazy_gettext("Notes hold")),
)


def known_by(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401 (as Flask-Admin has it)
    """JA-7: the kind and the value."""
    value = {IdentBy.IP: row.networks, IdentBy.NAME: row.name_key, IdentBy.ANI: row.numbers}[row.ident_by]
    return f"{row.ident_by.value}: {value or NOTHING}"


def client(_view: Any, _context: Any, row: Any, _name: str) -> Markup:  # noqa: ANN401
    """JA-5, JA-17: the name leads to the client."""
    return Markup('<a href="{}">{}</a>').format(url_for("clientpage.show", client_id=row.client_id), row.client)


def acts(_view: Any, _context: Any, row: Any, _name: str) -> Markup:  # noqa: ANN401
    """JA-18, JA-20: what JeraSoft's icons do, as words, and whose row it is for who cannot see the row."""
    wanted = [
        (Right.MANAGE_ACCOUNTS, gettext("Edit"), "accountpage.edit", {"account_id": row.id}),
        (Right.SEE_AUDIT, gettext("History"), "audit.index_view", {"object": "client", "q": row.client_id}),
        (Right.DELETE, gettext("Delete"), "accountpage.delete", {"account_id": row.id}),
    ]
    links = [
        Markup('<a href="{}">{}<span class="unseen"> {}</span></a>').format(url_for(end, **values), word, row.name)
        for right, word, end, values in wanted
        if has_right(right)
    ]
    return Markup(" · ").join(links)


def originator(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """JA-9."""
    if not row.originator_enabled:
        return gettext("off")
    plan = gettext("plan %(name)s", name=_term(row.plan, row.own_plan)) if row.plan else ""
    return _joined(
        _term(row.sell_table, row.own_sell), plan, _tag(row.originator_tag), _capacity(row.originator_capacity)
    )


def terminator(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    """JA-10."""
    if not row.terminator_enabled:
        return gettext("off")
    where = f"{row.proxy or ''}:{trunk_port(row.protocol, row.port)}"
    return _joined(
        _term(row.buy_table, row.own_buy),
        _tag(row.terminator_tag),
        _capacity(row.terminator_capacity),
        row.protocol.value,
        where,
    )


class KeywordFilter(BaseFilter):
    """JA-22: keywords in one field, at any place of it; an address also finds the subnet that holds it."""

    def __init__(self, field: SearchField, label: str) -> None:
        super().__init__(label, key_name=f"in_{field.value}")
        self.field = field

    def clean(self, value: str) -> str:
        return value.strip()[:KEYWORD_CHARACTERS_MAX]

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401 (as BaseFilter has it)
        del alias
        return query.where(holds_keyword(self.field, value))


class StateFilter(BaseFilter):
    """JA-14: inactive is both roles off."""

    def __init__(self) -> None:
        options = [(state.value, state.value) for state in AccountState]
        super().__init__(lazy_gettext("State"), options=options, key_name="state")

    def clean(self, value: str) -> AccountState:
        return AccountState(value)

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401
        del alias
        return query.where(in_state(value))


class AccountList(ConsoleList):
    right = Right.SEE_ACCOUNTS
    is_of_all = True
    list_template = "console/account_list.html"
    link_column = "name"
    empty_link = ("accountpage.new", lazy_gettext("New account"))
    empty_right = Right.MANAGE_ACCOUNTS
    heading = lazy_gettext("Accounts")
    help_topic = "accounts"
    empty_text = lazy_gettext(
        "There is no account yet: an account tells by what the calls of a client are known, and where ours go."
    )
    search_label = lazy_gettext("Keywords in any field")
    column_list = ("id", "client", "name", "known_by", "tech_prefix", "originator", "terminator", "acts")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "id": lazy_gettext("ID"),
        "client": lazy_gettext("Client"),
        "name": lazy_gettext("Account"),
        "known_by": lazy_gettext("Name/ANI/IP"),
        "tech_prefix": lazy_gettext("Tech prefix"),
        "originator": lazy_gettext("Orig details"),
        "terminator": lazy_gettext("Term details"),
        "acts": lazy_gettext("Actions"),
    }
    column_formatters = {  # noqa: RUF012
        "client": client,
        "acts": acts,
        "known_by": known_by,
        "tech_prefix": cells.text,
        "originator": originator,
        "terminator": terminator,
    }
    orders = {"name": Order((Account.name, Account.id)), "id": Order((Account.id,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (
            ChoiceFilter("client", lazy_gettext("Client"), Account.client_id, clients),
            StateFilter(),
            WordFilter("ident", lazy_gettext("Known by"), Account.ident_by, IdentBy),
            WordFilter("protocol", lazy_gettext("Protocol"), Account.protocol, TrunkProtocol),
            *(KeywordFilter(field, label) for field, label in KEYWORDS),
        )
        super().__init__(Account, name=lazy_gettext("Accounts"), category="Accounts", endpoint="accounts")

    def query(self) -> Rows:
        networks = _texts(AccountAddress.network, AccountAddress.account_id == Account.id)
        identifies = (AccountNumber.account_id == Account.id) & (AccountNumber.use == NumberUse.IDENTIFIES)
        sells_by = func.coalesce(Account.originator_rate_table_id, Client.originator_rate_table_id)
        buys_by = func.coalesce(Account.terminator_rate_table_id, Client.terminator_rate_table_id)
        # Deleted ones are shown only if asked for.
        deleted = () if request.args.get("state") else (Account.deleted_at.is_(None),)
        plan_id = func.coalesce(Account.originator_routing_plan_id, Client.originator_routing_plan_id)
        sell, buy = RateTable.__table__.alias("sell"), RateTable.__table__.alias("buy")
        return (
            select(
                Account.id,
                Client.name.label("client"),
                Account.name,
                Client.id.label("client_id"),
                Account.ident_by,
                Account.name_key,
                networks.label("networks"),
                _texts(AccountNumber.number, identifies).label("numbers"),
                Account.tech_prefix,
                Account.originator_enabled,
                sell.c.name.label("sell_table"),
                Account.originator_tag,
                Account.originator_capacity,
                RoutingPlan.name.label("plan"),
                Account.originator_rate_table_id.label("own_sell"),
                Account.originator_routing_plan_id.label("own_plan"),
                Account.terminator_rate_table_id.label("own_buy"),
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
            .outerjoin(RoutingPlan, RoutingPlan.id == plan_id)
            .where(*deleted)
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(holds_keyword(None, text))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("accountpage.show", account_id=row.id)


def _texts(column: Any, condition: Any) -> Any:  # noqa: ANN401 (column expressions)
    """Many rows as one text, in the words of each database."""
    return select(func.aggregate_strings(column, "; ")).where(condition).scalar_subquery()


def _term(name: str | None, own: int | None) -> str:
    """JA-19: what applies, with a note when it is the client's."""
    return (name or "") if own is not None else gettext("%(name)s (the client's)", name=name) if name else ""


def _tag(tag: str) -> str:
    return gettext("tag %(tag)s", tag=tag) if tag else ""


def _capacity(calls: int | None) -> str:
    return "" if calls is None else gettext("%(calls)s calls at once", calls=calls)


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part) or NOTHING
