"""One card group: what its callers go through, its settings, where its cards may call; made and changed here."""

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, has_right, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.lists.choices import routing_plans
from admin_web.page import ThingPage
from billing.rights import Right
from services.products.card_group_fields import GROUP_SECTIONS
from services.products.destination_rules import RuleOwner, remove_destination_rule, rules_of, set_destination_rule
from services.products.ghost_percents import ghost_percents, set_ghost_percent
from services.products.group_report import find_group
from services.products.heard_steps import heard_steps
from services.products.save_card_group import DEFAULTS, create_card_group, update_card_group
from services.store.fields import Field, FieldKind
from web_base.database import read_session
from web_base.formats import NOTHING, exact_money, spoken
from web_base.texts import gettext, lazy_gettext

CHOICES = {"routing_plan_id": routing_plans}


class GroupPage(ThingPage):
    right = Right.SEE_CARDS
    is_of_all = True
    list_endpoint = "groups.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Card group"), endpoint="grouppage", url="/groups")

    @expose("/<int:group_id>")
    def show(self, group_id: int) -> str:
        session, group = read_session(), _group(group_id)
        return self.render(
            "console/group.html",
            group=group,
            steps=[gettext(text, **values) for text, values in heard_steps(group)],
            sections=[(gettext(title), [(one, _told(one, group)) for one in fields]) for title, fields in
                      GROUP_SECTIONS],
            rules=rules_of(session, RuleOwner(group_id=group_id)),
            percents=ghost_percents(session, group_id),
            may_change=has_right(Right.MAKE_CARDS),
        )  # fmt: skip

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(Right.MAKE_CARDS)
        back = url_for("groups.index_view")
        form = EditForm(gettext("New card group"), GROUP_SECTIONS, DEFAULTS, back, choices=CHOICES)

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            saved = create_card_group(session, values, actor(), now(), **_ghost())
            return url_for(".show", group_id=saved.id)

        return answer_form(self, form, save)

    @expose("/<int:group_id>/edit", methods=("GET", "POST"))
    def edit(self, group_id: int) -> ResponseReturnValue:
        require_right(Right.MAKE_CARDS)
        group = _group(group_id)
        back = url_for(".show", group_id=group_id)
        form = EditForm(
            gettext("Edit card group %(name)s", name=group["name"]),
            GROUP_SECTIONS,
            group,
            back,
            version=group["version"],
            what=("card_group", str(group_id)),
            currency=group["currency"],
            choices=CHOICES,
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            update_card_group(session, group_id, version, values, actor(), now(), **_ghost())
            return back

        return answer_form(self, form, save)

    @expose("/<int:group_id>/rule", methods=("POST",))
    def rule(self, group_id: int) -> ResponseReturnValue:
        """Deny, allow, or forget a prefix."""
        require_token()
        require_right(Right.MAKE_CARDS)
        _group(group_id)
        prefix, act = request.form.get("prefix", "").strip(), request.form.get("act", "")
        if act not in ("deny", "allow", "forget"):
            abort(400)
        owner = RuleOwner(group_id=group_id)

        def do(session: Session) -> str:
            if act == "forget":
                remove_destination_rule(session, owner, prefix, actor(), now())
                return gettext("The rule for %(prefix)s is gone.", prefix=prefix)
            reason, is_allowed = request.form.get("reason", ""), act == "allow"
            set_destination_rule(session, owner, prefix, actor(), now(), is_allowed=is_allowed, reason=reason)
            return gettext("The rule for %(prefix)s is saved.", prefix=prefix)

        carry_out(do)
        return redirect(url_for(".show", group_id=group_id))

    @expose("/<int:group_id>/announcement", methods=("POST",))
    def announcement(self, group_id: int) -> ResponseReturnValue:
        """Another share of the minutes for a destination; an empty percent forgets it."""
        require_token()
        require_right(Right.MAKE_CARDS)
        _group(group_id)
        prefix, percent = request.form.get("prefix", "").strip(), request.form.get("percent", type=int)

        def do(session: Session) -> str:
            set_ghost_percent(session, group_id, prefix, percent, actor(), now(), **_ghost())
            return gettext("The announcement for %(prefix)s is saved.", prefix=prefix)

        carry_out(do)
        return redirect(url_for(".show", group_id=group_id))


def _group(group_id: int) -> dict[str, Any]:
    group = find_group(read_session(), group_id)
    if group is None:
        abort(404)
    return group


def _ghost() -> dict[str, bool]:
    return {"ghost_above_100_allowed": current_app.config["SETTINGS"].allow_ghost_above_100}


def _told(field: Field, group: dict[str, Any]) -> str:
    """A setting as it is read."""
    value = group[field.name]
    if field.kind is FieldKind.CHOICE:
        return group["routing_plan"] or NOTHING
    if value is None:
        return NOTHING
    if field.kind is FieldKind.MONEY:
        return exact_money(value, group["currency"])
    if field.kind is FieldKind.FLAG:
        return gettext("yes") if value else gettext("no")
    return spoken(str(value)) if field.kind is FieldKind.WORD else str(value)
