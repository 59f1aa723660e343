"""Currencies of reports: what a unit of each is worth, by days; prices and balances are never converted."""

from datetime import date

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, has_right, now, zone
from admin_web.acts import carry_out, require_right, require_token
from admin_web.page import ConsolePage
from billing.exchange import ExchangeRefused, value_parts_from_text
from billing.rights import Right
from services.currencies.exchange_report import exchange_rates
from services.currencies.set_exchange_rate import set_exchange_rate
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext, translated


class CurrencyPage(ConsolePage):
    right = Right.SEE_MONEY
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Currencies"), category="Money", endpoint="currencies", url="/currencies")

    @expose("/")
    def index(self) -> str:
        return self.render(
            "console/currencies.html",
            rates=exchange_rates(read_session(), _report_currency()),
            report_currency=_report_currency(),
            today=now().astimezone(zone()).date().isoformat(),
            may_change=has_right(Right.MANAGE_RATES),
        )

    @expose("/set", methods=("POST",))
    def set(self) -> ResponseReturnValue:
        """A value that more than doubled or halved is asked for once more."""
        require_token()
        require_right(Right.MANAGE_RATES)
        form, page = request.form, redirect(url_for(".index"))
        try:
            value_parts = value_parts_from_text(form.get("value", ""))
            day = date.fromisoformat(form.get("day", ""))
        except ExchangeRefused as refused:
            flash(translated(refused), "error")
            return page
        except ValueError:
            flash(gettext("The day cannot be read: choose one."), "error")
            return page
        code, is_sure = form.get("currency", "").strip().upper(), "is_sure" in form

        def do(session: Session) -> str:
            set_exchange_rate(session, code, value_parts, day, _report_currency(), actor(), now(), is_sure=is_sure)
            return gettext("The value of a %(code)s is saved.", code=code)

        carry_out(do)
        return page


def _report_currency() -> str:
    code: str = current_app.config["SETTINGS"].report_currency
    return code
