"""The screen before the proof of the rollup: one pass over the calls of a day gives the sums of every cube."""

from datetime import date, tzinfo
from typing import Any

from sqlalchemy import BigInteger, Select, String, cast, except_all, func, literal, null, select, union_all

from models import CallDay, CallRecord, Card, Cube
from services.reports.days import bounds_of, counted_in
from services.reports.figures import FIGURES, FROM_RECORDS
from services.reports.roll_up_calls import COLUMNS, DIMENSIONS


def differences(day: date, zone: tzinfo) -> Select[Any]:
    """A row when the rollup of the day is not what its calls are, in whichever direction; for PostgreSQL (EXCEPT ALL).
    The calls are summed once by all dimensions together, and these sums, which are few, by those of each cube.
    """
    finest = _finest(day, zone).cte("finest")
    true = union_all(*(_cube(finest, cube) for cube in Cube)).cte("true_row")
    columns = [CallDay.cube.cast(String), CallDay.currency, *(getattr(CallDay, name) for name in (*COLUMNS, *FIGURES))]
    kept = select(*columns).where(CallDay.day == day).cte("kept_row")
    rows_true, rows_kept = select(*true.c), select(*kept.c)
    either = union_all(
        select(except_all(rows_true, rows_kept).subquery()), select(except_all(rows_kept, rows_true).subquery())
    )
    return select(literal(1)).select_from(either.subquery()).limit(1)


def _finest(day: date, zone: tzinfo) -> Select[Any]:
    dimensions = [column.label(name) for name, column in COLUMNS.items()]
    figures = [figure.label(name) for name, figure in FROM_RECORDS.items()]
    calls = select(CallRecord.currency, *dimensions, *figures).join(Card, Card.id == CallRecord.card_id, isouter=True)
    return calls.where(counted_in(bounds_of(day, zone))).group_by(CallRecord.currency, *dimensions)


def _cube(finest: Any, cube: Cube) -> Select[Any]:  # noqa: ANN401 (a table of named columns)
    """Its own dimensions; the others are empty, as its rows have them."""
    own = DIMENSIONS[cube]
    dimensions = [finest.c[name] if name in own else cast(null(), finest.c[name].type).label(name) for name in COLUMNS]
    figures = [cast(func.sum(finest.c[name]), BigInteger).label(name) for name in FIGURES]
    head = cast(literal(cube.value), String).label("cube")
    return select(head, finest.c.currency, *dimensions, *figures).group_by(
        finest.c.currency, *(finest.c[name] for name in own)
    )
