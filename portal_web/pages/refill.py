"""Refill the card by a voucher code."""

from typing import Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from billing.refusals import Refusal
from billing.states import CardType
from portal_web.access import address, get_card, now, pin_keys, rules, zone
from portal_web.form_token import require_token
from portal_web.page import draw, holder_pages
from services.holders.refill import OnThisCard, refill
from services.vouchers.redeem_voucher import Redeemed, VoucherRefusal
from web_base.database import write_session
from web_base.formats import money
from web_base.texts import gettext, lazy_gettext

pages = holder_pages("refill", __name__)
REFUSED: Final[dict[VoucherRefusal | Refusal, str]] = {
    VoucherRefusal.NOT_FOUND: lazy_gettext("This voucher is not known. Please look at its digits once more."),
    VoucherRefusal.USED: lazy_gettext("This voucher was used on another card."),
    VoucherRefusal.EXPIRED: lazy_gettext("This voucher has expired."),
    VoucherRefusal.TOP_UP_LIMIT: lazy_gettext("This card cannot take that amount, or not in this currency."),
    VoucherRefusal.NOT_RECHARGEABLE: lazy_gettext("This card takes no refill."),
}
TRY_LATER: Final = lazy_gettext("Too many wrong entries came from here. Please try again later.")


@pages.get("/refill")
def index() -> ResponseReturnValue:
    card = get_card()
    # In its grace a refill may bring a card back, where its series says so; the service decides.
    is_over = card.stopped_by(now()) is Refusal.CARD_EXPIRED
    is_possible = card.group.card_type is CardType.RECHARGEABLE
    return draw("portal/refill.html", is_possible=is_possible, is_over=is_over, problem=None)


@pages.post("/refill")
def enter() -> ResponseReturnValue:
    require_token()
    card, code = get_card(), request.form.get("code", "")
    with write_session() as session:
        answer = refill(session, pin_keys(), card, code, address(), now(), zone(), rules())
    if isinstance(answer, Redeemed | OnThisCard):
        flash(_told(answer, card.currency), "good")
        return redirect(url_for("home.index"))
    return draw("portal/refill.html", is_possible=True, is_over=False, problem=REFUSED.get(answer, TRY_LATER)), 400


def _told(answer: Redeemed | OnThisCard, currency: str) -> str:
    amount = money(answer.amount_micros, currency)
    if isinstance(answer, OnThisCard):
        return gettext("This voucher of %(amount)s is on your card already. It was added once.", amount=amount)
    balance = money(answer.balance_micros, currency)
    return gettext("%(amount)s were added. Your balance is %(balance)s.", amount=amount, balance=balance)
