"""The name by which Asterisk knows an account: made of the names of client and account, unique for good."""

import re
import unicodedata
from itertools import chain, count

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account

CHARACTERS_MAX = 40
HALF = 18  # client and account get so many each; the rest is for a number
SHAPE = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")


def endpoint_problem(session: Session, endpoint: str) -> str | None:
    """A name that an operator gives needs a dot, so that it meets no name of Asterisk's own configuration."""
    if not SHAPE.fullmatch(endpoint):
        return "The endpoint is made of small letters, digits and '_' with a dot between words, such as acme.main."
    if _is_taken(session, endpoint):
        return f"There is, or was, an account with the endpoint {endpoint}: choose another one."
    return None


def new_endpoint(session: Session, client_name: str, account_name: str) -> str:
    """Small letters and digits of both names; a number behind it where that is taken."""
    stem = f"{_word(client_name, 'client')}.{_word(account_name, 'account')}"
    candidates = chain([stem], (f"{stem[: CHARACTERS_MAX - 1 - len(str(number))]}_{number}" for number in count(2)))
    return next(name for name in candidates if not _is_taken(session, name))


def _word(name: str, instead: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:HALF].strip("_") or instead


def _is_taken(session: Session, endpoint: str) -> bool:
    return session.scalars(select(Account.id).where(Account.endpoint == endpoint)).first() is not None
