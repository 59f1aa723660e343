"""Log in by card number and PIN, and out."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from billing.card_number import find_series_and_serial
from billing.refusals import Refusal
from portal_web.access import LANGUAGE, TOKEN, address, forget_held, held, now, pin_keys, rules, token
from portal_web.form_token import is_ours, require_token
from services.cards.card_facts import CardFacts
from services.holders.log_in import log_in
from services.holders.sessions import end_card_session, open_card_session
from web_base.database import write_session
from web_base.texts import lazy_gettext

DASH: Final = "-"
pages = Blueprint("log_in", __name__)
TOO_OLD = lazy_gettext("This form is too old. Please enter both once more.")
NOT_ACCEPTED = lazy_gettext(
    "This card number and PIN do not fit, or the card is locked: after five wrong entries it rests for a day. "
    "Please look at both once more, or ask for help."
)
TRY_LATER = lazy_gettext("Too many wrong entries came from here. Please try again later.")


@pages.get("/log-in")
def form() -> ResponseReturnValue:
    return _form(None) if held() is None else redirect(url_for("home.index"))


@pages.post("/log-in")
def enter() -> ResponseReturnValue:
    if not is_ours():
        return _form(TOO_OLD, 400)
    number, pin = request.form.get("number", ""), request.form.get("pin", "")
    opened = None
    with write_session() as writing:
        answer = log_in(writing, pin_keys(), number, pin, address(), now(), rules())
        if isinstance(answer, CardFacts):
            opened = open_card_session(writing, answer, now(), address())
    if opened is None:
        return _form(TRY_LATER if answer is Refusal.TRY_AGAIN_LATER else NOT_ACCEPTED, 401)
    _begin(opened)
    return redirect(url_for("home.index"))


@pages.post("/log-out")
def leave() -> ResponseReturnValue:
    require_token()
    known = token()
    if known is not None:
        with write_session() as writing:
            end_card_session(writing, known, now())
    _begin(None)
    return redirect(url_for("log_in.form"))


def _begin(opened: str | None) -> None:
    """No session of a visitor lives on as that of a holder; the language stays."""
    language = session.get(LANGUAGE)
    session.clear()
    forget_held()
    if opened is not None:
        session[TOKEN] = opened
    if language is not None:
        session[LANGUAGE] = language


def _form(problem: object, status: int = 200) -> ResponseReturnValue:
    """The number stays for another look, if it is one by its dash: a PIN in the wrong field is never sent back."""
    entered = request.form.get("number", "")[:40].strip()
    number = entered if DASH in entered and find_series_and_serial(entered) is not None else ""
    return render_template("portal/log_in.html", problem=problem, number=number), status
