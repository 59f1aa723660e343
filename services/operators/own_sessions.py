"""Sessions are ended: an operator's own, as after leaving a browser open somewhere, and by an owner those of others;
each act is audited.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from services.audit.audit import Act, Actor, note
from services.operators.operator_facts import OperatorFacts
from services.operators.sessions import end_other_sessions, end_session_by_key, end_sessions_of


def end_one_of(session: Session, operator: OperatorFacts, key: str, actor: Actor, now: datetime) -> bool:
    """False: it had ended already."""
    if not end_session_by_key(session, operator.id, key, now):
        return False
    note(session, actor, Act("session ended", "operator", operator.name), now)
    return True


def end_others_of_mine(session: Session, operator: OperatorFacts, token: str, actor: Actor, now: datetime) -> int:
    """How many there were."""
    return _noted(session, operator, end_other_sessions(session, operator.id, token, now), actor, now)


def end_all_of(session: Session, operator: OperatorFacts, actor: Actor, now: datetime) -> int:
    """By an owner, for somebody else."""
    return _noted(session, operator, end_sessions_of(session, operator.id, now), actor, now)


def _noted(session: Session, operator: OperatorFacts, ended: int, actor: Actor, now: datetime) -> int:
    if ended:
        note(session, actor, Act("sessions ended", "operator", operator.name, after={"ended": ended}), now)
    return ended
