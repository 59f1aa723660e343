"""One access number: the plan to which it leads, its language and its surcharge; made and changed here (M-16)."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.lists.choices import ivr_plans
from admin_web.page import ThingPage
from billing.rights import Right
from ivr_prompts.language import languages
from models import AccessNumber
from services.products.save_access_number import NUMBER_FIELDS, create_access_number, number_mark, save_access_number
from services.store.fields import Field, FieldKind, FieldsRefused
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

DEFAULTS: dict[str, Any] = {"is_enabled": True, "surcharge_micros": 0, "surcharge_per_minute_micros": 0}
CHOICES = {"ivr_plan_id": ivr_plans}
NUMBER = Field("number", FieldKind.TEXT, "The digits that the carrier sends for it, such as 18005550100.", 2, 16)
SECTIONS = ((lazy_gettext("Access number"), NUMBER_FIELDS),)
NEW_SECTIONS = ((lazy_gettext("Access number"), (NUMBER, *NUMBER_FIELDS)),)


class AccessNumberPage(ThingPage):
    right = Right.SEE_IVR
    is_of_all = True
    list_endpoint = "accessnumbers.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Access number"), endpoint="accessnumber", url="/accessnumbers")

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(Right.MANAGE_IVR)
        stored = {**DEFAULTS, "ivr_plan_id": request.args.get("plan_id", type=int)}
        back = url_for("accessnumbers.index_view")
        form = EditForm(gettext("New access number"), NEW_SECTIONS, stored, back, choices=CHOICES)

        def save(session: Session, values: dict[str, Any], _seen: int | None) -> str:
            number = values.pop("number")
            _check_language(values)
            create_access_number(session, number, values, actor(), now())
            return back

        return answer_form(self, form, save)

    @expose("/<number>", methods=("GET", "POST"))
    def edit(self, number: str) -> ResponseReturnValue:
        require_right(Right.MANAGE_IVR)
        found, back = _number(number), url_for("accessnumbers.index_view")
        form = EditForm(
            gettext("Access number %(number)s", number=number),
            SECTIONS,
            {field.name: getattr(found, field.name) for field in NUMBER_FIELDS},
            back,
            version=number_mark(read_session(), number),
            what=("access_number", number),
            choices=CHOICES,
        )

        def save(session: Session, values: dict[str, Any], seen: int | None) -> str:
            _check_language(values)
            save_access_number(session, number, values, actor(), now(), seen=seen)
            return back

        return answer_form(self, form, save)

    @expose("/<number>/state", methods=("POST",))
    def state(self, number: str) -> ResponseReturnValue:
        """In and out of service."""
        require_token()
        require_right(Right.MANAGE_IVR)
        _number(number)
        is_enabled = request.form.get("act") == "open"

        def do(session: Session) -> str:
            save_access_number(session, number, {"is_enabled": is_enabled}, actor(), now())
            return gettext("It is in service.") if is_enabled else gettext("Callers hear that it is closed.")

        carry_out(do)
        return redirect(url_for("accessnumbers.index_view"))


def _number(number: str) -> AccessNumber:
    query = select(AccessNumber).where(AccessNumber.number == number)
    found = read_session().scalars(query).one_or_none()
    if found is None:
        abort(404)
    return found


def _check_language(values: dict[str, Any]) -> None:
    """Callers would hear nothing."""
    if values["language"] is not None and values["language"] not in languages():
        known = ", ".join(languages())
        told = gettext("There are no prompts in %(code)s: choose from %(known)s.", code=values["language"], known=known)
        raise FieldsRefused({"language": told})
