"""One card: what it is, why it may or may not call, its money, its calls and its phones, and what may be done to it."""

from typing import Any
from uuid import uuid4

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now, zone
from admin_web.acts import carry_out, require_right, require_token
from admin_web.forms.amounts import read_amount
from admin_web.page import ThingPage
from admin_web.things import open_card
from billing.card_acts import CardAct
from billing.rights import Right
from services.calls.call_report import CallFilter, calls
from services.cards.card_facts import CardFacts
from services.cards.card_order import CardOrder, Sale
from services.cards.card_range import CardRange
from services.cards.card_report import card_report
from services.cards.card_statement import card_statement
from services.cards.change_card_state import change_cards
from services.cards.explain_card import explain_card
from services.guard.unlock_guard import unlock_card
from services.holders.may_log_in import may_log_in
from services.money.adjust_balance import adjust_balance
from services.money.recharge_card import recharge_card
from services.operators.preferences import LANGUAGES
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext

ACT_RIGHTS = {
    CardAct.RELEASE: Right.SELL_CARDS,
    CardAct.SELL: Right.SELL_CARDS,
    CardAct.TAKE_BACK: Right.SELL_CARDS,
    CardAct.BLOCK: Right.MANAGE_CARDS,
    CardAct.UNBLOCK: Right.MANAGE_CARDS,
}
CALLS_SHOWN = 10


class CardPage(ThingPage):
    right = Right.SEE_CARDS
    list_endpoint = "cards.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Card"), endpoint="cardpage", url="/cards")

    @expose("/<number>")
    def show(self, number: str) -> str:
        session, card = read_session(), open_card(number)
        return self.render(
            "console/card.html",
            card=card_report(session, card, now()),
            facts=card,
            why=explain_card(session, card, now(), zone()),
            statement=card_statement(session, card),
            calls=calls(session, CallFilter(card_number=card.number, newest=CALLS_SHOWN)),
            token=uuid4().hex,
            tab="card",
            languages=LANGUAGES,
            may_log_in=may_log_in(session, card.card_id),
        )

    @expose("/<number>/state", methods=("POST",))
    def state(self, number: str) -> ResponseReturnValue:
        require_token()
        word = request.form.get("act", "")
        if word not in set(CardAct):
            abort(400)
        act = CardAct(word)
        require_right(ACT_RIGHTS[act])
        card = open_card(number)
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
        card, reason, token = open_card(number), request.form.get("reason", ""), request.form.get("token", "")

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
        card, reference = open_card(number), f"console:{request.form.get('token', '')}"

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
        card = open_card(number)
        carry_out(lambda session: _unlocked(session, card))
        return redirect(url_for(".show", number=number))

    def _changed(self, session: Session, order: CardOrder) -> str:
        step = change_cards(session, order, actor(), now())
        done: Any = step.done
        if done.changed:
            return gettext("Done.")
        return gettext("Nothing was changed: %(why)s.", why=", ".join(done.skipped))


def _unlocked(session: Session, card: CardFacts) -> str:
    if unlock_card(session, card.number, actor(), now()):
        return gettext("The card is unlocked: its wrong PINs are forgiven.")
    return gettext("The card was not locked.")
