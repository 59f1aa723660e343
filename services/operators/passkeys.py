"""Register security keys and passkeys as a second factor, name them and take them away; each act is audited."""

import hashlib
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import Ceremony, OperatorPasskey
from services.audit.audit import Act, Actor, note
from services.operators.challenges import draw_challenge, take_challenge
from services.operators.operator_facts import OperatorFacts
from services.operators.passkey_answers import (
    AnswerRefused,
    NewKey,
    checked_registration,
    proof_asked,
    registration_answer,
    registration_asked,
)
from services.operators.passkey_facts import PasskeyFacts, passkeys_of
from services.operators.second_factor import (
    SecondFactorRefused,
    change_factor,
    keep_a_factor,
    locked_facts,
    new_code_digests,
)
from services.store.site import Site

PASSKEYS_MAX = 10
NAME_LENGTH_MAX = 60


def ask_registration(session: Session, operator: OperatorFacts, site: Site, now: datetime) -> str:
    """What the browser asks of the new key, as JSON; keys that are known are told, so that none comes twice."""
    known = _with_room(session, operator)
    challenge = draw_challenge(session, operator.id, Ceremony.REGISTER, now)
    return registration_asked(site, (_user_id(operator, site), operator.name), challenge, known)


def ask_proof(session: Session, operator_id: int, site: Site, now: datetime) -> str | None:
    """What the browser asks of one of the operator's keys, as JSON; None: there is none."""
    known = passkeys_of(session, operator_id)
    return proof_asked(site, draw_challenge(session, operator_id, Ceremony.PROVE, now), known) if known else None


def add_passkey(
    session: Session, operator: OperatorFacts, name: str, answer: str, site: Site, actor: Actor, now: datetime
) -> list[str]:
    """Recovery codes, to be shown once, where it is the first factor; else none."""
    shown = _name(name)
    before = locked_facts(session, operator.id)
    _with_room(session, before)
    made = _checked(session, operator, answer, site, now)
    if session.scalars(select(OperatorPasskey.id).where(OperatorPasskey.credential_id == made.credential_id)).first():
        raise SecondFactorRefused("This security key is registered already: use another one.")
    session.add(
        OperatorPasskey(
            operator_id=operator.id,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            transports=made.transports,
            name=shown,
            made_at=now,
        )
    )
    session.flush()
    codes, digests = ([], None) if before.has_second_factor else new_code_digests()
    change_factor(session, operator.id, {} if digests is None else {"recovery_codes": digests})
    note(session, actor, Act("security key added", "operator", operator.name, after={"name": shown}), now)
    return codes


def rename_passkey(
    session: Session, operator: OperatorFacts, passkey_id: int, name: str, actor: Actor, now: datetime
) -> None:
    shown, one = _name(name), _mine(session, operator, passkey_id)
    session.execute(update(OperatorPasskey).where(OperatorPasskey.id == one.id).values(name=shown))
    act = Act("security key renamed", "operator", operator.name, {"name": one.name}, {"name": shown})
    note(session, actor, act, now)


def remove_passkey(
    session: Session, operator: OperatorFacts, passkey_id: int, actor: Actor, now: datetime, *, is_needed: bool
) -> None:
    """`is_needed`: the operator's role must have a second factor, so that its last one stays."""
    before, one = locked_facts(session, operator.id), _mine(session, operator, passkey_id)
    is_last = not before.has_app and len(passkeys_of(session, operator.id)) == 1
    keep_a_factor(is_last=is_last, is_needed=is_needed)
    session.execute(delete(OperatorPasskey).where(OperatorPasskey.id == one.id))
    change_factor(session, operator.id, {"recovery_codes": []} if is_last else {})
    note(session, actor, Act("security key removed", "operator", operator.name, before={"name": one.name}), now)


def _with_room(session: Session, operator: OperatorFacts) -> list[PasskeyFacts]:
    known = passkeys_of(session, operator.id)
    if len(known) >= PASSKEYS_MAX:
        raise SecondFactorRefused(f"An operator has {PASSKEYS_MAX} security keys at most: remove one that you lost.")
    return known


def _checked(session: Session, operator: OperatorFacts, answer: str, site: Site, now: datetime) -> NewKey:
    """The new key of an answer to a challenge that was drawn for this, and answered by nobody yet."""
    try:
        read, challenge = registration_answer(answer)
        if not take_challenge(session, challenge, operator.id, Ceremony.REGISTER, now):
            raise SecondFactorRefused("This page was open for too long, or was sent twice: press the key once more.")
        return checked_registration(read, challenge, site)
    except AnswerRefused as refused:
        raise SecondFactorRefused(str(refused)) from refused


def _name(name: str) -> str:
    shown = " ".join(name.split())
    if not 1 <= len(shown) <= NAME_LENGTH_MAX or not shown.isprintable():
        raise SecondFactorRefused(f"The name of a security key has 1 to {NAME_LENGTH_MAX} characters.")
    return shown


def _mine(session: Session, operator: OperatorFacts, passkey_id: int) -> PasskeyFacts:
    found = next((one for one in passkeys_of(session, operator.id) if one.id == passkey_id), None)
    if found is None:
        raise SecondFactorRefused("There is no such security key any more: see the list.")
    return found


def _user_id(operator: OperatorFacts, site: Site) -> bytes:
    """The same each time, so that an authenticator keeps one entry for the operator; it tells nothing of the name."""
    return hashlib.sha256(f"{site.host} operator {operator.id} {operator.name}".encode()).digest()
