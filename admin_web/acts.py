"""Acts of pages: a token that the page gave, one transaction, and what became of it as a message on the next page."""

from collections.abc import Callable
from datetime import timedelta

from flask import abort, flash, request
from flask_admin.form import SecureForm
from markupsafe import Markup
from sqlalchemy.orm import Session

from admin_web.access import has_right
from billing.card_number import CardNumberRefused
from billing.destination_rules import PrefixRefused
from billing.expiry import ExpiryRefused
from billing.money import MoneyTextRefused
from billing.rights import Right, RightMissing
from services.accounts.client_money import ClientMoneyRefused
from services.accounts.sealed_password import PasswordUnreadable
from services.cards.card_order import ActRefused
from services.cards.check_replacement import ReplacementRefused
from services.cards.revive_card import ReviveRefused
from services.guard.block_phone import PhoneBlockRefused
from services.jobs.ask_job import JobRefused
from services.keys.closed_keys import KeyClosed
from services.keys.pin_keys import KeysMissing
from services.money.adjust_balance import AdjustmentRefused
from services.money.recharge_card import RechargeRefused
from services.operators.passwords import PasswordRefused
from services.operators.save_operator import OperatorRefused
from services.operators.second_factor import SecondFactorRefused
from services.operators.sessions import HOURS_MAX
from services.products.destination_rules import RuleRefused
from services.products.plan_agreement import PlanDisagrees
from services.rate_import.refusals import FileRefused, ImportRefused
from services.series.series_terms import SeriesRefused
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile, NotThere
from services.vouchers.block_vouchers import VoucherBlockRefused
from web_base.database import write_session
from web_base.texts import gettext, translated

REFUSED = (
    ActRefused,
    CardNumberRefused,
    ClientMoneyRefused,
    ExpiryRefused,
    PlanDisagrees,
    AdjustmentRefused,
    ChangedMeanwhile,
    FieldsRefused,
    FileRefused,
    ImportRefused,
    JobRefused,
    KeyClosed,
    KeysMissing,
    OperatorRefused,
    MoneyTextRefused,
    NotThere,
    PasswordRefused,
    PasswordUnreadable,
    PhoneBlockRefused,
    RechargeRefused,
    PrefixRefused,
    ReplacementRefused,
    ReviveRefused,
    RuleRefused,
    SecondFactorRefused,
    SeriesRefused,
    VoucherBlockRefused,
)


class ActForm(SecureForm):
    """Good as long as a session: whoever reads a page for an hour may still act by it."""

    class Meta(SecureForm.Meta):
        csrf_time_limit = timedelta(hours=HOURS_MAX)


def csrf() -> Markup:
    """The hidden field that every form of ours carries (trap C8)."""
    return Markup(ActForm().csrf_token())  # noqa: S704 (wtforms' own markup)


def require_token() -> None:
    """No act without the token of a page of ours; the same answer whatever is wrong with it."""
    if not ActForm(request.form).validate():
        abort(400, gettext("This page is too old to act by it. Go back, reload it, and do it once more."))


def require_right(right: Right) -> None:
    if not has_right(right):
        abort(403, translated(RightMissing(right)))


def carry_out(act: Callable[[Session], str]) -> bool:
    """Tell what was done, or why not; nothing stands half done."""
    try:
        with write_session() as session:
            done = act(session)
    except REFUSED as refused:
        flash(translated(refused), "error")
        return False
    flash(done, "good")
    return True
