"""The calls of one card in the last days, as its holder sees them: without carriers and what these cost us."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import CallDisposition
from models import CallRecord
from services.store.run import run

DAYS: Final = 30
CALLS_MAX: Final = 2_000  # a page of paper a day for a month; the ledger has the rest


@dataclass(frozen=True, slots=True)
class HolderCall:
    """`caller_id` is the phone that called in, None where it was withheld."""

    placed_at: datetime
    destination: str
    destination_name: str
    caller_id: str | None
    disposition: CallDisposition
    talk_seconds: int
    cost_micros: int
    currency: str
    is_given_back: bool


def holder_calls(session: Session, card_id: int, now: datetime, most: int = CALLS_MAX) -> Sequence[HolderCall]:
    """The newest first."""
    query = (
        select(
            CallRecord.placed_at,
            CallRecord.destination,
            CallRecord.destination_name,
            CallRecord.caller_id,
            CallRecord.disposition,
            CallRecord.talk_seconds,
            CallRecord.cost_micros,
            CallRecord.currency,
            CallRecord.reversed_at.is_not(None),
        )
        .where(CallRecord.card_id == card_id, CallRecord.placed_at > now - timedelta(days=DAYS))
        .order_by(CallRecord.placed_at.desc(), CallRecord.call_id)
        .limit(min(most, CALLS_MAX))
    )
    return [HolderCall(*row) for row in run(session, query)]
