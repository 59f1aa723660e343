"""The second step of signing in by a security key; a wrong answer counts like a wrong code.

A key whose counter did not grow may be a copy, or have one: it lets nobody in, and the audit log says so.
"""

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from models import Ceremony, OperatorPasskey
from services.audit.audit import Act, Actor, Door, note
from services.operators.challenges import take_challenge
from services.operators.entries import Entry, NotSignedIn, PasswordRight, halfway_row, is_braked, refused, signed_in
from services.operators.operator_facts import OperatorFacts
from services.operators.passkey_answers import AnswerRefused, checked_proof, counter_went_back, proof_answer
from services.operators.passkey_facts import PasskeyFacts, passkeys_of
from services.store.site import Site


def enter_passkey(
    session: Session, right: PasswordRight, answer: str, site: Site, entry: Entry
) -> OperatorFacts | NotSignedIn:
    """An operator who was changed since the password was entered begins anew."""
    if is_braked(session, entry):
        return NotSignedIn.TRY_LATER
    row, is_same = halfway_row(session, right, entry.now)
    proved = _proved(session, right.operator_id, answer, site, entry) if is_same else None
    if row is None or proved is None:
        return refused(session, row, "unknown", entry)
    key, count = proved
    if counter_went_back(key.sign_count, count):
        return _copied(session, row, proved, entry)
    used = {"sign_count": count, "used_at": entry.now}
    session.execute(update(OperatorPasskey).where(OperatorPasskey.id == key.id).values(used))
    act = "signed in by a security key"
    return signed_in(session, row.id, entry, act)


def _proved(
    session: Session, operator_id: int, answer: str, site: Site, entry: Entry
) -> tuple[PasskeyFacts, int] | None:
    """The key that has signed a challenge of ours, and its counter. The challenge is used up whatever comes of it."""
    try:
        read, challenge = proof_answer(answer)
        if not take_challenge(session, challenge, operator_id, Ceremony.PROVE, entry.now):
            return None
        key = next((one for one in passkeys_of(session, operator_id) if one.credential_id == read.raw_id), None)
        return None if key is None else (key, checked_proof(read, challenge, key, site))
    except AnswerRefused:
        return None


def _copied(session: Session, row: Any, proved: tuple[PasskeyFacts, int], entry: Entry) -> NotSignedIn:  # noqa: ANN401
    key, count = proved
    actor = Actor(row.name, Door.CONSOLE, entry.address)
    told = {"security key": key.name, "counter": key.sign_count}, {"security key": key.name, "counter": count}
    note(session, actor, Act("security key refused: its counter went back", "operator", row.name, *told), entry.now)
    counted = refused(session, row, row.name, entry)
    return NotSignedIn.KEY_COPIED if counted is NotSignedIn.NOT_ACCEPTED else counted
