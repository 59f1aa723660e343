"""Stop, activate or delete a series: a mark on it; its cards, their money and their expiry stay as they are (JC-5 to
JC-7).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from billing.card_acts import SERIES_ACTS, SeriesAct
from billing.states import HoldState, SeriesStatus
from models import Card, CardSeries, Hold
from services.audit.audit import Act, Actor, note
from services.cards.card_order import ActRefused
from services.products.plan_agreement import check_plans_of_group
from services.store.version_check import checked_version
from services.upkeep.charge_fees import book_due_fees, forgive_periods
from services.upkeep.owing_cards import cards_owing

CARDS_A_STEP = 1_000
CURES = {
    (SeriesAct.ACTIVATE, SeriesStatus.DELETED): "stop it first, which takes the mark of deletion away",
    (SeriesAct.ACTIVATE, SeriesStatus.ACTIVE): "there is nothing to do",
    (SeriesAct.STOP, SeriesStatus.STOPPED): "there is nothing to do",
    (SeriesAct.DELETE, SeriesStatus.DELETED): "there is nothing to do",
}


@dataclass(frozen=True, slots=True)
class SeriesMarked:
    """The series after the act; `calls_up` calls of its cards go on for the time that they hold."""

    number: int
    status: SeriesStatus
    version: int
    calls_up: int


def prepare_series_act(
    session: Session, series_id: int, act: SeriesAct, actor: Actor, now: datetime, *, after_card_id: int = 0
) -> int | None:
    """One step of what goes before the mark, for a series of many cards: book the fees that are owed until a stop, or
    let go those of the time in which it was stopped (3.6). Gives the last card id; None: no card is left.
    """
    series = session.get_one(CardSeries, series_id)
    if not series.maintenance_fee_micros or series.status is SeriesStatus.DELETED:
        return None
    if series.status is SeriesStatus.ACTIVE:
        card_ids = cards_owing(session, now, after_card_id=after_card_id, series_id=series_id, limit=CARDS_A_STEP)
        book_due_fees(session, card_ids, actor, now)
    elif act is SeriesAct.ACTIVATE:
        card_ids = _activated(session, series_id, after_card_id)
        forgive_periods(session, card_ids, now)
    else:
        return None
    return card_ids[-1] if card_ids else None


def change_series_state(
    session: Session,
    series_id: int,
    act: SeriesAct,
    actor: Actor,
    now: datetime,
    *,
    reason: str | None = None,
    version: int | None = None,
    is_prepared: bool = False,
) -> SeriesMarked:
    """`is_prepared`: the steps before the mark were made in transactions of their own, up to this `now`."""
    series = checked_version(session, CardSeries, series_id, version)
    before = series.status
    if before not in SERIES_ACTS[act]:
        raise ActRefused(f"Series {series.number} is {before}: {CURES[act, before]}.")
    after = SERIES_ACTS[act][before]
    if series.made_at is None and act is not SeriesAct.DELETE:
        raise ActRefused(f"The cards of series {series.number} are still being made: wait for the end of that job.")
    if not is_prepared:
        _prepare(session, series_id, act, actor, now)
    changed = update(CardSeries).where(CardSeries.id == series_id).values(status=after, version=CardSeries.version + 1)
    new_version = session.scalars(changed.returning(CardSeries.version)).one()
    if before is SeriesStatus.DELETED:
        check_plans_of_group(session, series.card_group_id)
    marked = SeriesMarked(series.number, after, new_version, _calls_up(session, series_id))
    told = {"status": after.value, "calls_up": marked.calls_up}
    name = str(series.number)
    note(session, actor, Act(f"series.{act}", "card_series", name, {"status": before.value}, told, reason), now)
    return marked


def _prepare(session: Session, series_id: int, act: SeriesAct, actor: Actor, now: datetime) -> None:
    last: int | None = 0
    while last is not None:
        last = prepare_series_act(session, series_id, act, actor, now, after_card_id=last)


def _activated(session: Session, series_id: int, after_card_id: int) -> list[int]:
    used = (Card.series_id == series_id) & Card.activated_at.is_not(None) & (Card.id > after_card_id)
    return list(session.scalars(select(Card.id).where(used).order_by(Card.id).limit(CARDS_A_STEP)))


def _calls_up(session: Session, series_id: int) -> int:
    """By the open holds, of which there are few, however many cards the series has."""
    calls = select(func.count(Hold.call_id)).join(Card, Card.id == Hold.card_id)
    return session.scalars(calls.where(Hold.state == HoldState.OPEN, Card.series_id == series_id)).one()
