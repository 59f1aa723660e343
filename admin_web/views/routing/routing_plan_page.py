"""One routing plan: its terms, its carriers in their order, its rules for prefixes and tags."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.lists.choices import carrier_endpoints
from admin_web.page import ThingPage
from billing.rights import Right
from billing.routing_plan import RoutingStrategy
from models import RoutingPlan
from services.routing.plan_fields import PLAN_FIELDS
from services.routing.plan_report import find_plan_report
from services.routing.save_routing_plan import (
    create_routing_plan,
    delete_routing_plan,
    remove_plan_carrier,
    set_plan_carrier,
    update_routing_plan,
)
from services.store.fields import FieldsRefused
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

SECTIONS = ((lazy_gettext("Routing plan"), PLAN_FIELDS),)
DEFAULTS = {"strategy": RoutingStrategy.LEAST_COST, "routes_max": 3, "loss_guard": True}


class RoutingPlanPage(ThingPage):
    right = Right.SEE_RATES
    is_of_all = True
    list_endpoint = "routingplans.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Routing plan"), endpoint="routingplan", url="/routing")

    @expose("/<int:plan_id>")
    def show(self, plan_id: int) -> str:
        plan = get_plan(plan_id)
        report = find_plan_report(read_session(), plan.name)
        return self.render("console/routing_plan.html", plan=report, endpoints=carrier_endpoints(), now=now())

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(Right.MANAGE_ROUTES)
        form = EditForm(gettext("New routing plan"), SECTIONS, DEFAULTS, url_for("routingplans.index_view"))

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            return url_for(".show", plan_id=create_routing_plan(session, values, actor(), now()).id)

        return answer_form(self, form, save)

    @expose("/<int:plan_id>/edit", methods=("GET", "POST"))
    def edit(self, plan_id: int) -> ResponseReturnValue:
        require_right(Right.MANAGE_ROUTES)
        plan, back = get_plan(plan_id), url_for(".show", plan_id=plan_id)
        form = EditForm(
            gettext("Edit routing plan %(name)s", name=plan.name),
            SECTIONS,
            {field.name: getattr(plan, field.name) for field in PLAN_FIELDS},
            back,
            version=plan.version,
            what=("routing_plan", str(plan_id)),
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            update_routing_plan(session, plan_id, version, values, actor(), now())
            return back

        return answer_form(self, form, save)

    @expose("/<int:plan_id>/delete", methods=("POST",))
    def delete(self, plan_id: int) -> ResponseReturnValue:
        require_token()
        require_right(Right.DELETE)
        name, version = get_plan(plan_id).name, request.form.get("version", type=int)

        def do(session: Session) -> str:
            delete_routing_plan(session, plan_id, version, actor(), now())
            return gettext("The routing plan %(name)s is deleted.", name=name)

        is_done = carry_out(do)
        return redirect(url_for("routingplans.index_view") if is_done else url_for(".show", plan_id=plan_id))

    @expose("/<int:plan_id>/carrier", methods=("POST",))
    def carrier(self, plan_id: int) -> ResponseReturnValue:
        """Add one, give it another place or part, or take it out."""
        require_token()
        require_right(Right.MANAGE_ROUTES)
        get_plan(plan_id)
        typed, version = request.form, request.form.get("version", type=int)
        endpoint, act = typed.get("endpoint", ""), typed.get("act", "")
        if act not in ("set", "remove"):
            abort(400)

        def do(session: Session) -> str:
            if act == "remove":
                remove_plan_carrier(session, plan_id, version, endpoint, actor(), now())
                return gettext("%(name)s takes no calls of the plan any more.", name=endpoint)
            values = {name: _whole(name, typed.get(name, "")) for name in ("priority", "weight")}
            set_plan_carrier(session, plan_id, version, endpoint, values, actor(), now())
            return gettext("%(name)s takes calls of the plan.", name=endpoint)

        carry_out(do)
        return redirect(url_for(".show", plan_id=plan_id))


def get_plan(plan_id: int) -> RoutingPlan:
    plan = read_session().get(RoutingPlan, plan_id)
    if plan is None:
        abort(404)
    return plan


def _whole(name: str, typed: str) -> int:
    try:
        return int(typed)
    except ValueError as wrong:
        raise FieldsRefused({name: gettext("The %(name)s is a whole number.", name=name)}) from wrong
