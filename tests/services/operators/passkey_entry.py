"""An operator with security keys: registered, asked, and what the door says to the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp
from factories import KEYS, NOW
from soft_key import SoftKey
from sqlalchemy import select

from billing.guard import GuardRules
from billing.rights import Role
from models import AuditEntry
from services.audit.audit import Actor, Door
from services.operators.enter_passkey import enter_passkey
from services.operators.entries import Entry, NotSignedIn, PasswordRight
from services.operators.operator_facts import OperatorFacts, find_operator
from services.operators.passkeys import (
    add_passkey,
    ask_proof,
    ask_registration,
)
from services.operators.save_operator import OperatorRole, create_operator, set_password
from services.operators.second_factor import (
    set_second_factor,
)
from services.operators.sign_in import sign_in
from services.operators.totp import new_secret
from services.store.site import site_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

ME = Actor("Olga", Door.CONSOLE, "127.0.0.1")
PASSWORD = "seven wet badgers"
SITE = site_of("http://localhost:8080")
RULES = GuardRules(caller_failures_max=100)


def an_owner(session: Session) -> OperatorFacts:
    create_operator(session, "Olga", OperatorRole(Role.OWNER), ME, NOW)
    return set_password(session, "Olga", PASSWORD, ME, NOW)


def fresh(session: Session, name: str = "Olga") -> OperatorFacts:
    found = find_operator(session, name)
    assert found
    return found


def registered(session: Session, operator: OperatorFacts, key: SoftKey | None = None, name: str = "blue") -> SoftKey:
    made = key or SoftKey()
    add_passkey(session, operator, name, made.create(ask_registration(session, operator, SITE, NOW)), SITE, ME, NOW)
    return made


def asked(session: Session, at: datetime = NOW) -> tuple[PasswordRight, str]:
    """The password is right; what the browser is asked then."""
    right = sign_in(session, "olga", PASSWORD, "127.0.0.1", at, RULES)
    assert isinstance(right, PasswordRight), right
    question = ask_proof(session, right.operator_id, SITE, at)
    assert question
    return right, question


def enter(
    session: Session, right: PasswordRight, answer: str, at: datetime = NOW, address: str = "127.0.0.1"
) -> OperatorFacts | NotSignedIn:
    return enter_passkey(session, right, answer, SITE, Entry(address, at, RULES))


def acts(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)))


def with_app(session: Session) -> None:
    secret = new_secret()
    set_second_factor(session, fresh(session), secret, pyotp.TOTP(secret).at(NOW), KEYS, ME, NOW)
