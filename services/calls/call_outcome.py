"""What became of the caller's last call, for the sentence that is spoken before the next destination is asked."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from billing.states import CallDisposition
from models import CallRecord
from services.cards.card_facts import CARD_BY_ID, CardFacts, find_card_by
from services.store.run import run

OUTCOME = select(
    CallRecord.card_id,
    CallRecord.disposition,
    CallRecord.cost_micros,
    CallRecord.talk_seconds >= CallRecord.limit_seconds,
    CallRecord.is_pinless,
).where(CallRecord.call_id == bindparam("call"))


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """`card` is read afresh: its balance is what is left after the call."""

    card: CardFacts
    disposition: CallDisposition
    cost_micros: int
    reached_limit: bool
    is_pinless: bool


def find_call_outcome(session: Session, call_id: str) -> CallOutcome | None:
    """None: the call is not settled yet (its settlement is in the spool), or it was no card's."""
    record = run(session, OUTCOME, {"call": call_id}).one_or_none()
    if record is None:
        return None
    card_id, disposition, cost_micros, reached_limit, is_pinless = record
    card = find_card_by(session, CARD_BY_ID, {"card": card_id})
    return None if card is None else CallOutcome(card, disposition, cost_micros, bool(reached_limit), is_pinless)
