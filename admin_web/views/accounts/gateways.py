"""Gateways: hosts through which calls come to us, who takes calls through each only, and whether Asterisk knows it."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.page import ConsolePage
from billing.rights import Right
from billing.states import JobState
from models import Gateway, Job
from services.accounts.gateway_users import gateway_users
from services.accounts.save_gateway import (
    GATEWAY_FIELDS,
    create_gateway,
    delete_gateway,
    gateway_list,
    update_gateway,
)
from services.accounts.switch_gateway import switch_gateway
from services.routing.asterisk_jobs import LOOK, newest_asterisk_job
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

SECTIONS = ((lazy_gettext("Gateway"), GATEWAY_FIELDS),)


class GatewayPage(ConsolePage):
    right = Right.SEE_ACCOUNTS
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Gateways"), category="Accounts", endpoint="gateways", url="/gateways")

    @expose("/")
    def index(self) -> str:
        session = read_session()
        looked = newest_asterisk_job(session, LOOK)
        return self.render(
            "console/gateways.html",
            gateways=gateway_list(session),
            users=gateway_users(session),
            senders=_senders(looked),
            looked=looked,
        )

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(Right.MANAGE_ACCOUNTS)
        form = EditForm(gettext("New gateway"), SECTIONS, {}, url_for(".index"))

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            create_gateway(session, values, actor(), now())
            return url_for(".index")

        return answer_form(self, form, save)

    @expose("/<int:gateway_id>", methods=("GET", "POST"))
    def edit(self, gateway_id: int) -> ResponseReturnValue:
        require_right(Right.MANAGE_ACCOUNTS)
        gateway = _gateway(gateway_id)
        form = EditForm(
            gettext("Edit gateway %(name)s", name=gateway.name),
            SECTIONS,
            {field.name: getattr(gateway, field.name) for field in GATEWAY_FIELDS},
            url_for(".index"),
            version=gateway.version,
            what=("gateway", str(gateway_id)),
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            update_gateway(session, gateway_id, version, values, actor(), now())
            return url_for(".index")

        return answer_form(self, form, save)

    @expose("/<int:gateway_id>/switch", methods=("POST",))
    def switch(self, gateway_id: int) -> ResponseReturnValue:
        require_token()
        require_right(Right.MANAGE_ACCOUNTS)
        wanted, version = request.form.get("act"), request.form.get("version", type=int)
        if wanted not in {"enable", "disable"}:
            abort(400)
        _gateway(gateway_id)

        def do(session: Session) -> str:
            enables = wanted == "enable"
            name = switch_gateway(session, gateway_id, version, actor(), now(), is_enabled=enables)
            if enables:
                return gettext("Calls through %(name)s are taken again, once Asterisk knows: apply.", name=name)
            return gettext("Calls through %(name)s are refused from now on; calls that are up go on.", name=name)

        carry_out(do)
        return redirect(url_for(".index"))

    @expose("/<int:gateway_id>/delete", methods=("POST",))
    def delete(self, gateway_id: int) -> ResponseReturnValue:
        """Refused while an account takes calls through it only."""
        require_token()
        require_right(Right.MANAGE_ACCOUNTS)
        require_right(Right.DELETE)
        name, version = _gateway(gateway_id).name, request.form.get("version", type=int)

        def do(session: Session) -> str:
            delete_gateway(session, gateway_id, version, actor(), now())
            return gettext("The gateway %(name)s is deleted; Asterisk takes its calls until you apply.", name=name)

        carry_out(do)
        return redirect(url_for(".index"))


def _senders(looked: Job | None) -> frozenset[str] | None:
    """From where Asterisk takes calls, when somebody looked last; None: nobody knows."""
    if looked is None or looked.state is not JobState.DONE or not looked.result:
        return None
    if not looked.result.get("is_running") or "senders" not in looked.result:
        return None
    return frozenset(looked.result["senders"])


def _gateway(gateway_id: int) -> Gateway:
    gateway = read_session().get(Gateway, gateway_id)
    if gateway is None:
        abort(404)
    return gateway
