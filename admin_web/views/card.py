"""One card: what it is, why it may or may not call, its money, its calls and its phones, and what may be done to it."""

from typing import Any
from uuid import uuid4

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.access import actor, get_signed, now, zone
from admin_web.acts import carry_out, require_right, require_token
from admin_web.amounts import read_amount
from admin_web.database import read_session
from admin_web.page import ConsolePage
from admin_web.texts import gettext, lazy_gettext
from billing.card_acts import CardAct
from billing.card_number import find_series_and_serial, keyed_number
from billing.rights import Right
from models import Card, CardSeries
from services.calls.bind_caller_id import unbind_caller_id
from services.calls.call_report import CallFilter, calls
from services.cards.card_facts import CardFacts, find_card
from services.cards.card_order import CardOrder, Sale
from services.cards.card_range import CardRange
from services.cards.card_report import card_report
from services.cards.card_statement import card_statement
from services.cards.change_card_state import change_cards
from services.cards.explain_card import explain_card
from services.guard.unlock_guard import unlock_card
from services.money.adjust_balance import adjust_balance
from services.money.recharge_card import recharge_card
from services.operators.scope import card_scope

ACT_RIGHTS = {
    CardAct.RELEASE: Right.SELL_CARDS,
    CardAct.SELL: Right.SELL_CARDS,
    CardAct.TAKE_BACK: Right.SELL_CARDS,
    CardAct.BLOCK: Right.MANAGE_CARDS,
    CardAct.UNBLOCK: Right.MANAGE_CARDS,
}
CALLS_SHOWN = 10


class CardPage(ConsolePage):
    right = Right.SEE_CARDS

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Card"), endpoint="cardpage", url="/cards")

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> ResponseReturnValue:
        return redirect(url_for("cards.index_view"))

    @expose("/<number>")
    def show(self, number: str) -> str:
        session, card = read_session(), self._card(number)
        return self.render(
            "console/card.html",
            card=card_report(session, card, now()),
            facts=card,
            why=explain_card(session, card, now(), zone()),
            statement=card_statement(session, card),
            calls=calls(session, CallFilter(card_number=card.number, newest=CALLS_SHOWN)),
            token=uuid4().hex,
        )

    @expose("/<number>/state", methods=("POST",))
    def state(self, number: str) -> ResponseReturnValue:
        require_token()
        word = request.form.get("act", "")
        if word not in set(CardAct):
            abort(400)
        act = CardAct(word)
        require_right(ACT_RIGHTS[act])
        card = self._card(number)
        serial = int(card.number[-9:])
        order = CardOrder(
            act,
            CardRange(card.series.id, serial, serial),
            reason=request.form.get("reason", "").strip() or None,
            sale=Sale(place=request.form.get("place", "").strip() or None) if act is CardAct.SELL else None,
            ends_calls="ends_calls" in request.form,
        )
        carry_out(lambda session: self._changed(session, order))
        return redirect(url_for(".show", number=number))

    @expose("/<number>/adjust", methods=("POST",))
    def adjust(self, number: str) -> ResponseReturnValue:
        """The token of the form is the reference: sent twice, it is booked once (F27)."""
        require_token()
        require_right(Right.MOVE_MONEY)
        card, reason, token = self._card(number), request.form.get("reason", ""), request.form.get("token", "")

        def do(session: Session) -> str:
            amount_micros = read_amount(request.form.get("amount", ""), negative_allowed=True)
            adjust_balance(session, card.card_id, amount_micros, reason, token, actor(), now())
            return gettext("The balance was adjusted.")

        carry_out(do)
        return redirect(url_for(".show", number=number))

    @expose("/<number>/recharge", methods=("POST",))
    def recharge(self, number: str) -> ResponseReturnValue:
        require_token()
        require_right(Right.MOVE_MONEY)
        card, reference = self._card(number), f"console:{request.form.get('token', '')}"

        def do(session: Session) -> str:
            amount_micros = read_amount(request.form.get("amount", ""))
            recharge_card(session, card.card_id, amount_micros, reference, actor(), now(), zone())
            return gettext("The card was recharged.")

        carry_out(do)
        return redirect(url_for(".show", number=number))

    @expose("/<number>/unlock", methods=("POST",))
    def unlock(self, number: str) -> ResponseReturnValue:
        require_token()
        require_right(Right.MANAGE_CARDS)
        card = self._card(number)
        carry_out(lambda session: _unlocked(session, card))
        return redirect(url_for(".show", number=number))

    @expose("/<number>/unbind", methods=("POST",))
    def unbind(self, number: str) -> ResponseReturnValue:
        require_token()
        require_right(Right.MANAGE_CARDS)
        card, phone = self._card(number), request.form.get("phone", "")
        carry_out(lambda session: _unbound(session, card, phone))
        return redirect(url_for(".show", number=number))

    def _changed(self, session: Session, order: CardOrder) -> str:
        step = change_cards(session, order, actor(), now())
        done: Any = step.done
        if done.changed:
            return gettext("Done.")
        return gettext("Nothing was changed: %(why)s.", why=", ".join(done.skipped))

    def _card(self, number: str) -> CardFacts:
        """A card of somebody else is as unknown as one that does not exist (F38)."""
        if find_series_and_serial(number) is None:
            abort(404)
        mine = (
            select(Card.id)
            .join(CardSeries, CardSeries.id == Card.series_id)
            .where(Card.number == keyed_number(number), card_scope(get_signed().operator))
        )
        card = find_card(read_session(), Card.id.in_(mine))
        if card is None:
            abort(404)
        return card


def _unlocked(session: Session, card: CardFacts) -> str:
    if unlock_card(session, card.number, actor(), now()):
        return gettext("The card is unlocked: its wrong PINs are forgiven.")
    return gettext("The card was not locked.")


def _unbound(session: Session, card: CardFacts, phone: str) -> str:
    if unbind_caller_id(session, phone, card.card_id, now(), str(actor())):
        return gettext("The phone is no longer bound to this card.")
    return gettext("This phone was not bound to this card.")
