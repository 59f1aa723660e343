"""What would this call cost? A number, a table or a card, a moment and seconds in; the worked sum, the limit and what
is announced out, by the functions that quote and bill real calls.
"""

from dataclasses import dataclass
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin_web.access import get_signed, language, zone
from admin_web.forms.asked_call import AskedWrong, asked_call, asked_money, find_own_card
from admin_web.lists.choices import rate_tables
from admin_web.page import ConsolePage
from admin_web.words.tariff_words import tariff_words
from billing.rights import Right
from ivr_prompts.compose import spoken_duration, transcript
from ivr_prompts.language import load_language
from models import AccessNumber, RateTable
from services.rates.simulate_call import SimulatedCall, SimulationRefused, simulate_card_call, simulate_table_call
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext, translated

BALANCE_DEFAULT = "10.00"
ACCESS_SHOWN_MAX = 500


@dataclass(frozen=True, slots=True)
class Simulated:
    """`terms` are those of the tariff, `spoken` is how the caller hears the time left."""

    call: SimulatedCall
    terms: tuple[tuple[str, str], ...]
    spoken: str


class SimulationPage(ConsolePage):
    """All that is asked stands in the address, so that a link keeps it."""

    right = Right.SEE_RATES
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(
            name=lazy_gettext("Call simulation"), category="Rates & routes", endpoint="simulation", url="/simulate"
        )

    @expose("/")
    def index(self) -> ResponseReturnValue:
        found, problem = None, None
        if request.args.get("number", "").strip():
            try:
                found = _simulated()
            except (AskedWrong, SimulationRefused) as refused:
                problem = translated(refused)
        shown = self.render(
            "console/simulation.html",
            asked=request.args,
            tables=rate_tables(),
            access_numbers=_access_numbers(),
            found=found,
            problem=problem,
            balance_default=BALANCE_DEFAULT,
            zone=str(zone()),
        )
        return (shown, 400) if problem else shown


def _simulated() -> Simulated:
    call = _called()
    terms = tuple(tariff_words(call.rate.tariff, call.currency)) if call.rate else ()
    return Simulated(call, terms, _spoken(call.announced_seconds))


def _called() -> SimulatedCall:
    session, asked, given = read_session(), asked_call(), request.args
    if given.get("card", "").strip():
        card = find_own_card(given["card"], get_signed().operator)
        access, balance = given.get("access") or None, asked_money("balance")
        return simulate_card_call(session, asked, card, access_number=access, balance_micros=balance)
    table_id = given.get("table", type=int)
    if table_id is None or session.get(RateTable, table_id) is None:
        raise AskedWrong(gettext("Give the number of a card, or choose a rate table."))
    return simulate_table_call(session, asked, table_id, asked_money("balance", BALANCE_DEFAULT) or 0)


def _spoken(seconds: int) -> str:
    words = load_language(language())
    return transcript(words, spoken_duration(words, seconds, say_seconds=bool(seconds % 60)))


def _access_numbers() -> list[Any]:
    query = select(AccessNumber.number).where(AccessNumber.is_enabled).order_by(AccessNumber.number)
    return list(read_session().scalars(query.limit(ACCESS_SHOWN_MAX)))
