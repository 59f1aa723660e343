"""A rule of a routing plan: what is different for a prefix, or for a tag of whoever calls (JA-41, JA-45)."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_token
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.page import ThingPage
from admin_web.views.routing.routing_plan_page import get_plan
from billing.rights import Right
from services.routing.plan_fields import PREFIX_DIGITS_MAX, RULE_FIELDS
from services.routing.plan_report import find_plan_report
from services.routing.save_routing_rule import RuleCarrierTerms, RuleKey, create_rule, remove_rule, update_rule
from services.store.fields import Field, FieldKind, FieldsRefused
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

CARRIERS_CHARACTERS_MAX = 4_000
KEY = (
    Field(
        "prefix",
        FieldKind.TEXT,
        "Digits with which the numbers begin; empty = every number.",
        most=PREFIX_DIGITS_MAX,
        is_optional=True,
    ),
    Field("originator_tag", FieldKind.TEXT, "Only calls of accounts with this tag.", most=40, is_optional=True),
)
CARRIERS = Field(
    "carriers",
    FieldKind.TEXT,
    "Only these are asked, one a line: NAME [PRIORITY [WEIGHT]]; empty = the plan's.",
    most=CARRIERS_CHARACTERS_MAX,
    is_optional=True,
)


class RoutingRulePage(ThingPage):
    right = Right.MANAGE_ROUTES
    is_of_all = True
    list_endpoint = "routingplans.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Routing rule"), endpoint="routingrule", url="/routing/rules")

    @expose("/<int:plan_id>/new", methods=("GET", "POST"))
    def new(self, plan_id: int) -> ResponseReturnValue:
        plan, back = get_plan(plan_id), url_for("routingplan.show", plan_id=plan_id)
        sections = ((gettext("Which calls"), KEY), (gettext("What is different"), (*RULE_FIELDS, CARRIERS)))
        form = EditForm(gettext("New rule of %(name)s", name=plan.name), sections, {}, back, version=plan.version)

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            key, terms, carriers = _parts(values)
            create_rule(session, plan_id, key, terms, actor(), now(), version=version, carriers=carriers)
            return back

        return answer_form(self, form, save)

    @expose("/<int:plan_id>/edit", methods=("GET", "POST"))
    def edit(self, plan_id: int) -> ResponseReturnValue:
        plan, key = get_plan(plan_id), _key()
        report = find_plan_report(read_session(), plan.name) or {"rules": []}
        wanted = (key.prefix, key.originator_tag)
        rule = next((one for one in report["rules"] if (one["prefix"], one["originator_tag"]) == wanted), None)
        if rule is None:
            abort(404)
        back = url_for("routingplan.show", plan_id=plan_id)
        form = EditForm(
            gettext("Rule %(rule)s", rule=key),
            ((gettext("What is different"), (*RULE_FIELDS, CARRIERS)),),
            {**rule, "carriers": _told(rule["carriers"])},
            back,
            version=plan.version,
            what=("routing_plan", str(plan_id)),
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            _, terms, carriers = _parts(values)
            update_rule(session, plan_id, key, terms, actor(), now(), version=version, carriers=carriers)
            return back

        return answer_form(self, form, save)

    @expose("/<int:plan_id>/remove", methods=("POST",))
    def remove(self, plan_id: int) -> ResponseReturnValue:
        require_token()
        get_plan(plan_id)
        key = RuleKey(request.form.get("prefix", ""), request.form.get("originator_tag", ""))

        def do(session: Session) -> str:
            remove_rule(session, plan_id, key, actor(), now())
            return gettext("The rule %(rule)s is gone: its calls go as the plan says.", rule=key)

        carry_out(do)
        return redirect(url_for("routingplan.show", plan_id=plan_id))


def _key() -> RuleKey:
    return RuleKey(request.args.get("prefix", ""), request.args.get("tag", ""))


def _parts(values: dict[str, Any]) -> tuple[RuleKey, dict[str, Any], list[RuleCarrierTerms]]:
    key = RuleKey(values.pop("prefix", None) or "", values.pop("originator_tag", None) or "")
    carriers = [_carrier(line.split()) for line in (values.pop("carriers") or "").split("\n") if line.strip()]
    return key, values, carriers


def _carrier(words: list[str]) -> RuleCarrierTerms:
    endpoint, *numbers = words
    try:
        return RuleCarrierTerms(endpoint, *(int(number) for number in numbers[:2]))
    except ValueError:
        told = gettext("“%(line)s”: write the carrier's name, then its priority and weight.", line=" ".join(words))
        raise FieldsRefused({"carriers": told}) from None


def _told(carriers: list[dict[str, Any]]) -> str:
    return "\n".join(f"{one['endpoint']} {one['priority']} {one['weight']}" for one in carriers)
