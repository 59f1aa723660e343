"""Ask for the end of calls that are up: a job for each, which the watcher of Asterisk takes (features.md 3.2)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from models import Job
from services.audit.audit import Actor
from services.cards.card_range import RunningCall
from services.store.upsert import insert_or_skip

END_CALL = "end_call"


def ask_to_end_calls(session: Session, calls: Iterable[RunningCall], actor: Actor, now: datetime) -> None:
    """Asking twice is asking once; a call that ended meanwhile needs nothing."""
    for call in calls:
        insert_or_skip(
            session,
            Job,
            kind=END_CALL,
            key=call.call_id,
            total=1,
            parameters={"call_id": call.call_id, "channel_id": call.channel_id},
            asked_by=str(actor),
            asked_at=now,
        )
