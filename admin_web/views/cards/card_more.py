"""Rarer acts on one card: its PIN shown once, a replacement, another last day, phones, language."""

from datetime import date
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, now, zone
from admin_web.acts import carry_out, require_right, require_token
from admin_web.entrance.fresh import ask_again
from admin_web.lists.files import REFUSED as UNREADABLE
from admin_web.lists.files import pin_keys
from admin_web.page import ThingPage
from admin_web.things import open_card
from billing.rights import Right
from services.cards.card_report import card_report
from services.cards.change_card import bind_phone, set_language, unbind_phone
from services.cards.replace_card import replace_card
from services.cards.reveal_pin import permit_reveal, revealed_pin
from services.cards.revive_card import revive_by_operator
from services.keys.permit import PermitRefused
from services.vouchers.redeem_voucher import SENTENCES, Redeemed, redeem_voucher
from web_base.database import read_session, write_session
from web_base.formats import money
from web_base.texts import gettext, lazy_gettext, translated


class CardMore(ThingPage):
    right = Right.SEE_CARDS
    list_endpoint = "cards.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Acts on a card"), endpoint="cardmore", url="/cards")

    @expose("/<number>/pin", methods=("POST",))
    def pin(self, number: str) -> ResponseReturnValue:
        """Shown once, in the answer to this one request: no address shows it again, and no browser keeps it."""
        require_token()
        card, page = open_card(number), url_for("cardpage.show", number=number)
        if (asked := ask_again(page)) is not None:
            return asked
        try:
            keys = pin_keys()
            with write_session() as session:
                permit = permit_reveal(session, card, actor(), keys, now())
            if isinstance(permit, PermitRefused):
                abort(403, permit.sentence)
            shown = revealed_pin(read_session(), permit, card)
        except UNREADABLE as refused:
            flash(translated(refused), "error")
            return redirect(page)
        return self.render("console/pin.html", number=number, pin=shown, back=page)

    @expose("/<number>/replace", methods=("POST",))
    def replace(self, number: str) -> ResponseReturnValue:
        """V-30: asked once more, since it cannot be undone. A repeat tells the first result."""
        require_token()
        require_right(Right.MOVE_MONEY)
        old, page = open_card(number), url_for("cardpage.show", number=number)
        new_number, reason = request.form.get("new_number", "").strip(), request.form.get("reason", "").strip()
        new = open_card(new_number)
        reports = [card_report(read_session(), card, now()) for card in (old, new)]
        if "confirmed" not in request.form:
            return self.render("console/replace.html", old=reports[0], new=reports[1], reason=reason, back=page)

        def do(session: Session) -> str:
            replace_card(session, old.card_id, new.card_id, reason, actor(), now())
            return gettext("Card %(old)s is replaced by this one.", old=reports[0]["number"])

        is_done = carry_out(do)
        return redirect(url_for("cardpage.show", number=reports[1]["number"]) if is_done else page)

    @expose("/<number>/redeem", methods=("POST",))
    def redeem(self, number: str) -> ResponseReturnValue:
        """A voucher on this card; the code stands in no address and no log."""
        require_token()
        require_right(Right.MOVE_MONEY)
        card, page = open_card(number), url_for("cardpage.show", number=number)
        code = "".join(request.form.get("code", "").split())
        try:
            keys = pin_keys()
        except UNREADABLE as missing:
            flash(str(missing), "error")
            return redirect(page)
        with write_session() as session:
            answer = redeem_voucher(session, keys, card, code, now(), zone(), actor())
        if isinstance(answer, Redeemed):
            flash(gettext("The voucher added %(amount)s.", amount=money(answer.amount_micros, answer.currency)), "good")
        else:
            flash(gettext(SENTENCES[answer]), "error")
        return redirect(page)

    @expose("/<number>/last-day", methods=("POST",))
    def last_day(self, number: str) -> ResponseReturnValue:
        """Another last day; an expired card may call again."""

        def do(session: Session, card_id: int) -> str:
            revive_by_operator(session, card_id, _day(), actor(), now(), zone())
            return gettext("The card has another last day.")

        return _manage(number, lambda session, card: do(session, card.card_id))

    @expose("/<number>/bind", methods=("POST",))
    def bind(self, number: str) -> ResponseReturnValue:
        def do(session: Session, card: Any) -> str:  # noqa: ANN401 (CardFacts)
            phone = bind_phone(session, card, request.form.get("phone", ""), actor(), now())
            return gettext("The phone %(phone)s calls with this card without a PIN.", phone=phone)

        return _manage(number, do)

    @expose("/<number>/unbind", methods=("POST",))
    def unbind(self, number: str) -> ResponseReturnValue:
        def do(session: Session, card: Any) -> str:  # noqa: ANN401 (CardFacts)
            if unbind_phone(session, card, request.form.get("phone", ""), actor(), now()):
                return gettext("The phone is no longer bound to this card.")
            return gettext("This phone was not bound to this card.")

        return _manage(number, do)

    @expose("/<number>/language", methods=("POST",))
    def language(self, number: str) -> ResponseReturnValue:
        def do(session: Session, card: Any) -> str:  # noqa: ANN401 (CardFacts)
            set_language(session, card, request.form.get("language", "").strip() or None, actor(), now())
            return gettext("The language of the card is saved.")

        return _manage(number, do)


def _manage(number: str, do: Any) -> ResponseReturnValue:  # noqa: ANN401 (an act on session and card)
    require_token()
    require_right(Right.MANAGE_CARDS)
    card = open_card(number)
    carry_out(lambda session: do(session, card))
    return redirect(url_for("cardpage.show", number=number))


def _day() -> date:
    """A field of type date; what a browser without it sends is read, or refused, like any other."""
    text = request.form.get("last_day", "")
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min  # the service says which days are possible
