"""Carriers: who takes our calls, what each carries now, and which rest after failures (JA-43 to JA-49)."""

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from markupsafe import Markup
from sqlalchemy import Row, case, func, literal, select

from admin_web import cells
from admin_web.access import actor, has_right, now
from admin_web.acts import carry_out, csrf, require_right, require_token
from admin_web.filters import TextFilter, WordFilter, begins_with
from admin_web.formats import moment
from admin_web.list_view import ConsoleList, Rows
from admin_web.texts import gettext, lazy_gettext
from billing.rights import Right
from models import Account, AccountLoad, Client, RateTable, TrunkProtocol
from services.accounts.trunk_ports import trunk_port
from services.routing.wake_carrier import wake_carrier
from services.store.keyset import Order


def lines(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401 (as Flask-Admin has it)
    """JA-46: calls now, of how many."""
    return f"{row.calls} / {'∞' if row.capacity is None else row.capacity}"


def gateway(_view: Any, _context: Any, row: Any, _name: str) -> str:  # noqa: ANN401
    return f"{row.protocol.value} {row.proxy or '—'}:{trunk_port(row.protocol, row.port)}"


def rest(_view: Any, _context: Any, row: Any, _name: str) -> Markup | str:  # noqa: ANN401
    """Until when it is left alone, and the button that ends it."""
    if row.rested_until is None or row.rested_until <= now():
        return gettext("%(count)s failures in a row", count=row.failures) if row.failures else "—"
    until = Markup("{} {}").format(gettext("until"), moment(row.rested_until))
    if not has_right(Right.MANAGE_ROUTES):
        return until
    form = Markup('{} <form method="post" action="{}">{}<button>{}</button></form>')
    return form.format(until, url_for("carriers.wake", account_id=row.id), csrf(), gettext("End its rest"))


class CarrierList(ConsoleList):
    right = Right.SEE_ACCOUNTS
    is_of_all = True
    heading = lazy_gettext("Carriers")
    list_template = "console/carrier_list.html"
    empty_text = lazy_gettext("No carrier yet: an account with terminator settings takes our calls.")
    empty_link = ("accountpage.new", lazy_gettext("Add a carrier"))
    search_label = lazy_gettext("Name in Asterisk, or how it begins")
    link_column = "endpoint"
    right_aligned = frozenset({"lines", "margin"})
    column_list = ("state", "endpoint", "client", "rate_table", "gateway", "lines", "rest", "tag")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "state": lazy_gettext("State"),
        "endpoint": lazy_gettext("Carrier"),
        "client": lazy_gettext("Client"),
        "rate_table": lazy_gettext("Asks by"),
        "gateway": lazy_gettext("Gateway"),
        "lines": lazy_gettext("Calls now"),
        "rest": lazy_gettext("Rest"),
        "tag": lazy_gettext("Tag"),
    }
    column_formatters = {  # noqa: RUF012
        "state": cells.status,
        "rate_table": cells.text,
        "gateway": gateway,
        "lines": lines,
        "rest": rest,
        "tag": cells.text,
    }
    orders = {"endpoint": Order((Account.endpoint,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (
            WordFilter("protocol", lazy_gettext("Protocol"), Account.protocol, TrunkProtocol),
            TextFilter("tag", lazy_gettext("Tag"), Account.terminator_tag),
        )
        super().__init__(Account, name=lazy_gettext("Carriers"), category="Rates & routes", endpoint="carriers")

    def query(self) -> Rows:
        is_open = Client.is_enabled & Client.deleted_at.is_(None)
        table_id = func.coalesce(Account.terminator_rate_table_id, Client.terminator_rate_table_id)
        return (
            select(
                Account.id,
                case((is_open, literal("active")), else_=literal("stopped")).label("state"),
                Account.endpoint,
                Client.name.label("client"),
                RateTable.name.label("rate_table"),
                Account.protocol,
                Account.proxy,
                Account.port,
                func.coalesce(AccountLoad.terminating, 0).label("calls"),
                Account.terminator_capacity.label("capacity"),
                func.coalesce(AccountLoad.failures_in_row, 0).label("failures"),
                AccountLoad.rested_until,
                Account.terminator_tag.label("tag"),
            )
            .join(Client, Client.id == Account.client_id)
            .outerjoin(AccountLoad, AccountLoad.account_id == Account.id)
            .outerjoin(RateTable, RateTable.id == table_id)
            .where(Account.terminator_enabled, Account.deleted_at.is_(None))
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(Account.endpoint, text))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("accountpage.show", account_id=row.id)

    @expose("/<int:account_id>/wake", methods=("POST",))
    def wake(self, account_id: int) -> ResponseReturnValue:
        require_token()
        require_right(Right.MANAGE_ROUTES)

        def do(session: Any) -> str:  # noqa: ANN401 (a Session)
            name = wake_carrier(session, account_id, actor(), now())
            return gettext("Calls are offered to %(name)s again.", name=name)

        carry_out(do)
        return redirect(url_for(".index_view"))
