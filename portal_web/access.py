"""Who asks: the session of the request's cookie, and its card."""

from datetime import UTC, datetime, tzinfo
from typing import Final

from flask import abort, current_app, g, has_request_context, request, session

from billing.guard import GuardRules
from services.cards.card_facts import CardFacts
from services.holders.sessions import SEEN_EVERY_SECONDS, Held, find_card_session, note_card_session_seen
from services.keys.pin_keys import PinKeys, load_pin_keys
from web_base.database import read_session, write_session

TOKEN: Final = "token"  # noqa: S105 (the name of a value in the signed cookie)
LANGUAGE: Final = "language"


def now() -> datetime:
    return datetime.now(UTC)


def zone() -> tzinfo:
    """The platform's: days begin and cards expire there."""
    found: tzinfo = current_app.config["ZONE"]
    return found


def rules() -> GuardRules:
    found: GuardRules = current_app.config["GUARD_RULES"]
    return found


def pin_keys() -> PinKeys:
    """As the installation has them now: a rotation is seen by the next request."""
    return load_pin_keys(current_app.config["SETTINGS"].keys_file)


def address() -> str:
    """The visitor's; behind a proxy the one that the proxy tells (CALLINGCARD_PORTAL_PROXIES)."""
    return request.remote_addr or "unknown"


def token() -> str | None:
    found = session.get(TOKEN)
    return found if isinstance(found, str) else None


def held() -> CardFacts | None:
    """The card of the living session of this request, looked up once; None for a visitor."""
    if "held" not in g:
        found = _find()
        g.held = None if found is None else found.card
    card: CardFacts | None = g.held
    return card


def get_card() -> CardFacts:
    """In a page that only a holder sees, there is one."""
    card = held()
    if card is None:
        abort(401)
    return card


def forget_held() -> None:
    """After logging in or out, and after an act on the card, it is looked up anew."""
    g.pop("held", None)


def language() -> str:
    """The visitor's choice, else the one of the browser that we speak."""
    languages: list[str] = current_app.config["LANGUAGES"]
    if not has_request_context():
        return languages[0]
    chosen = session.get(LANGUAGE)
    if chosen in languages:
        return str(chosen)
    return request.accept_languages.best_match(languages) or languages[0]


def _find() -> Held | None:
    known = token()
    if known is None:
        return None
    found = find_card_session(read_session(), known, now())
    if found is not None and (now() - found.seen_at).total_seconds() > SEEN_EVERY_SECONDS:
        with write_session() as writing:
            note_card_session_seen(writing, known, now())
    return found
