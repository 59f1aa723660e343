"""One operator, for an owner: made, its role, its sessions, and what is done when somebody leaves, or loses a password
or a telephone.
"""

from collections.abc import Callable
from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, forget_signed, needs_second_factor, now, token
from admin_web.acts import carry_out, require_right, require_token
from admin_web.entrance.fresh import ask_again
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.lists.choices import distributors, resellers
from admin_web.page import ThingPage
from billing.rights import Right, Role
from models import Operator
from services.operators.drawn_password import DAYS_MAX, draw_password
from services.operators.operator_facts import OperatorFacts, find_operator_by
from services.operators.operator_fields import OPERATOR_FIELDS, ROLE_FIELDS, role_of
from services.operators.own_sessions import end_all_of, end_one_of
from services.operators.passkey_facts import passkeys_of
from services.operators.save_operator import (
    change_role,
    create_operator,
    disable_operator,
    enable_operator,
    unlock_operator,
)
from services.operators.second_factor import switch_off_second_factor
from services.operators.sessions import sessions_of
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

Do = Callable[[Session, OperatorFacts], str]
CHOICES = {"reseller_id": resellers, "distributor_id": distributors}


class OperatorPage(ThingPage):
    """Whatever changes an operator asks for the password of whoever does it, unless it was entered lately."""

    right = Right.MANAGE_OPERATORS
    list_endpoint = "operators.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Operator"), endpoint="operatorpage", url="/operators")

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        """Its first password is drawn, and shown on the page that follows; an answer is no address, so no redirect."""
        if (asked := ask_again(url_for(".new"))) is not None:
            return asked
        stored, sections = {"role": Role.OPERATOR}, (("Operator", OPERATOR_FIELDS),)
        form = EditForm(gettext("New operator"), sections, stored, url_for(self.list_endpoint), choices=CHOICES)
        drawn: list[tuple[OperatorFacts, str]] = []

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            made = create_operator(session, values["name"], role_of(session, values), actor(), now())
            drawn.append((made, draw_password(session, made.name, actor(), now())))
            return url_for(".show", operator_id=made.id)

        answered = answer_form(self, form, save, tells=False)
        return self._told(*drawn[-1]) if drawn and not isinstance(answered, tuple) else answered

    @expose("/<int:operator_id>")
    def show(self, operator_id: int) -> str:
        operator = _operator(operator_id)
        return self.render(
            "console/operator.html",
            one=operator,
            whose=_whose(operator),
            is_locked=operator.locked_until is not None and operator.locked_until > now(),
            sessions=sessions_of(read_session(), operator_id, token(), now()),
            is_needed=needs_second_factor(operator),
            keys=passkeys_of(read_session(), operator_id),
        )

    @expose("/<int:operator_id>/role", methods=("GET", "POST"))
    def role(self, operator_id: int) -> ResponseReturnValue:
        if (asked := ask_again(url_for(".role", operator_id=operator_id))) is not None:
            return asked
        one = _operator(operator_id)
        form = EditForm(
            gettext("Role of %(name)s", name=one.name),
            (("Role", ROLE_FIELDS),),
            {"role": one.role, "reseller_id": one.reseller_id, "distributor_id": one.distributor_id},
            url_for(".show", operator_id=operator_id),
            version=one.version,
            what=("operator", one.name),
            choices=CHOICES,
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            change_role(session, one.name, role_of(session, values), actor(), now(), version=version)
            forget_signed()
            return url_for(".show", operator_id=operator_id)

        return answer_form(self, form, save)

    @expose("/<int:operator_id>/password", methods=("POST",))
    def password(self, operator_id: int) -> ResponseReturnValue:
        """For who has lost it: a drawn one, shown once."""
        if (asked := _asked(operator_id)) is not None:
            return asked
        one, drawn = _operator(operator_id), list[str]()

        def do(session: Session) -> str:
            drawn.append(draw_password(session, one.name, actor(), now()))
            return gettext("%(name)s has a new password, and its sessions have ended.", name=one.name)

        return self._told(one, drawn[0]) if carry_out(do) else redirect(url_for(".show", operator_id=operator_id))

    @expose("/<int:operator_id>/session", methods=("POST",))
    def session(self, operator_id: int) -> ResponseReturnValue:
        key = request.form.get("key", "")
        return _acted(operator_id, lambda session, one: _ended_one(session, one, key))

    @expose("/<int:operator_id>/act", methods=("POST",))
    def act(self, operator_id: int) -> ResponseReturnValue:
        do = ACTS.get(request.form.get("act", ""))
        if do is None:
            abort(400)
        return _acted(operator_id, do)

    def _told(self, one: OperatorFacts, drawn: str) -> str:
        page = url_for(".show", operator_id=one.id)
        return self.render("console/operator_password.html", one=one, password=drawn, days=DAYS_MAX, page=page)


def _operator(operator_id: int) -> OperatorFacts:
    found = find_operator_by(read_session(), Operator.id == operator_id)
    if found is None:
        abort(404)
    return found


def _whose(operator: OperatorFacts) -> str | None:
    if operator.reseller_id is not None:
        return dict(resellers()).get(operator.reseller_id)
    return dict(distributors()).get(operator.distributor_id or 0)


def _asked(operator_id: int) -> ResponseReturnValue | None:
    require_token()
    require_right(Right.MANAGE_OPERATORS)
    return ask_again(url_for(".show", operator_id=operator_id))


def _acted(operator_id: int, do: Do) -> ResponseReturnValue:
    if (asked := _asked(operator_id)) is not None:
        return asked
    one = _operator(operator_id)
    carry_out(lambda session: do(session, one))
    forget_signed()
    return redirect(url_for(".show", operator_id=operator_id))


def _disabled(session: Session, one: OperatorFacts) -> str:
    disable_operator(session, one.name, actor(), now())
    return gettext("%(name)s may not sign in any more, and is out at once.", name=one.name)


def _enabled(session: Session, one: OperatorFacts) -> str:
    enable_operator(session, one.name, actor(), now())
    return gettext("%(name)s may sign in.", name=one.name)


def _unlocked(session: Session, one: OperatorFacts) -> str:
    unlock_operator(session, one.name, actor(), now())
    return gettext("The wrong passwords of %(name)s are forgiven.", name=one.name)


def _ended(session: Session, one: OperatorFacts) -> str:
    ended = end_all_of(session, one, actor(), now())
    return gettext("%(count)s sessions have ended.", count=ended)


def _ended_one(session: Session, one: OperatorFacts, key: str) -> str:
    if end_one_of(session, one, key, actor(), now()):
        return gettext("The session has ended.")
    return gettext("This session had ended already.")


def _without_factor(session: Session, one: OperatorFacts) -> str:
    switch_off_second_factor(session, one, actor(), now())
    return gettext("The second factor of %(name)s is off.", name=one.name)


ACTS: dict[str, Do] = {
    "disable": _disabled,
    "enable": _enabled,
    "unlock": _unlocked,
    "end": _ended,
    "factor": _without_factor,
}
