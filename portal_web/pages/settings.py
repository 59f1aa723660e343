"""What a holder sets: short numbers, and the language that is spoken on the phone."""

from typing import Final

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal_web.access import forget_held, get_card, now, pin_keys
from portal_web.form_token import require_token
from portal_web.page import draw, holder_pages
from portal_web.words import EXPIRED
from services.calls.speed_dial import delete_speed_dial
from services.cards.card_facts import CardFacts
from services.holders.short_numbers import ShortNumber, ShortNumberProblem, keep_short_number, short_numbers_of
from services.holders.spoken_languages import choose_spoken_language, spoken_languages
from web_base.database import read_session, write_session
from web_base.texts import gettext, lazy_gettext

pages = holder_pages("settings", __name__)
PROBLEMS: Final = {
    ShortNumberProblem.SLOT: lazy_gettext("A short number has one or two digits."),
    ShortNumberProblem.NUMBER: lazy_gettext("This is no number that can be called: write it with the country code."),
    ShortNumberProblem.FULL: lazy_gettext("This card has as many short numbers as it may have: remove one first."),
}


@pages.get("/settings")
def index() -> ResponseReturnValue:
    return _drawn(None)


@pages.post("/settings/short")
def keep() -> ResponseReturnValue:
    card = _card_to_change()
    with write_session() as session:
        kept = keep_short_number(
            session, pin_keys(), card, *(request.form.get(name, "") for name in ("slot", "number"))
        )
    if not isinstance(kept, ShortNumber):
        return _drawn(kept), 400
    flash(gettext("%(slot)s now calls +%(number)s.", slot=kept.slot, number=kept.destination), "good")
    return redirect(url_for("settings.index"))


@pages.post("/settings/forget")
def forget() -> ResponseReturnValue:
    card, slot = _card_to_change(), "".join(filter(str.isdigit, request.form.get("slot", "")[:2]))
    with write_session() as session:
        delete_speed_dial(session, card.card_id, slot)
    return redirect(url_for("settings.index"))


@pages.post("/settings/spoken")
def speak() -> ResponseReturnValue:
    card = _card_to_change()
    with write_session() as session:
        is_spoken = choose_spoken_language(session, card, request.form.get("spoken", ""))
    forget_held()
    if is_spoken:
        flash(gettext("From the next call on you are spoken to in that language."), "good")
    return redirect(url_for("settings.index"))


def _card_to_change() -> CardFacts:
    require_token()
    card = get_card()
    if card.stopped_by(now()) in EXPIRED:
        abort(400, gettext("This card has expired: it can be looked at only."))
    return card


def _drawn(problem: ShortNumberProblem | None) -> str:
    """What was typed stays where it was typed, but for what is no number at all: it may be a PIN."""
    card, is_number_wrong = get_card(), problem is ShortNumberProblem.NUMBER
    return draw(
        "portal/settings.html",
        problem=None if problem is None else PROBLEMS[problem],
        wrong="slot" if problem is ShortNumberProblem.SLOT else "number",
        slot=request.form.get("slot", "")[:2],
        number="" if is_number_wrong else request.form.get("number", "")[:20],
        short_numbers=short_numbers_of(read_session(), card.card_id),
        spoken=spoken_languages(read_session(), card),
        is_expired=card.stopped_by(now()) in EXPIRED,
    )
