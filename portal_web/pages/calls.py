"""The calls of the last 30 days, on the page and as a file."""

from io import StringIO
from typing import Final

from flask import Response
from flask.typing import ResponseReturnValue

from billing.money import text_from_micros
from portal_web.access import get_card, now
from portal_web.page import draw, holder_pages
from portal_web.words import call_word
from services.holders.access_numbers import access_numbers_of
from services.holders.holder_calls import CALLS_MAX, DAYS, HolderCall, holder_calls
from services.store.safe_cells import write_csv
from web_base.database import read_session
from web_base.texts import gettext

pages = holder_pages("calls", __name__)
SHOWN_MAX: Final = 200
PRICE_DECIMALS: Final = 6


@pages.get("/calls")
def index() -> ResponseReturnValue:
    card = get_card()
    found = holder_calls(read_session(), card.card_id, now(), SHOWN_MAX + 1)
    return draw(
        "portal/calls.html",
        calls=found[:SHOWN_MAX],
        has_more=len(found) > SHOWN_MAX,
        days=DAYS,
        numbers=() if found else access_numbers_of(read_session(), card),
    )


@pages.get("/calls.csv")
def download() -> ResponseReturnValue:
    out = StringIO()
    write_csv(out, _titles(), map(_row, holder_calls(read_session(), get_card().card_id, now(), CALLS_MAX)))
    named = {"Content-Disposition": 'attachment; filename="calls.csv"'}
    return Response(out.getvalue(), mimetype="text/csv", headers=named)


def _titles() -> list[str]:
    return [
        gettext("Time (UTC)"),
        gettext("Number"),
        gettext("Destination"),
        gettext("From"),
        gettext("Outcome"),
        gettext("Seconds"),
        gettext("Cost"),
        gettext("Currency"),
    ]


def _row(call: HolderCall) -> list[object]:
    cost = text_from_micros(call.cost_micros, PRICE_DECIMALS)
    where = [call.placed_at, call.destination, call.destination_name, call.caller_id or ""]
    return [*where, call_word(call.disposition), call.talk_seconds, cost, call.currency]
