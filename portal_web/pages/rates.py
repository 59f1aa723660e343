"""What a call costs with this card: by a number, or by the name of a country."""

import re
from typing import Final

from flask import request
from flask.typing import ResponseReturnValue

from portal_web.access import get_card, now, zone
from portal_web.page import draw, holder_pages
from portal_web.words import not_called_text
from services.holders.favourites import next_call
from services.holders.holder_rates import FOUND_MAX, NAME_CHARACTERS_MIN, rates_by_name
from web_base.database import read_session

pages = holder_pages("rates", __name__)
WANTED_CHARACTERS_MAX: Final = 60
NUMBER: Final = re.compile(r"\+?[0-9 ()./-]+")


@pages.get("/rates")
def index() -> ResponseReturnValue:
    wanted = request.args.get("q", "").strip()[:WANTED_CHARACTERS_MAX]
    card, call, named = get_card(), None, None
    if NUMBER.fullmatch(wanted):
        call = next_call(read_session(), card, "".join(filter(str.isdigit, wanted)), now(), zone())
    elif len(wanted) >= NAME_CHARACTERS_MIN:
        named = rates_by_name(read_session(), card, wanted, now(), zone())
    is_full = named is not None and len(named) >= FOUND_MAX
    found = {"call": call, "named": named, "is_full": is_full, "why_not": not_called_text}
    return draw("portal/rates.html", wanted=wanted, is_number=bool(NUMBER.fullmatch(wanted)), **found)
