"""One operator, for an owner: its role, its sessions, and what is done when somebody leaves or loses a telephone."""

from collections.abc import Callable

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, forget_signed, needs_second_factor, now, token
from admin_web.acts import carry_out, require_right, require_token
from admin_web.database import read_session
from admin_web.page import ConsolePage
from admin_web.texts import gettext, lazy_gettext
from billing.rights import SCOPED_ROLES, Right, Role
from models import Operator
from services.operators.operator_facts import OperatorFacts, find_operator_by
from services.operators.own_sessions import end_all_of
from services.operators.save_operator import OperatorRole, change_role, disable_operator, enable_operator
from services.operators.second_factor import switch_off_second_factor
from services.operators.sessions import sessions_of

Do = Callable[[Session, OperatorFacts], str]


class OperatorPage(ConsolePage):
    right = Right.MANAGE_OPERATORS

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Operator"), endpoint="operatorpage", url="/operators")

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> ResponseReturnValue:
        return redirect(url_for("operators.index_view"))

    @expose("/<int:operator_id>")
    def show(self, operator_id: int) -> str:
        operator = _operator(operator_id)
        return self.render(
            "console/operator.html",
            one=operator,
            sessions=sessions_of(read_session(), operator_id, token(), now()),
            roles=[role.value for role in Role],
            scoped=[role.value for role in SCOPED_ROLES],
            is_needed=needs_second_factor(operator),
        )

    @expose("/<int:operator_id>/role", methods=("POST",))
    def role(self, operator_id: int) -> ResponseReturnValue:
        word, whose = request.form.get("role", ""), request.form.get("whose", "").strip() or None
        if word not in set(Role):
            abort(400)
        return _acted(operator_id, lambda session, one: _new_role(session, one, OperatorRole(Role(word), whose)))

    @expose("/<int:operator_id>/act", methods=("POST",))
    def act(self, operator_id: int) -> ResponseReturnValue:
        do = ACTS.get(request.form.get("act", ""))
        if do is None:
            abort(400)
        return _acted(operator_id, do)


def _operator(operator_id: int) -> OperatorFacts:
    found = find_operator_by(read_session(), Operator.id == operator_id)
    if found is None:
        abort(404)
    return found


def _acted(operator_id: int, do: Do) -> ResponseReturnValue:
    require_token()
    require_right(Right.MANAGE_OPERATORS)
    one = _operator(operator_id)
    carry_out(lambda session: do(session, one))
    forget_signed()
    return redirect(url_for(".show", operator_id=operator_id))


def _new_role(session: Session, one: OperatorFacts, role: OperatorRole) -> str:
    change_role(session, one.name, role, actor(), now())
    return gettext("The new rights hold from the next page on.")


def _disabled(session: Session, one: OperatorFacts) -> str:
    disable_operator(session, one.name, actor(), now())
    return gettext("%(name)s may not sign in any more, and is out at once.", name=one.name)


def _enabled(session: Session, one: OperatorFacts) -> str:
    enable_operator(session, one.name, actor(), now())
    return gettext("%(name)s may sign in.", name=one.name)


def _ended(session: Session, one: OperatorFacts) -> str:
    ended = end_all_of(session, one, actor(), now())
    return gettext("%(count)s sessions have ended.", count=ended)


def _without_factor(session: Session, one: OperatorFacts) -> str:
    switch_off_second_factor(session, one, actor(), now())
    return gettext("The second factor of %(name)s is off.", name=one.name)


ACTS: dict[str, Do] = {"disable": _disabled, "enable": _enabled, "end": _ended, "factor": _without_factor}
