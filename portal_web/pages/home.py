"""The card at a glance: what is left, how long it is good, where to call in, and how long the money lasts."""

from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from billing.card_check import check_card
from portal_web.access import get_card, now, zone
from portal_web.page import draw, holder_pages
from portal_web.words import EXPIRED, expiry_text, not_called_text, stopped_text
from services.holders.access_numbers import access_numbers_of
from services.holders.favourites import favourites
from web_base.database import read_session

pages = holder_pages("home", __name__)


@pages.get("/")
def index() -> ResponseReturnValue:
    card, at = get_card(), now()
    refusal = check_card(card.standing, at)
    return draw(
        "portal/home.html",
        stopped=None if refusal is None else stopped_text(card, refusal, zone()),
        is_expired=refusal in EXPIRED,
        expiry=expiry_text(card.expires_at, card.series.expiry_period_days, zone()),
        numbers=access_numbers_of(read_session(), card, get_locale().language),
        favourites=favourites(read_session(), card, at, zone()),
        why_not=not_called_text,
    )
