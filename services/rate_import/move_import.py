"""Apply a kept preview from another moment on than it was compared for: only where that changes nothing else in it."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select, update
from sqlalchemy.orm import Session

from models import ChangeAct, Rate, RateChange, RateImport, RateTable
from services.rate_import.import_chunks import CHANGE, Chunk, changes_of
from services.rate_import.refusals import ImportRefused
from services.rates.live_rates import live_rates


def refuse_move(session: Session, moved: RateImport, table: RateTable, at: datetime) -> None:
    """Between the two moments no rate of the table and none of the list may begin or end: else the comparison would
    come to something else.
    """
    old = moved.applies_at
    if at < old:
        raise ImportRefused(f"The import {moved.id} was compared for {old:%Y-%m-%d %H:%M} UTC: it cannot begin before.")
    in_table = or_(Rate.valid_from.between(old, at), and_(Rate.valid_until > old, Rate.valid_until <= at))
    in_list = or_(
        and_(CHANGE.act == ChangeAct.BEGIN, or_(_between(CHANGE.valid_from, old, at), _ends(old, at))),
        and_(CHANGE.act == ChangeAct.END, _ends(old, at)),
    )
    for begins_or_ends in (
        exists().where(live_rates(table.id), in_table),
        exists().where(CHANGE.rate_import_id == moved.id, in_list),
    ):
        if session.scalar(select(begins_or_ends)):
            raise ImportRefused(
                f"The import {moved.id} was compared for {old:%Y-%m-%d %H:%M} UTC; between then and "
                f"{at:%Y-%m-%d %H:%M} UTC other rates begin or end: import the file again for that moment."
            )


def move_changes(session: Session, import_id: int, chunk: Chunk, old: datetime, new: datetime) -> None:
    """What would begin or end at the one moment does so at the other; done again it changes nothing."""
    for act, name in ((ChangeAct.BEGIN, "valid_from"), (ChangeAct.END, "valid_until")):
        moved = update(RateChange).where(*changes_of(import_id, chunk, act), CHANGE[name] == old).values({name: new})
        session.execute(moved.execution_options(synchronize_session=False))


def _between(moment: ColumnElement[datetime], old: datetime, at: datetime) -> ColumnElement[bool]:
    return and_(moment > old, moment <= at)


def _ends(old: datetime, at: datetime) -> ColumnElement[bool]:
    return _between(CHANGE.valid_until, old, at)
