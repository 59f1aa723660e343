"""Whether the rates of an applied import still are as it left them: only then can it be undone."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from billing.rate_choice import EVERY_DAY, MINUTES_A_DAY
from models import RATE_TERMS, ChangeAct, Rate, RateChange
from services.rate_import.import_chunks import CHANGE, Chunk, changes_of
from services.rate_import.next_generation import KEY, of_change, same

REST: Final = tuple(name for name in RATE_TERMS if name not in KEY)
HOURS: Final = ("days", "from_minute", "until_minute")
WHOLE_WEEK: Final = (EVERY_DAY, 0, MINUTES_A_DAY)
OTHER: Any = RateChange.__table__.alias("other_change").c


def touched_rates(session: Session, import_id: int, table_id: int, chunk: Chunk) -> int:
    """How many changes do not stand as applying left them; else how many rates fill the times that undoing would."""
    asked = sum(_count(session, import_id, chunk, act) for act in (ChangeAct.BEGIN, ChangeAct.END))
    begun = _stand(import_id, table_id, chunk, ChangeAct.BEGIN, REST)
    # The steps of an old rate may be spelled otherwise; they cannot end.
    ended = _stand(import_id, table_id, chunk, ChangeAct.END, tuple(name for name in REST if name != "steps"))
    stand = sum(session.scalar(query) or 0 for query in (begun, ended))
    return asked - stand or session.scalar(_in_the_way(import_id, table_id, chunk)) or 0


def _count(session: Session, import_id: int, chunk: Chunk, act: ChangeAct) -> int:
    counted = select(func.count()).select_from(RateChange).where(*changes_of(import_id, chunk, act))
    return session.scalar(counted) or 0


def _stand(import_id: int, table_id: int, chunk: Chunk, act: ChangeAct, names: tuple[str, ...]) -> Select[Any]:
    """How many changes of the act have a live rate that has these values."""
    stands = of_change(func.count(), table_id, *same(KEY), Rate.live_until.is_(None), *_equal(names))
    return select(func.sum(stands)).where(*changes_of(import_id, chunk, act))


def _equal(names: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """Column by column, where nothing equals nothing; JSON as its text."""
    return [
        cast(Rate.steps, Text) == cast(CHANGE.steps, Text)
        if name == "steps"
        else getattr(Rate, name).is_not_distinct_from(CHANGE[name])
        for name in names
    ]


def _in_the_way(import_id: int, table_id: int, chunk: Chunk) -> Select[Any]:
    """Rates of others that hold when one of before would hold again."""
    free_from = case((CHANGE.act == ChangeAct.END, CHANGE.valid_until), else_=CHANGE.valid_from)
    ours = and_(OTHER.rate_import_id == import_id, OTHER.act.in_((ChangeAct.BEGIN, ChangeAct.END)))
    is_ours = exists().where(ours, *(OTHER[name] == getattr(Rate, name) for name in KEY))
    others = of_change(
        func.count(),
        table_id,
        Rate.prefix == CHANGE.prefix,
        Rate.live_until.is_(None),
        or_(CHANGE.valid_until_before.is_(None), Rate.valid_from < CHANGE.valid_until_before),
        or_(Rate.valid_until.is_(None), Rate.valid_until > free_from),
        _hours_meet(),
        ~is_ours,
    )
    return select(func.sum(others)).where(*changes_of(import_id, chunk, ChangeAct.END, ChangeAct.REMOVE))


def _hours_meet() -> ColumnElement[bool]:
    """As billing.rate_times.clash has it: hours of its own may stand beside the whole week."""
    meet = (
        Rate.days.bitwise_and(CHANGE.days) != 0,
        Rate.from_minute < CHANGE.until_minute,
        Rate.until_minute > CHANGE.from_minute,
    )
    both_have_hours = (~_is_whole_week(Rate.__table__.c), ~_is_whole_week(CHANGE))
    return or_(and_(*(getattr(Rate, name) == CHANGE[name] for name in HOURS)), and_(*meet, *both_have_hours))


def _is_whole_week(columns: Any) -> ColumnElement[bool]:  # noqa: ANN401 (the columns of a table)
    return and_(*(columns[name] == value for name, value in zip(HOURS, WHOLE_WEEK, strict=True)))
