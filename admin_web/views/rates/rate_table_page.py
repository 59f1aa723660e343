"""A rate table: made, renamed, closed; its rates as a file."""

from typing import Any

from flask import Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.lists.files import send
from admin_web.page import ThingPage
from billing.rights import Right
from models import RateTable
from services.rate_import.export_rates import export_rates, note_rate_export, rates_to_export
from services.rates.rate_fields import TABLE_FIELDS
from services.rates.save_rate_table import create_rate_table, delete_rate_table, update_rate_table
from services.rates.table_users import table_users
from services.store.sheet_writer import SheetForm
from web_base.database import read_session, write_session
from web_base.texts import gettext, lazy_gettext, translated

SECTIONS = ((lazy_gettext("Rate table"), TABLE_FIELDS),)


class RateTablePage(ThingPage):
    right = Right.SEE_RATES
    list_endpoint = "ratetables.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Rate table"), endpoint="ratetable", url="/rates")

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(Right.MANAGE_RATES)
        form = EditForm(gettext("New rate table"), SECTIONS, {}, url_for("ratetables.index_view"))

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            return url_for("ratelist.of_table", table_id=create_rate_table(session, values, actor(), now()).id)

        return answer_form(self, form, save)

    @expose("/<int:table_id>/edit", methods=("GET", "POST"))
    def edit(self, table_id: int) -> ResponseReturnValue:
        require_right(Right.MANAGE_RATES)
        table = get_table(table_id)
        back = url_for("ratelist.of_table", table_id=table_id)
        users = ", ".join(translated(user.what) for user in table_users(read_session(), table_id))
        form = EditForm(
            gettext("Edit rate table %(name)s", name=table.name),
            SECTIONS,
            {field.name: getattr(table, field.name) for field in TABLE_FIELDS},
            back,
            version=table.version,
            what=("rate_table", str(table_id)),
            fixed=((gettext("Used by"), users or gettext("nobody")),),
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            update_rate_table(session, table_id, version, values, actor(), now())
            return back

        return answer_form(self, form, save)

    @expose("/<int:table_id>/close", methods=("POST",))
    def close(self, table_id: int) -> ResponseReturnValue:
        """Refused while anyone uses it; its rates stay for past calls."""
        require_token()
        require_right(Right.DELETE)
        name, version = get_table(table_id).name, request.form.get("version", type=int)

        def do(session: Session) -> str:
            delete_rate_table(session, table_id, version, actor(), now())
            return gettext("The rate table %(name)s is closed; its rates stay for past calls.", name=name)

        is_done = carry_out(do)
        return redirect(
            url_for("ratetables.index_view") if is_done else url_for("ratelist.of_table", table_id=table_id)
        )

    @expose("/<int:table_id>/file/<form>")
    def file(self, table_id: int, form: str) -> Response:
        """What holds now, with every term, such as an import takes back unchanged."""
        if form not in set(SheetForm):
            abort(404)
        table, sheet = get_table(table_id), SheetForm(form)
        export = rates_to_export(read_session(), table_id, now())
        name = f"rates-{table.name}-{now():%Y-%m-%d}.{form}"
        answer = send(name, lambda written: export_rates(read_session(), export, written, sheet))
        with write_session() as session:
            note_rate_export(session, export, sheet, actor(), now())
        return answer


def get_table(table_id: int) -> RateTable:
    table = read_session().get(RateTable, table_id)
    if table is None:
        abort(404)
    return table
