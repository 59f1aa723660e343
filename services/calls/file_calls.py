"""File calls under the series of their cards: those that an older release wrote, which did not.

New calls are filed when they are settled. As long as one is not, `calls_in_series` looks at the cards themselves.
"""

from typing import Any, Final

from sqlalchemy import Select, and_, select, update
from sqlalchemy.orm import Session

from models import CallRecord, Card
from services.operators.scope import in_series

CALLS_A_STEP: Final = 1_000  # half a second on a busy machine: no settlement waits longer for a row of it
UNFILED: Final = and_(CallRecord.series_id.is_(None), CallRecord.card_id.is_not(None))
Rows = Select[*tuple[Any, ...]]


def file_calls(session: Session, most: int = CALLS_A_STEP) -> int:
    """How many were filed, the newest first; 0: all are."""
    some = select(CallRecord.call_id).where(UNFILED).order_by(CallRecord.placed_at.desc()).limit(most)
    series = select(Card.series_id).where(Card.id == CallRecord.card_id).scalar_subquery()
    call_ids = list(session.scalars(some))
    if call_ids:
        filed = update(CallRecord).where(CallRecord.call_id.in_(call_ids)).values(series_id=series)
        session.execute(filed, execution_options={"synchronize_session": False})
    return len(call_ids)


def are_all_filed(session: Session) -> bool:
    """In the order of the index of those that are not: else PostgreSQL hopes to meet one soon and reads every call."""
    oldest = select(CallRecord.placed_at).where(UNFILED).order_by(CallRecord.placed_at).limit(1)
    return session.scalars(oldest).first() is None


def calls_in_series(session: Session, rows: Rows, series_ids: list[int]) -> Rows:
    if are_all_filed(session):
        return rows.where(in_series(series_ids, CallRecord.series_id))
    return rows.where(CallRecord.card_id.in_(select(Card.id).where(in_series(series_ids))))
