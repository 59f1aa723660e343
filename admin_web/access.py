"""Who asks: the session of the request's cookie, its operator, and that operator as the actor of what is done."""

from datetime import UTC, datetime, tzinfo

from flask import abort, current_app, g, has_request_context, request, session
from sqlalchemy.orm import Session

from billing.rights import Right, Role
from services.audit.audit import Actor, Door
from services.operators.operator_facts import OperatorFacts
from services.operators.sessions import SEEN_EVERY_SECONDS, Signed, find_session, note_seen
from web_base.database import read_session, write_session

TOKEN = "token"  # noqa: S105 (the name of a value in the signed cookie)


def now() -> datetime:
    return datetime.now(UTC)


def zone() -> tzinfo:
    """The platform's: days begin and cards expire there."""
    found: tzinfo = current_app.config["ZONE"]
    return found


def signed() -> Signed | None:
    """The living session of this request, looked up once; None for a visitor."""
    if "signed" not in g:
        g.signed = _find()
    found: Signed | None = g.signed
    return found


def get_signed() -> Signed:
    """In a page that asked for a right, somebody is there."""
    found = signed()
    if found is None:
        abort(401)
    return found


def needs_second_factor(operator: OperatorFacts) -> bool:
    """By its role (CALLINGCARD_CONSOLE_SECOND_FACTOR_ROLES)."""
    roles: frozenset[Role] = current_app.config["SETTINGS"].second_factor_roles
    return operator.role in roles


def owed_page(operator: OperatorFacts) -> str | None:
    """What an operator does before it sees anything else: its own password, then the second factor that it needs."""
    if operator.has_drawn_password:
        return "me.password"
    return "me.factor" if needs_second_factor(operator) and not operator.has_second_factor else None


def has_right(right: Right) -> bool:
    found = signed()
    return found is not None and right in found.operator.rights


def actor() -> Actor:
    """The operator, by the console, from its address: for the audit log, and for services that ask for a right."""
    operator = get_signed().operator
    return Actor(operator.name, Door.CONSOLE, address(), operator.rights, operator.reseller_id, operator.distributor_id)


def address() -> str:
    """The visitor's address; behind a proxy the one that the proxy tells (CALLINGCARD_CONSOLE_PROXIES)."""
    return request.remote_addr or "unknown"


def token() -> str | None:
    found = session.get(TOKEN)
    return found if isinstance(found, str) else None


def forget_signed() -> None:
    """After signing in or out the session is looked up anew."""
    g.pop("signed", None)


def _find() -> Signed | None:
    known = token()
    if known is None:
        return None
    found = find_session(read_session(), known, now())
    if found is not None and (now() - found.seen_at).total_seconds() > SEEN_EVERY_SECONDS:
        with write_session() as writing:
            _seen(writing, known)
    return found


def _seen(writing: Session, known: str) -> None:
    note_seen(writing, known, now())


def language() -> str:
    """The operator's own, else the one of the browser that we speak."""
    languages: list[str] = current_app.config["LANGUAGES"]
    if not has_request_context():  # while the pages are built
        return languages[0]
    found = signed()
    if found is not None and found.operator.language in languages:
        return found.operator.language
    return browser_language()


def browser_language() -> str:
    """Where the operator is not known, as without a database."""
    languages: list[str] = current_app.config["LANGUAGES"]
    return request.accept_languages.best_match(languages) or languages[0]


def theme_wanted() -> str:
    """auto, light or dark, as the operator chose."""
    found = signed()
    return "auto" if found is None else str(found.operator.preferences.get("theme", "auto"))


def has_keys() -> bool:
    """Whether single letters act on the pages, as the operator chose."""
    found = signed()
    return found is None or bool(found.operator.preferences.get("keys", True))
