"""What a call that is up has cost until now, line by line, by the price that its hold has frozen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.charge import ChargeLine, lines_within
from billing.money import divide_floor
from billing.rating import call_cost
from billing.states import HoldState
from models import Hold, LiveCall
from services.calls.frozen_quote import FrozenQuote

MS_A_SECOND = 1_000


@dataclass(frozen=True, slots=True)
class RunningCharge:
    """Nobody has answered while `talk_seconds` is None; then nothing is charged."""

    call_id: str
    quote: FrozenQuote
    held_micros: int
    talk_seconds: int | None
    billed_seconds: int
    lines: Sequence[ChargeLine]

    @property
    def total_micros(self) -> int:
        return sum(line.amount_micros for line in self.lines)


def running_charge(session: Session, call_id: str, now: datetime) -> RunningCharge | None:
    """None once it is settled. It is answered when the watcher saw so: that is half a second late at most, and the
    charge itself goes by the dialplan's own stamps.
    """
    query = (
        select(Hold.quote, Hold.amount_micros, LiveCall.answered_at_ms, LiveCall.ended_at_ms)
        .join(LiveCall, LiveCall.call_id == Hold.call_id, isouter=True)
        .where(Hold.call_id == call_id, Hold.state == HoldState.OPEN)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    quote = FrozenQuote.from_json(found.quote)
    if found.answered_at_ms is None:
        return RunningCharge(call_id, quote, found.amount_micros, None, 0, ())
    until_ms = found.ended_at_ms or int(now.timestamp() * MS_A_SECOND)
    talked = divide_floor(max(0, until_ms - found.answered_at_ms), MS_A_SECOND)
    talk_seconds = min(talked, quote.limit_seconds)
    charge = call_cost(quote.price, talk_seconds)
    lines = lines_within(charge.lines(), found.amount_micros)
    return RunningCharge(call_id, quote, found.amount_micros, talk_seconds, charge.billed_seconds, lines)
