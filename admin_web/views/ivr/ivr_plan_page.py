"""One IVR plan: what its callers go through, its groups and access numbers; made and changed here."""

from typing import Any

from flask import abort, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import require_right
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.forms.ivr_form import plan_from, plan_in_words, plan_sections, rule_in_words
from admin_web.lists.choices import groups
from admin_web.page import ThingPage
from billing.rights import Right
from ivr_prompts.language import languages, load_language
from models import IvrPlan
from models.ivr_plan import EMERGENCY_NUMBERS_DEFAULT
from services.products.group_report import find_group, find_plan_report
from services.products.heard_steps import heard_steps
from services.products.save_ivr_plan import plan_mark, save_ivr_plan
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

DEFAULTS = {
    "is_enabled": True,
    "welcome_prompt": "welcome",
    "first_key_seconds": 10,
    "next_key_seconds": 5,
    "caller_id_digits_min": 7,
    "languages": ["en"],
    "warning_seconds": [60, 30],
    "emergency_numbers": EMERGENCY_NUMBERS_DEFAULT,
    "rewrite_rules": [],
}


class IvrPlanPage(ThingPage):
    right = Right.SEE_IVR
    is_of_all = True
    list_endpoint = "ivrplans.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("IVR plan"), endpoint="ivrplan", url="/ivr")

    @expose("/<int:plan_id>")
    def show(self, plan_id: int) -> str:
        plan, mark = _plan(plan_id)
        del mark
        flows = [flow for group_id in plan["group_ids"] if (flow := _flow(plan, group_id)) is not None]
        rules = [rule_in_words(rule) for rule in plan["rewrite_rules"]]
        return self.render("console/ivr_plan.html", plan=plan, flows=flows, rules=rules, welcome=_welcome(plan))

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(Right.MANAGE_IVR)
        form = self._form(gettext("New IVR plan"), DEFAULTS, url_for("ivrplans.index_view"), None)
        return answer_form(self, form, lambda session, values, _seen: _saved(session, None, values, None))

    @expose("/<int:plan_id>/edit", methods=("GET", "POST"))
    def edit(self, plan_id: int) -> ResponseReturnValue:
        require_right(Right.MANAGE_IVR)
        plan, mark = _plan(plan_id)
        heading = gettext("Edit IVR plan %(name)s", name=plan["name"])
        form = self._form(heading, plan, url_for(".show", plan_id=plan_id), mark, plan_id)
        return answer_form(self, form, lambda session, values, seen: _saved(session, plan_id, values, seen))

    def _form(
        self, heading: str, plan: dict[str, Any], back: str, mark: int | None, plan_id: int | None = None
    ) -> EditForm:
        ticked = request.form.getlist("group_ids") if request.method == "POST" else plan.get("group_ids", ())
        return EditForm(
            heading,
            plan_sections(),
            plan_in_words(plan),
            back,
            version=mark,
            what=None if plan_id is None else ("ivr_plan", str(plan_id)),
            template="console/ivr_plan_form.html",
            extra={"groups": groups(), "ticked": {str(one) for one in ticked}, "known": ", ".join(languages())},
        )


def _saved(session: Session, plan_id: int | None, values: dict[str, Any], seen: int | None) -> str:
    """What is saved but cannot work so is told on the next page."""
    plan = plan_from(values)
    saved = save_ivr_plan(session, plan_id, plan, actor(), now(), known_languages=languages(), seen=seen)
    for warning in saved.warnings:
        flash(warning, "error")
    return url_for("ivrplan.show", plan_id=saved.id)


def _plan(plan_id: int) -> tuple[dict[str, Any], int]:
    session = read_session()
    plan = session.get(IvrPlan, plan_id)
    report = None if plan is None else find_plan_report(session, plan.name)
    if report is None:
        abort(404)
    return report, plan_mark(session, plan_id)


def _flow(plan: dict[str, Any], group_id: int) -> tuple[str, list[str]] | None:
    """What the caller with a card of the group goes through, and whose cards these are."""
    group = find_group(read_session(), group_id)
    if group is None:
        return None
    let_in = group["pinless_allowed"] and plan["pinless_enabled"]
    steps = heard_steps({**group, "pinless_allowed": let_in})
    return group["name"], [gettext(text, **values) for text, values in steps]


def _welcome(plan: dict[str, Any]) -> list[tuple[str, str]]:
    """Its words in each language of the plan."""
    prompt = plan["welcome_prompt"]
    known = [code for code in plan["languages"] if code in languages()]
    return [
        (code, load_language(code).texts.get(prompt, gettext("a recording of your own"))) for code in known if prompt
    ]
