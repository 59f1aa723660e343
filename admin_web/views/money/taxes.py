"""Tax profiles: the taxes on calls in their order, listed, made and changed."""

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, has_right, now
from admin_web.acts import require_right
from admin_web.forms.edit_form import EditForm, answer_form
from admin_web.page import ConsolePage
from billing.money import MoneyTextRefused
from billing.rights import Right
from billing.tariff import TAXES_MAX
from services.store.fields import FieldsRefused
from services.taxes.save_tax_profile import PROFILE_FIELDS, create_tax_profile, update_tax_profile
from services.taxes.tax_percent import PercentRefused, parts_from_percent, percent_from_parts
from services.taxes.tax_report import find_tax_profile_by_id, tax_profile_list
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

SECTIONS = (("Profile", PROFILE_FIELDS),)


class TaxPage(ConsolePage):
    right = Right.SEE_MONEY
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Tax profiles"), category="Money", endpoint="taxes", url="/taxes")

    @expose("/")
    def index(self) -> str:
        profiles = tax_profile_list(read_session())
        for profile in profiles:
            profile["taxes"] = _typed(profile["taxes"])
        return self.render("console/taxes.html", profiles=profiles, may_change=has_right(Right.MANAGE_RATES))

    @expose("/new", methods=("GET", "POST"))
    def new(self) -> ResponseReturnValue:
        require_right(Right.MANAGE_RATES)
        form = self._form(gettext("New tax profile"), {}, [])

        def save(session: Session, values: dict[str, Any], _version: int | None) -> str:
            create_tax_profile(session, {**values, "taxes": _taxes()}, actor(), now())
            return url_for(".index")

        return answer_form(self, form, save)

    @expose("/<int:profile_id>", methods=("GET", "POST"))
    def edit(self, profile_id: int) -> ResponseReturnValue:
        """Holds for calls from now on; one that runs keeps its taxes."""
        require_right(Right.MANAGE_RATES)
        profile = find_tax_profile_by_id(read_session(), profile_id)
        if profile is None:
            abort(404)
        form = self._form(gettext("Tax profile %(name)s", name=profile["name"]), profile, _typed(profile["taxes"]))

        def save(session: Session, values: dict[str, Any], version: int | None) -> str:
            update_tax_profile(session, profile_id, version, {**values, "taxes": _taxes()}, actor(), now())
            return url_for(".index")

        return answer_form(self, form, save)

    def _form(self, heading: str, stored: dict[str, Any], taxes: list[dict[str, str]]) -> EditForm:
        """What was typed is shown again, or what is stored, and empty lines up to the most."""
        lines = _lines() if request.method == "POST" else taxes
        lines = [*lines, *({"name": "", "percent": "", "is_compound": ""} for _ in range(TAXES_MAX - len(lines)))]
        what = ("tax_profile", str(stored["id"])) if stored else None
        return EditForm(
            heading,
            SECTIONS,
            stored,
            url_for(".index"),
            version=stored.get("version"),
            what=what,
            template="console/tax_form.html",
            extra={"lines": lines},
        )


def _lines() -> list[dict[str, str]]:
    """As they were typed."""
    form = request.form
    return [
        {
            "name": form.get(f"tax_name_{place}", "").strip(),
            "percent": form.get(f"tax_percent_{place}", "").strip(),
            "is_compound": form.get(f"tax_compound_{place}", ""),
        }
        for place in range(TAXES_MAX)
    ]


def _taxes() -> list[dict[str, Any]]:
    """Of the lines that are not empty; what cannot be read is told as a problem of the taxes."""
    taxes = []
    for line in _lines():
        if not (line["name"] or line["percent"]):
            continue
        try:
            parts = parts_from_percent(line["percent"])
        except (MoneyTextRefused, PercentRefused) as refused:
            raise FieldsRefused({"taxes": f"{line['name']}: {refused}"}) from refused
        taxes.append({"name": line["name"], "parts_per_million": parts, "is_compound": bool(line["is_compound"])})
    return taxes


def _typed(taxes: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        {
            "name": tax["name"],
            "percent": percent_from_parts(tax["parts_per_million"]),
            "is_compound": "1" if tax["is_compound"] else "",
        }
        for tax in taxes
    ]
