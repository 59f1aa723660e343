"""Payments and adjustments: what was booked by hand or by voucher, and a form that books one more."""

from typing import Any
from uuid import uuid4

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, get_signed, has_right, now, zone
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.amounts import read_amount
from admin_web.forms.client_booking import adjust_client, pay_client
from admin_web.lists.choices import clients
from admin_web.lists.list_view import ListState, Rows
from admin_web.things import open_card
from admin_web.views.money.ledger import LedgerRows
from billing.rights import Right
from models import Client, LedgerEntry, LedgerKind
from services.money.adjust_balance import adjust_balance
from services.money.recharge_card import recharge_card
from services.operators.scope import sees_all_cards
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

BOOKED = (LedgerKind.RECHARGE, LedgerKind.ADJUSTMENT, LedgerKind.TRANSFER, LedgerKind.REVERSAL)


class PaymentList(LedgerRows):
    heading = lazy_gettext("Payments and adjustments")
    list_template = "console/payments.html"
    empty_text = lazy_gettext("Nothing was booked yet: no recharge, adjustment, replacement or refund.")

    def __init__(self) -> None:
        super().__init__("payments", "/payments")
        self.name = lazy_gettext("Payments")

    def query(self) -> Rows:
        return super().query().where(LedgerEntry.kind.in_(BOOKED))

    def page_values(self, state: ListState) -> dict[str, Any]:
        del state
        return {"token": uuid4().hex, "clients": clients() if _may_book_for_clients() else []}

    @expose("/book", methods=("POST",))
    def book(self) -> ResponseReturnValue:
        """The token of the form is the reference: sent twice, it is booked once (F27)."""
        require_token()
        require_right(Right.MOVE_MONEY)
        form = request.form
        card, reason, token = open_card(form.get("card", "")), form.get("reason", ""), form.get("token", "")

        def do(session: Session) -> str:
            amount_micros = read_amount(form.get("amount", ""), negative_allowed=True)
            if form.get("what") == "recharge":
                reference = f"console:{token}"
                recharge_card(session, card.card_id, amount_micros, reference, actor(), now(), zone(), reason=reason)
                return gettext("The card was recharged.")
            adjust_balance(session, card.card_id, amount_micros, reason, token, actor(), now())
            return gettext("The balance was adjusted.")

        carry_out(do)
        return redirect(url_for(".index_view"))

    @expose("/client", methods=("POST",))
    def client(self) -> ResponseReturnValue:
        """A payment or an adjustment of a client's wallet: by the services of its page and the command line."""
        require_token()
        require_right(Right.MOVE_MONEY)
        if not _may_book_for_clients():
            abort(403)
        client_id = request.form.get("client", type=int)
        book = {"payment": pay_client, "adjustment": adjust_client}.get(request.form.get("what", ""))
        if book is None or client_id is None or read_session().get(Client, client_id) is None:
            abort(400)
        carry_out(lambda session: book(session, client_id, request.form))
        return redirect(url_for(".index_view"))


def _may_book_for_clients() -> bool:
    """Clients are the whole platform's: as their page asks it."""
    return has_right(Right.SEE_ACCOUNTS) and sees_all_cards(get_signed().operator)
