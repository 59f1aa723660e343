"""Money of a client's wallet as the console books it, once a form: on the client's page and among payments."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from admin_web.access import actor, now
from admin_web.forms.amounts import read_amount
from services.accounts.client_money import ClientMoney, adjust_client_wallet, pay_client_wallet
from web_base.formats import money
from web_base.texts import gettext


def pay_client(session: Session, client_id: int, typed: Mapping[str, str]) -> str:
    """By the number of its receipt, or the form's token: sent twice, it is booked once."""
    sign = -1 if typed.get("direction") == "to_client" else 1
    reference = typed.get("reference", "").strip() or typed.get("token", "")
    amount_micros = sign * read_amount(typed.get("amount", ""))
    reason = typed.get("reason", "").strip() or None
    return _told(pay_client_wallet(session, client_id, amount_micros, reference, actor(), now(), reason=reason))


def adjust_client(session: Session, client_id: int, typed: Mapping[str, str]) -> str:
    """The token of the form is the reference: sent twice, it is booked once (F27)."""
    amount_micros = read_amount(typed.get("amount", ""), negative_allowed=True)
    reason, token = typed.get("reason", ""), typed.get("token", "")
    return _told(adjust_client_wallet(session, client_id, amount_micros, reason, token, actor(), now()))


def _told(done: ClientMoney) -> str:
    balance = money(done.balance_micros, done.currency)
    if done.is_repeat:
        return gettext("It was booked before; the balance was then %(balance)s.", balance=balance)
    return gettext("It is booked; the balance is %(balance)s.", balance=balance)
