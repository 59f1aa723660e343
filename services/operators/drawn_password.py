"""A password that is drawn for an operator: told once to whoever asked for it, good for some days, and replaced by the
operator's own before it sees anything.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Operator
from services.audit.audit import Act, Actor, Door, note
from services.operators.operator_facts import OperatorFacts, name_key
from services.operators.passwords import PasswordRefused, is_password, password_hash
from services.operators.recovery_codes import LETTERS
from services.operators.save_operator import OperatorRefused, change_operator, locked_operator
from services.operators.sessions import end_other_sessions, end_sessions_of

LENGTH = 20  # 98 bits
DAYS_MAX = 3  # over a weekend
DRAWS_MAX = 100  # a short name may stand in a draw by chance


def draw_password(session: Session, name: str, actor: Actor, now: datetime) -> str:
    """In clear, this once. Who knew the password of before is out, and nobody is locked any more."""
    operator = locked_operator(session, name)
    if actor.door is Door.CONSOLE and name_key(actor.name) == name_key(operator.name):
        raise OperatorRefused(
            "This is your own account: choose a new password under your name, at the top of the page."
        )
    drawn, hashed = _drawn(operator.name)
    until = now + timedelta(days=DAYS_MAX)
    values = {"password_hash": hashed, "password_until": until, "failures_in_row": 0, "locked_until": None}
    change_operator(session, operator, values)
    end_sessions_of(session, operator.id, now)
    told = {"good_until": until.isoformat()}
    note(session, actor, Act("password drawn", "operator", operator.name, after=told), now)
    return drawn


def choose_password(
    session: Session, operator: OperatorFacts, password: str, token: str, actor: Actor, now: datetime
) -> None:
    """The operator's own, by itself. Its other sessions end; the one of `token` goes on."""
    locked = locked_operator(session, operator.name)
    stored = session.scalars(select(Operator.password_hash).where(Operator.id == locked.id)).one()
    if is_password(stored, password):
        raise PasswordRefused("This is the password of before: choose another one.")
    change_operator(session, locked, {"password_hash": password_hash(password, locked.name), "password_until": None})
    end_other_sessions(session, locked.id, token, now)
    note(session, actor, Act("password chosen", "operator", locked.name), now)


def _drawn(name: str) -> tuple[str, str]:
    for _ in range(DRAWS_MAX):
        password = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        try:
            return password, password_hash(password, name)
        except PasswordRefused:
            continue
    raise OperatorRefused(f"No password could be drawn that does not hold the name {name}: draw once more.")
