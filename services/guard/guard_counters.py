"""The rows that count: made where they are missing, locked in one order, and written back."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, or_, select, tuple_, update
from sqlalchemy.orm import Session

from billing.guard import HISTORY_MASK, GuardRules, Standing, is_over_share, with_wrong
from billing.states import GuardScope
from models import GuardCounter
from services.store.run import run
from services.store.upsert import insert_rows_or_skip

CounterKey = tuple[GuardScope, str]


@dataclass(frozen=True, slots=True)
class Counter:
    """One row of guard_counter."""

    scope: GuardScope
    subject: str
    tries: int
    failures: int
    locks: int
    history: int
    moments: list[int]
    window_began_at: datetime
    locked_until: datetime | None
    alarmed_at: datetime | None

    @property
    def standing(self) -> Standing:
        return Standing(tuple(self.moments), self.locks, self.locked_until)

    def standing_as(self, after: Standing, now: datetime) -> "Counter":
        """The counter of a caller after one more failure."""
        began_at = datetime.fromtimestamp(after.moments[0], UTC) if after.moments else now
        return replace(
            self,
            tries=self.tries + 1,
            failures=len(after.moments),
            locks=after.locks,
            moments=list(after.moments),
            window_began_at=began_at,
            locked_until=after.locked_until,
        )

    def after_wrong(self, rules: GuardRules, now: datetime) -> "Counter":
        """The counter of a line after one more wrong try; too many of the last ones begin an alarm."""
        history = with_wrong(self.history)
        alarmed_at = self.alarmed_at or (now if is_over_share(history, rules.share_percent_max) else None)
        wrong = history.bit_count()
        return replace(self, tries=self.tries + 1, failures=wrong, history=history, alarmed_at=alarmed_at)


COLUMNS = tuple(getattr(GuardCounter, name) for name in Counter.__slots__)
WRITE = (
    update(GuardCounter)
    .where(GuardCounter.scope == bindparam("new_scope"), GuardCounter.subject == bindparam("new_subject"))
    .values({name: bindparam(f"new_{name}") for name in Counter.__slots__[2:]})
)


def counters_locked(session: Session, keys: Sequence[CounterKey], now: datetime) -> dict[CounterKey, Counter]:
    """The counters of these keys; nobody else changes them until this transaction ends. All who count lock them in
    one order, so that two attacks at once wait for each other and never deadlock.
    """
    ordered = sorted(keys)
    fresh = [asdict(Counter(scope, subject, 0, 0, 0, 0, [], now, None, None)) for scope, subject in ordered]
    insert_rows_or_skip(session, GuardCounter, fresh)
    rows = run(
        session,
        select(*COLUMNS).where(_are(ordered)).order_by(GuardCounter.scope, GuardCounter.subject).with_for_update(),
    )
    return {(row.scope, row.subject): Counter(*row) for row in rows}


def write_counters(session: Session, counters: Sequence[Counter]) -> None:
    rows = [{f"new_{name}": value for name, value in asdict(counter).items()} for counter in counters]
    run(session, WRITE, rows)


def shift_right(session: Session, keys: Sequence[CounterKey]) -> Sequence[Row[*tuple[Any, ...]]]:
    """One more right try on each line among whose last tries is a wrong one; one statement."""
    locked = (
        select(GuardCounter.scope, GuardCounter.subject)
        .where(_are(sorted(keys)), GuardCounter.history != 0)
        .order_by(GuardCounter.scope, GuardCounter.subject)
        .with_for_update()
    )
    shifted = (
        update(GuardCounter)
        .where(tuple_(GuardCounter.scope, GuardCounter.subject).in_(locked))
        .values(history=GuardCounter.history.bitwise_and(HISTORY_MASK >> 1) * 2, tries=GuardCounter.tries + 1)
        .returning(GuardCounter.scope, GuardCounter.subject, GuardCounter.history, GuardCounter.alarmed_at)
    )
    return run(session, shifted).all()


def _are(keys: Sequence[CounterKey]) -> ColumnElement[bool]:
    return or_(*(and_(GuardCounter.scope == scope, GuardCounter.subject == subject) for scope, subject in keys))
