"""The portal's words for states, outcomes and movements: those of somebody who calls, not of who runs the platform."""

from datetime import datetime, tzinfo
from typing import Final

from babel import Locale
from flask_babel import get_locale

from billing.expiry import last_day
from billing.refusals import Refusal
from billing.states import CallDisposition
from models import LedgerKind
from services.cards.card_facts import CardFacts
from web_base.formats import day, money
from web_base.texts import gettext, lazy_gettext

CALLS: Final = {
    CallDisposition.ANSWERED: lazy_gettext("answered"),
    CallDisposition.BUSY: lazy_gettext("busy"),
    CallDisposition.NO_ANSWER: lazy_gettext("no answer"),
    CallDisposition.UNREACHABLE: lazy_gettext("not reached"),
    CallDisposition.ALL_LINES_BUSY: lazy_gettext("all lines busy"),
    CallDisposition.CANCELLED: lazy_gettext("hung up"),
}
CHARGES: Final = {
    LedgerKind.CALL: lazy_gettext("Call"),
    LedgerKind.CONNECT_FEE: lazy_gettext("Connection fee"),
    LedgerKind.BLOCK_FEE: lazy_gettext("Fee by length of the call"),
    LedgerKind.DISCONNECT_FEE: lazy_gettext("Fee at the end of the call"),
    LedgerKind.ACCESS_SURCHARGE: lazy_gettext("Surcharge of the access number"),
    LedgerKind.TAX: lazy_gettext("Tax"),
    LedgerKind.ACTIVATION_FEE: lazy_gettext("Activation fee"),
    LedgerKind.MAINTENANCE_FEE: lazy_gettext("Maintenance fee"),
    LedgerKind.RECHARGE: lazy_gettext("Refill"),
    LedgerKind.ADJUSTMENT: lazy_gettext("Correction"),
    LedgerKind.TRANSFER: lazy_gettext("Moved between cards"),
    LedgerKind.LAPSE: lazy_gettext("Balance lapsed"),
    LedgerKind.REVERSAL: lazy_gettext("Given back"),
}
STOPPED: Final = {
    Refusal.CARD_NOT_ACTIVATED: lazy_gettext("This card was not sold yet, so it cannot call."),
    Refusal.CARD_BLOCKED: lazy_gettext("This card is blocked. Please ask for help."),
    Refusal.CARD_USED_UP: lazy_gettext("The balance is used up."),
    Refusal.CARD_IN_USE: lazy_gettext("A call is going on. Its money is set aside until it ends."),
}
EXPIRED: Final = frozenset({Refusal.CARD_EXPIRED, Refusal.CARD_EXPIRED_GRACE})
NOT_CALLED: Final = {
    Refusal.NO_RATE: lazy_gettext("We have no price for this number: it cannot be called with this card."),
    Refusal.NOT_ALLOWED: lazy_gettext("This destination cannot be called with this card."),
    Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION: lazy_gettext("The balance is not enough for a call there."),
    Refusal.EMERGENCY_NOT_POSSIBLE: lazy_gettext("Emergency numbers cannot be called with a card: dial them directly."),
    Refusal.TOO_SHORT: lazy_gettext("This number is too short: write it with the country code, such as 370 612 34567."),
    Refusal.DESTINATION_INVALID: lazy_gettext("This is no number that can be called: write it with the country code."),
    Refusal.NO_ROUTE: lazy_gettext("There is no line to this destination now."),
    Refusal.ALL_LINES_BUSY: lazy_gettext("All lines to this destination are busy now."),
}


def call_word(disposition: CallDisposition) -> str:
    return str(CALLS[disposition])


def charge_word(kind: LedgerKind) -> str:
    return str(CHARGES[kind])


def stopped_text(card: CardFacts, refusal: Refusal, zone: tzinfo) -> str:
    """Why the card may not call."""
    if refusal is Refusal.CARD_EXPIRED_GRACE and card.grace_ends_at is not None:
        kept = day(last_day(card.grace_ends_at, zone))
        return gettext(
            "This card has expired. Its %(balance)s are kept until %(day)s: ask for help to move them to another card.",
            balance=money(card.available_micros, card.currency),
            day=kept,
        )
    if refusal in EXPIRED:
        return gettext("This card has expired. Ask for help to move its balance to another card.")
    return str(STOPPED.get(refusal, lazy_gettext("This card cannot call now.")))


def not_called_text(refusal: Refusal) -> str:
    """Why a number cannot be called; what stops the card itself is said on its first page."""
    return str(NOT_CALLED.get(refusal, lazy_gettext("This card cannot call now.")))


def expiry_text(expires_at: datetime | None, period_days: int | None, zone: tzinfo) -> str:
    if expires_at is not None:
        return gettext("until %(day)s", day=day(last_day(expires_at, zone)))
    if period_days is not None:
        return gettext("%(days)s days from the first call", days=period_days)
    return gettext("without end")


def minutes(seconds: int) -> str:
    """Whole minutes, as they are announced; under one, seconds."""
    if seconds < 60:
        return gettext("%(count)s seconds", count=seconds)
    return gettext("%(count)s minutes", count=seconds // 60) if seconds >= 120 else gettext("1 minute")


def language_name(code: str) -> str:
    """In the reader's own language."""
    return Locale.parse(code).get_display_name(get_locale()) or code
