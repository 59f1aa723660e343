"""Prove the rollup: every row of it is what the call records say, and no row is missing."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import CallDay, CallDayMark, Cube
from services.money.verify_ledger import BREACHES_SHOWN_MAX, Breach, Look
from services.reports.day_sums import DIMENSIONS
from services.reports.figures import FIGURES
from services.reports.roll_up_calls import changed_days, sums_of_day
from services.reports.rollup_screen import differences

INVARIANT: Final = "I14 the rollup is the sum of its calls"
COMMITTED_AFTER: Final = timedelta(minutes=1)  # a settlement may be that long on its way into the database


def verify_rollup(session: Session) -> list[Breach]:
    """Empty when all is well. Days in which calls ended since the last roll-up are still to be done, and not judged."""
    return list(islice((breach for look in rollup_looks(session) for breach in look(session)), BREACHES_SHOWN_MAX))


def rollup_looks(session: Session) -> list[Look]:
    """One for each day; each may run on a connection of its own that sees the same moment."""
    mark = session.execute(select(CallDayMark.seen_up_to, CallDayMark.zone)).one()
    if mark.seen_up_to is None or mark.zone is None:
        return []
    zone = ZoneInfo(mark.zone)
    waiting = changed_days(session, mark.seen_up_to - COMMITTED_AFTER, zone)
    days = changed_days(session, None, zone) | set(session.scalars(select(CallDay.day).distinct()))
    return [partial(_look_at_day, day=day, zone=zone) for day in sorted(days - waiting)]


def _look_at_day(session: Session, day: date, zone: ZoneInfo) -> list[Breach]:
    if session.get_bind().dialect.name == "postgresql" and session.execute(differences(day, zone)).first() is None:
        return []
    found = (breach for cube in Cube for breach in _of_day(session, day, zone, cube))
    return list(islice(found, BREACHES_SHOWN_MAX))


def _of_day(session: Session, day: date, zone: ZoneInfo, cube: Cube) -> Iterator[Breach]:
    names = ("currency", *DIMENSIONS[cube])
    columns = [getattr(CallDay, name) for name in (*names, *FIGURES)]
    width = len(names)
    kept_rows = session.execute(select(*columns).where(CallDay.day == day, CallDay.cube == cube)).all()
    kept = {tuple(row[:width]): tuple(row[width:]) for row in kept_rows}
    if len(kept) != len(kept_rows):
        yield Breach(INVARIANT, f"{day} {cube.value}", f"{len(kept)} rows", f"{len(kept_rows)}")
    true = {tuple(row[2 : 2 + width]): tuple(row[2 + width :]) for row in session.execute(sums_of_day(day, zone, cube))}
    for key in sorted(kept.keys() | true.keys(), key=str):
        if kept.get(key) != true.get(key):
            yield Breach(INVARIANT, f"{day} {_told(key)}", _figures(true.get(key)), _figures(kept.get(key)))


def _told(key: tuple[Any, ...]) -> str:
    return " ".join("-" if part is None else str(part) for part in key)


def _figures(values: tuple[Any, ...] | None) -> str:
    return (
        "no row"
        if values is None
        else ", ".join(f"{name} {value}" for name, value in zip(FIGURES, values, strict=True))
    )
