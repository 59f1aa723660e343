"""One client: its wallet, what holds for its accounts, its movements; made, changed and paid here."""

from typing import Any
from uuid import uuid4

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.client_booking import adjust_client, pay_client
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.lists.choices import rate_tables, routing_plans, tax_profiles
from admin_web.page import ThingPage
from billing.rights import Right
from models import Client
from services.accounts.account_report import AccountFilter, account_list
from services.accounts.client_fields import CLIENT_FIELDS
from services.accounts.client_report import client_report
from services.accounts.delete_client import delete_client
from services.accounts.save_client import client_values, create_client, update_client
from services.cards.card_statement import wallet_statement
from services.money.wallet_balance import NEWEST
from services.store.keyset import Wanted
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

CHOICES = {
    "originator_rate_table_id": rate_tables,
    "originator_routing_plan_id": routing_plans,
    "terminator_rate_table_id": rate_tables,
    "tax_profile_id": tax_profiles,
}
DEFAULTS = {"is_enabled": True, "credit_limit_micros": 0}
EDITABLE = tuple(field for field in CLIENT_FIELDS if not field.is_fixed)
ACCOUNTS_SHOWN = 50


class ClientPage(ThingPage):
    right = Right.SEE_ACCOUNTS
    is_of_all = True
    list_endpoint = "clients.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Client"), endpoint="clientpage", url="/clients")

    @expose("/<int:client_id>")
    def show(self, client_id: int) -> str:
        session, client = read_session(), _client(client_id)
        before = request.args.get("before", NEWEST, type=int)
        return self.render(
            "console/client.html",
            client=client_report(session, client),
            accounts=account_list(session, AccountFilter(client_id=client_id), Wanted(ACCOUNTS_SHOWN)),
            statement=wallet_statement(session, client.wallet_id, before=before),
            token=uuid4().hex,
        )

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(Right.MANAGE_ACCOUNTS)
        back = url_for("clients.index_view")
        form = EditForm(
            gettext("New client"), [(gettext("Client"), CLIENT_FIELDS)], DEFAULTS, back, choices=CHOICES
        )  # fmt: skip

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            return url_for(".show", client_id=create_client(session, values, actor(), now()).id)

        return answer_form(self, form, save)

    @expose("/<int:client_id>/edit", methods=("GET", "POST"))
    def edit(self, client_id: int) -> ResponseReturnValue:
        require_right(Right.MANAGE_ACCOUNTS)
        client = _client(client_id)
        stored = client_values(read_session(), client)
        back = url_for(".show", client_id=client_id)
        form = EditForm(
            gettext("Edit client %(name)s", name=client.name),
            [(gettext("Client"), EDITABLE)],
            stored,
            back,
            version=client.version,
            what=("client", str(client_id)),
            currency=stored["currency"],
            choices=CHOICES,
            fixed=((gettext("Currency"), stored["currency"]),),
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            update_client(session, client_id, version, values, actor(), now())
            return back

        return answer_form(self, form, save)

    @expose("/<int:client_id>/pay", methods=("POST",))
    def pay(self, client_id: int) -> ResponseReturnValue:
        """By the number of its receipt: sent twice, it is booked once."""
        require_token()
        require_right(Right.MOVE_MONEY)
        _client(client_id)
        carry_out(lambda session: pay_client(session, client_id, request.form))
        return redirect(url_for(".show", client_id=client_id))

    @expose("/<int:client_id>/adjust", methods=("POST",))
    def adjust(self, client_id: int) -> ResponseReturnValue:
        """The token of the form is the reference: sent twice, it is booked once (F27)."""
        require_token()
        require_right(Right.MOVE_MONEY)
        _client(client_id)
        carry_out(lambda session: adjust_client(session, client_id, request.form))
        return redirect(url_for(".show", client_id=client_id))

    @expose("/<int:client_id>/state", methods=("POST",))
    def state(self, client_id: int) -> ResponseReturnValue:
        """Enable, disable: with all its accounts."""
        require_token()
        require_right(Right.MANAGE_ACCOUNTS)
        _client(client_id)
        is_enabled, version = request.form.get("act") == "enable", request.form.get("version", type=int)

        def do(session: Session) -> str:
            update_client(session, client_id, version, {"is_enabled": is_enabled}, actor(), now())
            told = gettext("Its accounts send and take calls again.")
            return told if is_enabled else gettext("No account of the client sends or takes a call now.")

        carry_out(do)
        return redirect(url_for(".show", client_id=client_id))

    @expose("/<int:client_id>/delete", methods=("POST",))
    def delete(self, client_id: int) -> ResponseReturnValue:
        require_token()
        require_right(Right.DELETE)
        name, version = _client(client_id).name, request.form.get("version", type=int)

        def do(session: Session) -> str:
            delete_client(session, client_id, version, actor(), now())
            return gettext("The client %(name)s is deleted; its calls and its ledger stay.", name=name)

        is_done = carry_out(do)
        return redirect(url_for("clients.index_view") if is_done else url_for(".show", client_id=client_id))


def _client(client_id: int) -> Client:
    client = read_session().get(Client, client_id)
    if client is None:
        abort(404)
    return client
