"""Note a call that ended without a dialled destination: a caller has a few of them an hour for each access number
(features.md 3.10; part 4 no. 13).
"""

from datetime import datetime

from sqlalchemy.orm import Session

from billing.guard import GuardRules, after_undialled
from billing.states import GuardScope
from services.guard.guard_counters import counters_locked, write_counters
from services.guard.guard_entry import undialled_subject
from services.guard.guard_gate import DEFAULT_RULES


def note_undialled_call(
    session: Session, caller_id: str, access_number: str, now: datetime, rules: GuardRules = DEFAULT_RULES
) -> None:
    """The last permitted one shuts the door of this access number to this caller until the oldest is an hour old."""
    key = (GuardScope.UNDIALLED, undialled_subject(caller_id, access_number))
    counter = counters_locked(session, [key], now)[key]
    after = after_undialled(counter.standing, now, rules.undialled_max(caller_id))
    write_counters(session, [counter.standing_as(after, now)])
