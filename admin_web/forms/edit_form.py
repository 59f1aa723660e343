"""The way of every form that makes or changes a thing: shown, read, saved by its service, or shown again with what is
wrong and with what somebody else has saved meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.acts import REFUSED, require_token
from admin_web.forms.form import Choices, label, posted, read_values, shown_fields, typed_values
from admin_web.page import GuardedPage
from services.audit.audit_report import last_change
from services.store.fields import Field, FieldsRefused
from services.store.version_check import ChangedMeanwhile
from web_base.database import read_session, write_session
from web_base.formats import ago
from web_base.texts import gettext, translated

Sections = Sequence[tuple[str, Sequence[Field]]]
Save = Callable[[Session, dict[str, Any], int | None], str]


@dataclass(frozen=True, slots=True)
class EditForm:
    """`stored` is what stands in the form at first; `what` names the thing in the audit log, once it exists."""

    heading: str
    sections: Sections
    stored: Mapping[str, Any]
    back: str
    version: int | None = None
    what: tuple[str, str] | None = None
    currency: str = ""
    choices: Mapping[str, Choices] = field(default_factory=dict)
    fixed: Sequence[tuple[str, str]] = ()
    template: str = "console/edit_form.html"
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def fields(self) -> list[Field]:
        return [one for _, fields in self.sections for one in fields]


def answer_form(page: GuardedPage, form: EditForm, save: Save, *, tells: bool = True) -> ResponseReturnValue:
    """`save` gives the address of the page that shows what was saved; `tells`: that page says so."""
    if request.method == "GET":
        return draw_form(page, form, typed_values({one.name: form.stored.get(one.name) for one in form.fields}))
    require_token()
    typed = posted()
    values, problems = read_values(form.fields, typed)
    if problems:
        return draw_form(page, form, typed, problems), 400
    try:
        with write_session() as session:
            leads_to = save(session, values, request.form.get("version", type=int))
    except FieldsRefused as refused:
        return draw_form(page, form, typed, refused.problems), 400
    except ChangedMeanwhile as refused:
        return draw_form(page, form, typed, {"": f"{by_whom(form.what)} {translated(refused)}"}), 409
    except REFUSED as refused:
        return draw_form(page, form, typed, {"": translated(refused)}), 400
    if tells:
        flash(gettext("Saved."), "good")
    return redirect(leads_to)


def draw_form(
    page: GuardedPage, form: EditForm, typed: Mapping[str, str], problems: Mapping[str, str] | None = None
) -> str:
    known = {one.name for one in form.fields}
    told = problems or {}
    sections = [(gettext(title), shown_fields(fields, form.choices, form.currency)) for title, fields in form.sections]
    return page.render(
        form.template,
        form=form,
        sections=sections,
        typed=typed,
        # A problem of a field that the form does not show is told above, without a link to it.
        problems={name if name in known else "": text for name, text in told.items()},
        version=request.form.get("version", form.version),
        **form.extra,
    )


def by_whom(what: tuple[str, str] | None) -> str:
    """Who saved it meanwhile, when and what: the difference to what is on the screen."""
    change = None if what is None else last_change(read_session(), *what)
    if change is None:
        return ""
    names = [name for name in change["after"] or {} if (change["before"] or {}).get(name) != change["after"][name]]
    told = "; ".join(f"{label(name)}: {(change['before'] or {}).get(name)} → {change['after'][name]}" for name in names)
    when = ago(change["happened_at"], now())
    return gettext("Changed by %(who)s %(when)s (%(what)s).", who=change["actor"], when=when, what=told)
