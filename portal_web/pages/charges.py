"""Every movement of the card's money, with the balance after it: calls, fees, refills, corrections."""

from typing import Final

from flask import request
from flask.typing import ResponseReturnValue

from portal_web.access import get_card
from portal_web.page import draw, holder_pages
from services.cards.card_statement import card_statement
from services.money.wallet_balance import NEWEST
from web_base.database import read_session

pages = holder_pages("charges", __name__)
LINES: Final = 50


@pages.get("/charges")
def index() -> ResponseReturnValue:
    before = request.args.get("before", NEWEST, type=int)
    statement = card_statement(read_session(), get_card(), before=min(max(before, 1), NEWEST), newest=LINES)
    return draw("portal/charges.html", statement=statement, is_newest=before >= NEWEST)
