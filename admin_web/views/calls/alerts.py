"""Alerts: a ledger that does not prove, and calls that someone should look at, until somebody has."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.page import ConsolePage
from billing.rights import Right
from services.calls.call_alarms import close_alarms, open_alarms
from services.guard.block_phone import unblock_phone
from services.guard.guard_report import guard_status
from services.money.note_verification import last_verification
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext


class AlertsPage(ConsolePage):
    right = Right.SEE_CALLS
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Alerts"), category="Operate", endpoint="alerts", url="/alerts")

    @expose("/")
    def index(self) -> str:
        session = read_session()
        proof = last_verification(session)
        broken = proof if proof is not None and proof.breaches else None
        guard = guard_status(session, now())
        return self.render("console/alerts.html", alarms=open_alarms(session), guard=guard, broken=broken)

    @expose("/unblock", methods=("POST",))
    def unblock(self) -> ResponseReturnValue:
        require_token()
        require_right(Right.MANAGE_CARDS)
        carry_out(lambda session: _unblocked(session, request.form.get("phone", "")))
        return redirect(url_for(".index"))

    @expose("/close", methods=("POST",))
    def close(self) -> ResponseReturnValue:
        require_token()
        require_right(Right.END_CALLS)
        carry_out(lambda session: _closed(session, request.form.get("call_id", "")))
        return redirect(url_for(".index"))


def _closed(session: Session, call_id: str) -> str:
    closed = close_alarms(session, call_id, actor(), now())
    return gettext("The call is off the list.") if closed else gettext("No alarm of this call is open.")


def _unblocked(session: Session, phone: str) -> str:
    return gettext("%(phone)s may call again.", phone=unblock_phone(session, phone, actor(), now()))
