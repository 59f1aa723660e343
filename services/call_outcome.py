"""What became of the caller's last call, for the sentence that is spoken before the next destination is asked."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import CallDisposition
from models import CallRecord, Card
from services.card_facts import CardFacts, find_card


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """`card` is read afresh: its balance is what is left after the call."""

    card: CardFacts
    disposition: CallDisposition
    cost_micros: int
    reached_limit: bool


def find_call_outcome(session: Session, call_id: str) -> CallOutcome | None:
    """None: the call is not settled yet (its settlement is in the spool), or it was no card's."""
    record = session.execute(
        select(
            CallRecord.card_id,
            CallRecord.disposition,
            CallRecord.cost_micros,
            CallRecord.talk_seconds >= CallRecord.limit_seconds,
        ).where(CallRecord.call_id == call_id)
    ).one_or_none()
    if record is None:
        return None
    card_id, disposition, cost_micros, reached_limit = record
    card = find_card(session, Card.id == card_id)
    return None if card is None else CallOutcome(card, disposition, cost_micros, bool(reached_limit))
