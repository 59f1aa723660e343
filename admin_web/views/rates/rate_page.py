"""A single rate: added, given other terms from a moment, ended; prefixes blocked and opened again."""

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_token
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.forms.form import shown_moment
from admin_web.forms.rate_form import in_words, rate_from, rate_sections
from admin_web.page import ThingPage
from admin_web.views.rates.rate_table_page import get_table
from billing.rights import Right
from models import Rate
from services.rates.block_prefix import block_prefix, unblock_prefix
from services.rates.check_rate import DEFAULTS
from services.rates.save_rate import add_rate, as_values, change_rate, end_rate, rate_mark
from web_base.database import read_session
from web_base.formats import moment
from web_base.texts import gettext, lazy_gettext


class RatePage(ThingPage):
    right = Right.MANAGE_RATES
    list_endpoint = "ratetables.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Rate"), endpoint="ratepage", url="/rate")

    @expose("/add/<int:table_id>", methods=("GET", "POST"))
    def add(self, table_id: int) -> ResponseReturnValue:
        table, back = get_table(table_id), url_for("ratelist.of_table", table_id=table_id)
        form = EditForm(
            gettext("Add a rate to %(name)s", name=table.name),
            rate_sections(is_new=True),
            {**in_words(DEFAULTS), "prefix": request.args.get("prefix")},
            back,
            currency=table.currency,
        )

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            rate = rate_from(values)
            rate["valid_from"] = rate["valid_from"] or now()
            add_rate(session, table_id, rate, actor(), now(), **_ghost())
            return url_for("ratelist.of_table", table_id=table_id, q=rate["prefix"])

        return answer_form(self, form, save)

    @expose("/<int:rate_id>", methods=("GET", "POST"))
    def edit(self, rate_id: int) -> ResponseReturnValue:
        """What it cost before is kept: a rate that has begun ends, and one with the new terms follows."""
        rate = _rate(rate_id)
        table, stored = get_table(rate.rate_table_id), as_values(rate)
        back = url_for("ratelist.of_table", table_id=rate.rate_table_id, q=rate.prefix)
        form = EditForm(
            gettext(
                "%(prefix)s %(name)s in %(table)s", prefix=rate.prefix, name=rate.destination_name, table=table.name
            ),
            rate_sections(is_new=False),
            in_words(stored),
            back,
            version=rate_mark(stored),
            what=("rate", str(rate_id)),
            currency=table.currency,
            fixed=(
                (gettext("Prefix"), rate.prefix),
                (gettext("Holds from"), moment(rate.valid_from)),
            ),
            template="console/rate_form.html",
            extra={"rate": rate},
        )

        def save(session: Session, values: dict[str, Any], seen: int | None) -> str:
            changes = rate_from(values)
            if request.form.get("valid_until", "") == shown_moment(stored["valid_until"]):
                del changes["valid_until"]  # its seconds are not all on the screen
            begins_at = values["begins_at"]
            change_rate(session, rate_id, changes, actor(), now(), begins_at=begins_at, seen=seen, **_ghost())
            return back

        return answer_form(self, form, save)

    @expose("/<int:rate_id>/end", methods=("POST",))
    def end(self, rate_id: int) -> ResponseReturnValue:
        require_token()
        rate = _rate(rate_id)
        seen = request.form.get("version", type=int)

        def do(session: Session) -> str:
            end_rate(session, rate_id, actor(), now(), seen=seen)
            return gettext("The rate of %(prefix)s has ended; calls that run keep their price.", prefix=rate.prefix)

        carry_out(do)
        return redirect(url_for("ratelist.of_table", table_id=rate.rate_table_id))

    @expose("/block/<int:table_id>", methods=("POST",))
    def block(self, table_id: int) -> ResponseReturnValue:
        """A prefix, or open it again."""
        require_token()
        get_table(table_id)
        prefix, act = request.form.get("prefix", "").strip(), request.form.get("act", "")
        name = request.form.get("destination_name", "").strip() or None

        def do(session: Session) -> str:
            if act == "unblock":
                unblock_prefix(session, table_id, prefix, actor(), now())
                return gettext("The prefix %(prefix)s is open again.", prefix=prefix)
            block_prefix(session, table_id, prefix, actor(), now(), destination_name=name)
            return gettext("No call goes to %(prefix)s by this table.", prefix=prefix)

        carry_out(do)
        return redirect(url_for("ratelist.of_table", table_id=table_id, q=prefix or None))


def _rate(rate_id: int) -> Rate:
    rate = read_session().get(Rate, rate_id)
    if rate is None:
        abort(404)
    return rate


def _ghost() -> dict[str, bool]:
    return {"ghost_above_100_allowed": current_app.config["SETTINGS"].allow_ghost_above_100}
