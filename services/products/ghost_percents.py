"""The announced share of the true minutes for single destinations of a card group (features.md 3.3; MOR's cc_gmps)."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from billing.announcement import GhostPercentRefused, validate_ghost_percent
from models import GhostPercent
from services.audit.audit import Act, Actor, note
from services.rates.check_rate import prefix_problem
from services.store.fields import FieldsRefused
from services.store.upsert import upsert


def set_ghost_percent(
    session: Session,
    group_id: int,
    prefix: str,
    percent: int | None,
    actor: Actor,
    now: datetime,
    *,
    ghost_above_100_allowed: bool = False,
) -> None:
    """What the group's callers are told for numbers of the prefix; None: what the rate or the group itself says.

    It touches no money: limit, hold and charge never depend on it.
    """
    problem = prefix_problem(prefix) or _percent_problem(percent, above_100_allowed=ghost_above_100_allowed)
    if problem is not None:
        raise FieldsRefused({"percent": problem})
    before = _standing(session, group_id, prefix)
    if before == percent:
        return
    if percent is None:
        session.execute(delete(GhostPercent).where(_is(group_id, prefix)))
    else:
        row = {"card_group_id": group_id, "prefix": prefix, "minutes_percent": percent}
        changes = {"minutes_percent": percent}
        upsert(session, GhostPercent, row, changes, where=None, returning=[GhostPercent.prefix])
    was, becomes = ({"prefix": prefix, "minutes_percent": value} for value in (before, percent))
    note(session, actor, Act("group.announcement", "card_group", str(group_id), was, becomes), now)


def ghost_percents(session: Session, group_id: int) -> dict[str, int]:
    """By prefix."""
    query = select(GhostPercent.prefix, GhostPercent.minutes_percent).where(GhostPercent.card_group_id == group_id)
    return {row.prefix: row.minutes_percent for row in session.execute(query.order_by(GhostPercent.prefix))}


def _percent_problem(percent: int | None, *, above_100_allowed: bool) -> str | None:
    if percent is None:
        return None
    try:
        validate_ghost_percent(percent, above_100_allowed=above_100_allowed)
    except GhostPercentRefused as refused:
        return str(refused)
    return None


def _standing(session: Session, group_id: int, prefix: str) -> int | None:
    return session.scalars(select(GhostPercent.minutes_percent).where(_is(group_id, prefix))).one_or_none()


def _is(group_id: int, prefix: str) -> Any:  # noqa: ANN401 (a condition)
    return (GhostPercent.card_group_id == group_id) & (GhostPercent.prefix == prefix)
