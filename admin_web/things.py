"""The thing that an address names: looked up within what the operator may see, or the page of what does not exist."""

from flask import abort, g

from admin_web.access import get_signed
from models import CardSeries
from services.cards.card_facts import CardFacts
from services.cards.find_card_of import find_card_of
from services.series.find_series import find_series
from web_base.database import read_session


def open_series(number: int) -> CardSeries:
    """Of this address; kept for the rest of the request, so that a list can ask for it again."""
    series = find_series(read_session(), get_signed().operator, number)
    if series is None:
        abort(404)
    g.series = series
    return series


def opened_series() -> CardSeries:
    series: CardSeries | None = g.get("series")
    if series is None:
        abort(404)
    return series


def open_card(number: str) -> CardFacts:
    card = find_card_of(read_session(), get_signed().operator, number)
    if card is None:
        abort(404)
    g.card = card
    return card


def opened_card() -> CardFacts:
    card: CardFacts | None = g.get("card")
    if card is None:
        abort(404)
    return card
