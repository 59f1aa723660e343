"""The phones that call without a PIN: seen, and freed. One is added by calling in from it."""

from typing import Final

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal_web.access import get_card, now
from portal_web.form_token import require_token
from portal_web.page import draw, holder_pages
from portal_web.words import EXPIRED
from services.cards.card_facts import CardFacts
from services.holders.access_numbers import access_numbers_of
from services.holders.phones import free_phone, phones_of_card
from web_base.database import read_session, write_session
from web_base.texts import gettext

pages = holder_pages("phones", __name__)
PHONE_CHARACTERS_MAX: Final = 20


@pages.get("/phones")
def index() -> ResponseReturnValue:
    card = get_card()
    phones, numbers = phones_of_card(read_session(), card.card_id), access_numbers_of(read_session(), card)
    return draw("portal/phones.html", phones=phones, numbers=numbers, is_expired=_is_expired(card))


@pages.post("/phones/remove")
def remove() -> ResponseReturnValue:
    require_token()
    card = get_card()
    if _is_expired(card):
        abort(400, gettext("This card has expired: it can be looked at only."))
    phone = "".join(filter(str.isdigit, request.form.get("phone", "")[:PHONE_CHARACTERS_MAX]))
    with write_session() as session:
        is_freed = free_phone(session, card, phone, now())
    if is_freed:
        flash(gettext("From +%(phone)s the PIN is asked again.", phone=phone), "good")
    else:
        flash(gettext("This phone was removed before."), "good")
    return redirect(url_for("phones.index"))


def _is_expired(card: CardFacts) -> bool:
    return card.stopped_by(now()) in EXPIRED
