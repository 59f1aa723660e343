"""Set up the second factor of an operator, draw new recovery codes, and switch it off; each act is audited."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Operator
from services.audit.audit import Act, Actor, note
from services.keys.closed_keys import refuse_closed_key
from services.keys.pin_keys import PinKeys
from services.operators.operator_facts import OperatorFacts
from services.operators.recovery_codes import code_digest, new_codes
from services.operators.totp import find_step, sealed_secret

OFF: dict[str, Any] = {"totp_sealed": None, "totp_key": None, "totp_step": 0, "recovery_codes": []}


class SecondFactorRefused(ValueError):
    """It cannot be set or switched off so; the sentence says what to do."""


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
    codes = new_codes()
    values = {
        "totp_sealed": sealed_secret(keys, operator.id, secret),
        "totp_key": keys.number,
        "totp_step": step,
        "recovery_codes": [code_digest(one) for one in codes],
    }
    _save(session, operator.id, values)
    refuse_closed_key(session, keys.number)
    act = "second factor replaced" if operator.has_second_factor else "second factor set"
    note(session, actor, Act(act, "operator", operator.name), now)
    return codes


def draw_recovery_codes(session: Session, operator: OperatorFacts, actor: Actor, now: datetime) -> list[str]:
    """Ten new ones; those of before are worth nothing from now on."""
    if not operator.has_second_factor:
        raise SecondFactorRefused("There are no recovery codes without a second factor: set one up first.")
    codes = new_codes()
    _save(session, operator.id, {"recovery_codes": [code_digest(one) for one in codes]})
    note(session, actor, Act("recovery codes drawn", "operator", operator.name), now)
    return codes


def switch_off_second_factor(session: Session, operator: OperatorFacts, actor: Actor, now: datetime) -> None:
    """For an operator who has lost telephone and recovery codes; who must have one sets it up at the next page."""
    if not operator.has_second_factor:
        raise SecondFactorRefused(f"{operator.name} has no second factor.")
    _save(session, operator.id, OFF)
    note(session, actor, Act("second factor switched off", "operator", operator.name), now)


def recovery_codes_left(session: Session, operator_id: int) -> int:
    return len(session.scalars(select(Operator.recovery_codes).where(Operator.id == operator_id)).one())


def _save(session: Session, operator_id: int, values: dict[str, Any]) -> None:
    counted = {**values, "version": Operator.version + 1}
    session.execute(update(Operator).where(Operator.id == operator_id).values(counted))
