"""One phone: whose it is and was, and a block against it (V-25)."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import REFUSED, carry_out, require_right, require_token
from admin_web.page import ThingPage
from billing.rights import Right
from billing.states import GuardScope
from services.cards.change_card import phone_digits
from services.guard.block_phone import block_phone, unblock_phone
from services.guard.phone_report import phone_report
from services.guard.unlock_guard import unlock_subject
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext


class PhonePage(ThingPage):
    right = Right.SEE_CARDS
    is_of_all = True
    list_endpoint = "phones.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Phone"), endpoint="phonepage", url="/phones")

    @expose("/<phone>")
    def show(self, phone: str) -> str:
        report = phone_report(read_session(), _digits(phone), now())
        return self.render("console/phone.html", phone=report)

    @expose("/<phone>/block", methods=("POST",))
    def block(self, phone: str) -> ResponseReturnValue:
        def do(session: Session) -> str:
            block_phone(session, _digits(phone), request.form.get("reason", ""), actor(), now())
            return gettext("The phone is blocked until somebody lifts that.")

        return _manage(phone, do)

    @expose("/<phone>/unblock", methods=("POST",))
    def unblock(self, phone: str) -> ResponseReturnValue:
        def do(session: Session) -> str:
            unblock_phone(session, _digits(phone), actor(), now())
            return gettext("The phone may call again.")

        return _manage(phone, do)

    @expose("/<phone>/unlock", methods=("POST",))
    def unlock(self, phone: str) -> ResponseReturnValue:
        """Forgive its wrong entries."""

        def do(session: Session) -> str:
            if unlock_subject(session, GuardScope.CALLER_ID, _digits(phone), actor(), now()):
                return gettext("The phone may call again.")
            return gettext("Nothing was held against this phone.")

        return _manage(phone, do)


def _manage(phone: str, do: Any) -> ResponseReturnValue:  # noqa: ANN401 (an act)
    require_token()
    require_right(Right.MANAGE_CARDS)
    carry_out(do)
    return redirect(url_for("phonepage.show", phone=phone))


def _digits(phone: str) -> str:
    try:
        return phone_digits(phone)
    except REFUSED:
        abort(404)
