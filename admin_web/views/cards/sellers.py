"""Resellers, who own series, and distributors, who sell cards of others: lists, and the forms that make and change
them.
"""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import Row, func
from sqlalchemy.orm import Session

from admin_web.access import actor, has_right, now, zone
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.lists import cells
from admin_web.lists.list_view import ConsoleList, Rows
from admin_web.page import ThingPage
from billing.rights import Right
from models import Distributor, Reseller
from services.resellers.reseller_report import find_reseller, reseller_rows
from services.resellers.save_distributor import (
    DISTRIBUTOR_FIELDS,
    create_distributor,
    distributor_rows,
    find_distributor,
    update_distributor,
)
from services.resellers.save_reseller import RESELLER_FIELDS, assign_series, create_reseller, update_reseller
from services.store.keyset import Order
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

MAKES = Right.MAKE_CARDS  # who makes series gives them away
SERIES_GIVEN_MAX = 100


class ResellerList(ConsoleList):
    right = Right.SEE_ACCOUNTS
    is_of_all = True
    heading = lazy_gettext("Resellers")
    list_template = "console/reseller_list.html"
    help_topic = "series"
    empty_text = lazy_gettext("No reseller yet: a reseller owns series and sees only those.")
    search_label = lazy_gettext("Name, or how it begins")
    link_column = "name"
    right_aligned = frozenset({"series", "cards"})
    column_list = ("name", "is_enabled", "series", "cards")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "name": lazy_gettext("Reseller"),
        "is_enabled": lazy_gettext("Gets series"),
        "series": lazy_gettext("Series"),
        "cards": lazy_gettext("Cards"),
    }
    column_formatters = {"is_enabled": cells.flag, "series": cells.whole, "cards": cells.whole}  # noqa: RUF012
    orders = {"name": Order((Reseller.name,))}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(Reseller, name=lazy_gettext("Resellers"), category="Accounts", endpoint="resellers")

    def query(self) -> Rows:
        return reseller_rows()

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(func.lower(Reseller.name).startswith(text.lower(), autoescape=True))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("resellerpage.edit", reseller_id=row.id)


class ResellerPage(ThingPage):
    right = Right.SEE_ACCOUNTS
    is_of_all = True
    list_endpoint = "resellers.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Reseller"), endpoint="resellerpage", url="/resellers")

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(MAKES)
        stored = {"is_enabled": True}
        form = EditForm(gettext("New reseller"), (("Reseller", RESELLER_FIELDS),), stored, url_for(self.list_endpoint))

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            saved = create_reseller(session, values, actor(), now())
            return url_for(".edit", reseller_id=saved.id)

        return answer_form(self, form, save)

    @expose("/<int:reseller_id>", methods=("GET", "POST"))
    def edit(self, reseller_id: int) -> ResponseReturnValue:
        """Its name, and its series with a form that gives and takes them."""
        if request.method == "POST":
            require_right(MAKES)
        reseller = find_reseller(read_session(), reseller_id)
        if reseller is None:
            abort(404)
        form = EditForm(
            gettext("Reseller %(name)s", name=reseller["name"]),
            (("Reseller", RESELLER_FIELDS),),
            reseller,
            url_for(self.list_endpoint),
            version=reseller["version"],
            what=("reseller", str(reseller_id)),
            template="console/reseller.html",
            extra={"reseller": reseller, "may_change": has_right(MAKES)},
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            update_reseller(session, reseller_id, version, values, actor(), now())
            return url_for(".edit", reseller_id=reseller_id)

        return answer_form(self, form, save)

    @expose("/<int:reseller_id>/series", methods=("POST",))
    def series(self, reseller_id: int) -> ResponseReturnValue:
        """Give series to it, or (`take`) back to the platform."""
        require_token()
        require_right(MAKES)
        page = url_for(".edit", reseller_id=reseller_id)
        words = request.form.get("numbers", "").replace(",", " ").split()[:SERIES_GIVEN_MAX]
        if not words or not all(word.isascii() and word.isdigit() for word in words):
            flash(gettext("Name the series by their numbers, such as 1 2 45."), "error")
            return redirect(page)
        owner = None if "take" in request.form else reseller_id

        def do(session: Session) -> str:
            assign_series(session, owner, [int(word) for word in words], actor(), now(), zone())
            return gettext("%(count)s series have another owner.", count=len(words))

        carry_out(do)
        return redirect(page)


class DistributorList(ConsoleList):
    right = Right.SEE_ACCOUNTS
    is_of_all = True
    heading = lazy_gettext("Distributors")
    list_template = "console/distributor_list.html"
    help_topic = "series"
    empty_text = lazy_gettext("No distributor yet: a distributor sells cards without owning their series.")
    search_label = lazy_gettext("Name, or how it begins")
    link_column = "name"
    column_list = ("name", "is_enabled", "sees_pins")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "name": lazy_gettext("Distributor"),
        "is_enabled": lazy_gettext("Gets cards"),
        "sees_pins": lazy_gettext("Sees PINs"),
    }
    column_formatters = {"is_enabled": cells.flag, "sees_pins": cells.flag}  # noqa: RUF012
    orders = {"name": Order((Distributor.name,))}  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(Distributor, name=lazy_gettext("Distributors"), category="Accounts", endpoint="distributors")

    def query(self) -> Rows:
        return distributor_rows()

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(func.lower(Distributor.name).startswith(text.lower(), autoescape=True))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str | None:
        return url_for("distributorpage.edit", distributor_id=row.id) if has_right(MAKES) else None


class DistributorPage(ThingPage):
    right = MAKES
    is_of_all = True
    list_endpoint = "distributors.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Distributor"), endpoint="distributorpage", url="/distributors")

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        sections = (("Distributor", DISTRIBUTOR_FIELDS),)
        form = EditForm(gettext("New distributor"), sections, {"is_enabled": True}, url_for(self.list_endpoint))

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            create_distributor(session, values, actor(), now())
            return url_for(self.list_endpoint)

        return answer_form(self, form, save)

    @expose("/<int:distributor_id>", methods=("GET", "POST"))
    def edit(self, distributor_id: int) -> ResponseReturnValue:
        distributor = find_distributor(read_session(), distributor_id)
        if distributor is None:
            abort(404)
        form = EditForm(
            gettext("Distributor %(name)s", name=distributor.name),
            (("Distributor", DISTRIBUTOR_FIELDS),),
            {field.name: getattr(distributor, field.name) for field in DISTRIBUTOR_FIELDS},
            url_for(self.list_endpoint),
            version=distributor.version,
            what=("distributor", str(distributor_id)),
        )

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            update_distributor(session, distributor_id, version, values, actor(), now())
            return url_for(self.list_endpoint)

        return answer_form(self, form, save)
