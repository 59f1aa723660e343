"""Delete the rates that no generation sees any more; it changes nothing for anyone, and can be killed anywhere."""

from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Rate, RateTable
from services.rate_import.import_chunks import Pace, Write
from services.rate_import.import_lock import allow_large_statements
from services.store.version_check import existing


def sweep_rates(write: Write, table_id: int, pace: Pace | None = None) -> int:
    """How many there were."""
    pace = pace or Pace()
    swept, is_more = 0, True
    while is_more:
        some, is_more = pace.step(write, partial(_sweep, table_id=table_id))
        swept += some
        if is_more:
            pace.rest()
    return swept


def swept_tables(session: Session) -> list[int]:
    """Which tables have any."""
    ended = select(Rate.rate_table_id).join(RateTable).where(Rate.live_until <= RateTable.generation)
    return list(session.scalars(ended.distinct()))


def _sweep(session: Session, most: int, table_id: int) -> tuple[int, bool]:
    """The table is locked: two who sweep it come one after the other."""
    table = existing(session, RateTable, table_id, locked=True)
    allow_large_statements(session)
    some = select(Rate.id).where(Rate.rate_table_id == table_id, Rate.live_until <= table.generation).limit(most)
    gone = delete(Rate).where(Rate.id.in_(some)).returning(Rate.id).execution_options(synchronize_session=False)
    count = len(session.scalars(gone).all())
    return count, count == most
