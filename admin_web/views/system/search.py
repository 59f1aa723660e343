"""The search of the whole console: an exact card, phone, call or series opens its page. It never takes a PIN."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import exists, select

from admin_web.access import get_signed, has_right
from admin_web.page import ConsolePage
from billing.card_number import find_series_and_serial, keyed_number
from billing.rights import Right
from models import CallerIdBinding, CallRecord, Card, CardSeries
from services.operators.scope import card_scope, series_scope
from web_base.database import read_session
from web_base.texts import lazy_gettext

TEXT_LENGTH_MAX = 80
SERIES_DIGITS_MAX = 9


class SearchPage(ConsolePage):
    right = Right.SEE_CARDS

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Search"), endpoint="search", url="/search")

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> ResponseReturnValue:
        text = request.args.get("q", "").strip()[:TEXT_LENGTH_MAX]
        found = self._page_of(text) if text else None
        return redirect(found) if found else self.render("console/search.html", text=text)

    def _page_of(self, text: str) -> str | None:
        """The first of: a card's number, a bound phone, a call's id, a series' number, destinations called."""
        session, operator = read_session(), get_signed().operator
        digits = text.lstrip("+").replace(" ", "")
        number = keyed_number(digits) if find_series_and_serial(digits) else None
        cards = select(Card.number).join(CardSeries, CardSeries.id == Card.series_id).where(card_scope(operator))
        bound = cards.join(CallerIdBinding, CallerIdBinding.card_id == Card.id)
        for query in (cards.where(Card.number == number), bound.where(CallerIdBinding.caller_id == digits)):
            card = session.scalars(query).first()
            if card is not None:
                return url_for("cardpage.show", number=card)
        if has_right(Right.SEE_CALLS) and session.scalar(select(exists().where(CallRecord.call_id == text))):
            return url_for("calls.show", call_id=text)
        if not (digits.isascii() and digits.isdigit()):
            return None
        if len(digits) <= SERIES_DIGITS_MAX:
            series = select(CardSeries.number).where(CardSeries.number == int(digits), series_scope(operator))
            if session.scalars(series).first() is not None:
                return url_for("seriespage.cards", number=int(digits))
        called = exists().where(CallRecord.destination == digits)
        if has_right(Right.SEE_CALLS) and session.scalar(select(called)):
            return url_for("calls.index_view", q=digits)
        return None
