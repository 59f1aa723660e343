"""The screen before the proof of the rollup: one pass over the calls of a day gives the sums of every cube."""

from datetime import date, tzinfo
from typing import Any

from sqlalchemy import Select, String, except_all, literal, select, union_all

from models import CallDay, Cube
from services.reports.day_sums import COLUMNS, finest_sums, sums_of_cube
from services.reports.figures import FIGURES


def differences(day: date, zone: tzinfo) -> Select[Any]:
    """A row when the rollup of the day is not what its calls are, in whichever direction; for PostgreSQL (EXCEPT ALL).
    The calls are summed once by all dimensions together, and these sums, which are few, by those of each cube.
    """
    finest = finest_sums(day, zone).cte("finest")
    true = union_all(*(sums_of_cube(finest, cube) for cube in Cube)).cte("true_row")
    columns = [CallDay.cube.cast(String), CallDay.currency, *(getattr(CallDay, name) for name in (*COLUMNS, *FIGURES))]
    kept = select(*columns).where(CallDay.day == day).cte("kept_row")
    rows_true, rows_kept = select(*true.c), select(*kept.c)
    either = union_all(
        select(except_all(rows_true, rows_kept).subquery()), select(except_all(rows_kept, rows_true).subquery())
    )
    return select(literal(1)).select_from(either.subquery()).limit(1)
