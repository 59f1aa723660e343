"""Keep the rollup of calls exact: every day in which something changed is summed up anew, whole, in one transaction.

A day is summed from its records and never added to, so a run that was killed, repeated, or met by another one leaves
nothing twice. Which days changed is told by when calls were settled and reversed, and looked at with an hour's overlap:
a transaction that was slow to commit, or a server whose clock is behind, is seen by the next run.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Select, delete, func, insert, literal, or_, select, union_all, update
from sqlalchemy.orm import Session

from models import CallDay, CallDayMark, CallRecord, Card, Cube
from services.reports.day_sums import COLUMNS, DIMENSIONS, finest_sums, sums_of_cube
from services.reports.days import bounds_of, counted_in, day_of
from services.reports.figures import FROM_RECORDS

OVERLAP: Final = timedelta(hours=1)
Work = Callable[[Session], Any]
Write = Callable[[Work], Any]  # does the work in a transaction of its own
LATER_CUBES = (Cube.TRADE, Cube.PRODUCT, Cube.ENTRY)  # an older release summed days up without them


def roll_up_calls(
    write: Write,
    now: datetime,
    zone: tzinfo,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """How many days were summed up. The mark moves when all of them are: a run that ends early is repeated."""
    days: list[date] = write(lambda session: sorted(_begin(session, zone)))
    for done, day in enumerate(days):
        if is_stopped():
            return done
        write(partial(roll_up_day, day=day, zone=zone))
        progress(done + 1, len(days))
    write(lambda session: _end(session, now))
    return len(days)


def roll_up_day(session: Session, day: date, zone: tzinfo) -> None:
    """Two at once come one after the other: the mark is locked first."""
    session.scalars(select(CallDayMark.id).with_for_update()).one()
    session.execute(delete(CallDay).where(CallDay.day == day))
    finest = finest_sums(day, zone).cte("finest")
    summed = union_all(*(sums_of_cube(finest, cube) for cube in Cube)).subquery()
    names = ["cube", "currency", *COLUMNS, *FROM_RECORDS]
    rows = select(literal(day, Date), *(summed.c[name] for name in names))
    session.execute(insert(CallDay).from_select(["day", *names], rows))


def sums_of_day(day: date, zone: tzinfo, cube: Cube) -> Any:  # noqa: ANN401 (a select of many columns)
    """What the rows of a cube are by the records: `verify` takes another way than the one that wrote them."""
    dimensions = [COLUMNS[name].label(name) for name in DIMENSIONS[cube]]
    figures = [figure.label(name) for name, figure in FROM_RECORDS.items()]
    head = (literal(cube.value).label("cube"), literal(day).label("day"), CallRecord.currency)
    query = select(*head, *dimensions, *figures).select_from(CallRecord)
    if "series_id" in DIMENSIONS[cube]:
        query = query.join(Card, Card.id == CallRecord.card_id, isouter=True)
    return query.where(counted_in(bounds_of(day, zone))).group_by(CallRecord.currency, *dimensions)


def changed_days(session: Session, since: datetime | None, zone: tzinfo) -> set[date]:
    """The days of calls that were settled or reversed since then; None: of all calls."""
    if since is None:
        return days_where(session, CallRecord.call_id.is_not(None), zone)
    settled = days_where(session, CallRecord.settled_at >= since, zone)
    return settled | days_where(session, CallRecord.reversed_at >= since, zone)


def days_where(session: Session, which: ColumnElement[bool], zone: tzinfo) -> set[date]:
    """From day to day: the first call beyond the last day found."""
    days: set[date] = set()
    first: Select[datetime | None] = select(func.min(CallRecord.placed_at)).where(which)
    moment = session.scalars(first).one()
    while moment is not None:
        day = day_of(moment, zone)
        days.add(day)
        moment = session.scalars(first.where(CallRecord.placed_at >= bounds_of(day, zone).end)).one()
    return days


def _begin(session: Session, zone: tzinfo) -> set[date]:
    """A platform that moved to another zone has other days: everything is summed up anew. What a release before summed
    up lacks the newer cubes.
    """
    mark = session.execute(select(CallDayMark.seen_up_to, CallDayMark.zone).with_for_update()).one()
    if mark.zone == str(zone):
        changed = changed_days(session, None if mark.seen_up_to is None else mark.seen_up_to - OVERLAP, zone)
        return changed.union(*(_days_without(session, cube) for cube in LATER_CUBES))
    session.execute(delete(CallDay))
    session.execute(update(CallDayMark).values(zone=str(zone), seen_up_to=None))
    return changed_days(session, None, zone)


def _days_without(session: Session, cube: Cube) -> set[date]:
    """Days of which another cube has rows, and this one none."""
    known, lacking = (select(CallDay.day).where(CallDay.cube == one).distinct() for one in (Cube.ROUTE, cube))
    return set(session.scalars(known.except_(lacking)))


def _end(session: Session, now: datetime) -> None:
    is_behind = or_(CallDayMark.seen_up_to.is_(None), CallDayMark.seen_up_to < now)
    session.execute(update(CallDayMark).where(is_behind).values(seen_up_to=now))
