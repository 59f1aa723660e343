"""Set up the app of an operator's second factor, draw recovery codes, and switch it off; each act is audited."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import Operator, OperatorPasskey
from services.audit.audit import Act, Actor, note
from services.keys.closed_keys import refuse_closed_key
from services.keys.pin_keys import PinKeys
from services.operators.challenges import forget_challenges
from services.operators.operator_facts import OperatorFacts, find_operator_by
from services.operators.recovery_codes import code_digest, new_codes
from services.operators.totp import find_step, sealed_secret

NO_APP: dict[str, Any] = {"totp_sealed": None, "totp_key": None, "totp_step": 0}
NO_CODES: dict[str, Any] = {"recovery_codes": []}


class SecondFactorRefused(ValueError):
    """It cannot be set or switched off so; the sentence says what to do."""


class FactorNeeded(SecondFactorRefused):
    """The role must have a second factor, and this is the last one."""


def set_second_factor(
    session: Session, operator: OperatorFacts, secret: str, code: str, keys: PinKeys, actor: Actor, now: datetime
) -> list[str]:
    """The recovery codes, to be shown once. A code of the new secret proves that the app has it."""
    step = find_step(secret, code, now, after=0)
    if step is None:
        raise SecondFactorRefused(
            "The code does not belong to this key: wait for the next one and enter it; if that is refused too, "
            "set the clock of the telephone."
        )
    codes, digests = new_code_digests()
    values = {
        "totp_sealed": sealed_secret(keys, operator.id, secret),
        "totp_key": keys.number,
        "totp_step": step,
        "recovery_codes": digests,
    }
    change_factor(session, operator.id, values)
    refuse_closed_key(session, keys.number)
    act = "second factor replaced" if operator.has_app else "second factor set"
    note(session, actor, Act(act, "operator", operator.name), now)
    return codes


def draw_recovery_codes(session: Session, operator: OperatorFacts, actor: Actor, now: datetime) -> list[str]:
    """Ten new ones; those of before are worth nothing from now on."""
    if not operator.has_second_factor:
        raise SecondFactorRefused("There are no recovery codes without a second factor: set one up first.")
    codes, digests = new_code_digests()
    change_factor(session, operator.id, {"recovery_codes": digests})
    note(session, actor, Act("recovery codes drawn", "operator", operator.name), now)
    return codes


def switch_off_app(session: Session, operator: OperatorFacts, actor: Actor, now: datetime, *, is_needed: bool) -> None:
    """The app alone: security keys stay, and the recovery codes with them."""
    before = locked_facts(session, operator.id)
    if not before.has_app:
        raise SecondFactorRefused(f"{operator.name} has no app for codes.")
    keep_a_factor(is_last=not before.has_passkey, is_needed=is_needed)
    change_factor(session, operator.id, NO_APP if before.has_passkey else NO_APP | NO_CODES)
    note(session, actor, Act("second factor switched off", "operator", operator.name), now)


def switch_off_second_factor(session: Session, operator: OperatorFacts, actor: Actor, now: datetime) -> None:
    """App, keys and codes, for an operator who has lost them; who must have a factor sets it up at the next page."""
    if not locked_facts(session, operator.id).has_second_factor:
        raise SecondFactorRefused(f"{operator.name} has no second factor.")
    mine = OperatorPasskey.operator_id == operator.id
    removed = session.scalars(delete(OperatorPasskey).where(mine).returning(OperatorPasskey.name)).all()
    forget_challenges(session, operator.id)
    change_factor(session, operator.id, NO_APP | NO_CODES)
    told = {"security keys": sorted(removed)} if removed else None
    note(session, actor, Act("second factor switched off", "operator", operator.name, told), now)


def recovery_codes_left(session: Session, operator_id: int) -> int:
    return len(session.scalars(select(Operator.recovery_codes).where(Operator.id == operator_id)).one())


def new_code_digests() -> tuple[list[str], list[str]]:
    """Ten codes for the operator, and what is kept of them."""
    codes = new_codes()
    return codes, [code_digest(one) for one in codes]


def keep_a_factor(*, is_last: bool, is_needed: bool) -> None:
    if is_last and is_needed:
        raise FactorNeeded("Your role needs a second factor: set up another one before you remove this one.")


def locked_facts(session: Session, operator_id: int) -> OperatorFacts:
    """As they stand now: of two factors that are removed at once, one waits for the other."""
    session.execute(select(Operator.id).where(Operator.id == operator_id).with_for_update())
    found = find_operator_by(session, Operator.id == operator_id)
    if found is None:
        raise LookupError(f"operator {operator_id} is gone")
    return found


def change_factor(session: Session, operator_id: int, values: dict[str, Any]) -> None:
    """Whoever is between password and second factor begins anew."""
    counted = {**values, "version": Operator.version + 1}
    session.execute(update(Operator).where(Operator.id == operator_id).values(counted))
