"""Release, sell, take back, block and unblock cards: one, a range of serials, or a whole series (features.md 3.2)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, literal, select, update
from sqlalchemy.orm import Session

from billing.card_acts import CARD_ACTS, CardAct, CardPosition, why_not
from billing.card_number import card_number
from billing.states import CardStatus
from models import CallerIdBinding, Card, CardSeries
from services.audit.audit import Act, Actor, note
from services.calls.end_calls import ask_to_end_calls
from services.cards.card_lock import lock_cards
from services.cards.card_order import CardOrder, checked_series
from services.cards.card_range import POSITION, CardRange, RunningCall, count_act, count_positions, running_calls
from services.upkeep.charge_fees import book_due_fees, forgive_periods

CARDS_A_STEP = 1_000  # one transaction: well below a second, so that no call waits long for its card


@dataclass(frozen=True, slots=True)
class ActDone:
    """How many cards were changed, how many skipped by what, and the calls that are up on the changed ones."""

    changed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    calls: tuple[RunningCall, ...] = ()

    def __add__(self, other: "ActDone") -> "ActDone":
        skipped = dict(Counter(self.skipped) + Counter(other.skipped))
        return ActDone(self.changed + other.changed, skipped, self.calls + other.calls)

    @property
    def seen(self) -> int:
        return self.changed + sum(self.skipped.values())


@dataclass(frozen=True, slots=True)
class ActStep:
    """What one step did. `last_serial` is where the next one begins; None: no card is left."""

    done: ActDone
    last_serial: int | None


def preview_card_act(session: Session, order: CardOrder) -> ActDone:
    """What the act would do; nothing is written."""
    checked_series(session, order)
    changed, skipped = count_act(count_positions(session, order.cards), order.act)
    return ActDone(changed, skipped)


def change_cards(
    session: Session, order: CardOrder, actor: Actor, now: datetime, *, after_serial: int | None = None
) -> ActStep:
    """The next cards of the range, at most CARDS_A_STEP: one transaction, with its own entry in the audit log.

    Killed anywhere and begun again, it passes over what is done already. A call that is up goes on for the time that
    it holds; with `ends_calls` the watcher is asked to end it (features.md 3.2, F18).
    """
    series = checked_series(session, order)
    card_ids, last_serial = _next_cards(session, order.cards, after_serial)
    if last_serial is None:
        return ActStep(ActDone(), None)
    lock_cards(session, card_ids)
    chosen, skipped, froms = _chosen(session, order.act, card_ids)
    if chosen:
        _change(session, order, chosen, actor, now)
    calls = running_calls(session, chosen) if order.act is CardAct.BLOCK else ()
    if order.ends_calls:
        ask_to_end_calls(session, calls, actor, now)
    done = ActDone(len(chosen), skipped, calls)
    if chosen:
        note(session, actor, _act(session, order, series, chosen, done, froms), now)
    return ActStep(done, last_serial if last_serial < order.cards.last_serial else None)


def _next_cards(session: Session, cards: CardRange, after_serial: int | None) -> tuple[list[int], int | None]:
    query = select(Card.id, Card.serial).where(cards.condition).order_by(Card.serial).limit(CARDS_A_STEP)
    if after_serial is not None:
        query = query.where(Card.serial > after_serial)
    rows = session.execute(query).all()
    return [card_id for card_id, _ in rows], rows[-1][1] if rows else None


def _chosen(session: Session, act: CardAct, card_ids: list[int]) -> tuple[list[int], dict[str, int], dict[str, int]]:
    """The cards that the act changes, the skipped ones by what, and the states before."""
    chosen: list[int] = []
    skipped, froms = Counter[str](), Counter[str]()
    rows = session.execute(select(Card.id, *POSITION).where(Card.id.in_(card_ids)).order_by(Card.id))
    for card_id, status, *flags in rows:
        why = why_not(act, CardPosition(status, *flags))
        if why is None:
            chosen.append(card_id)
            froms[status.value] += 1
        else:
            skipped[why] += 1
    return chosen, dict(skipped), dict(froms)


def _change(session: Session, order: CardOrder, card_ids: list[int], actor: Actor, now: datetime) -> None:
    """What is owed until a card is blocked is booked; what falls due while it is blocked never is (3.6)."""
    if order.act is CardAct.BLOCK:
        book_due_fees(session, card_ids, actor, now)
    if order.act is CardAct.UNBLOCK:
        forgive_periods(session, card_ids, now)
    values = _values(order, now)
    session.execute(update(Card).where(Card.id.in_(card_ids)).values(values))
    if "distributor_id" in values:  # which their phones copy
        phones = update(CallerIdBinding).where(CallerIdBinding.card_id.in_(card_ids))
        session.execute(phones.values(distributor_id=values["distributor_id"]))


def _values(order: CardOrder, now: datetime) -> dict[str, Any]:
    match order.act:
        case CardAct.RELEASE:
            return {"status": CardStatus.PENDING, "released_at": now}
        case CardAct.SELL:
            sale = order.sale
            assert sale is not None  # noqa: S101 (checked with the order)
            released = {"released_at": func.coalesce(Card.released_at, now)}
            sold = {"sold_at": now, "sold_to": sale.place, "distributor_id": sale.distributor_id}
            return {"status": CardStatus.PENDING, **released, **sold}
        case CardAct.TAKE_BACK:
            nowhere = {"released_at": None, "sold_at": None, "sold_to": None, "distributor_id": None}
            return {"status": CardStatus.INACTIVE, **nowhere}
        case CardAct.BLOCK:
            return {"status": CardStatus.BLOCKED, "status_before": _live_status(), "status_reason": order.reason}
        case CardAct.UNBLOCK:
            return {**_unblocked(now), "status_reason": None}


def _live_status() -> Any:  # noqa: ANN401 (a column expression)
    """An expired card remembers what it was before that: a blocked one goes on remembering it."""
    is_expired = Card.status == CardStatus.EXPIRED
    return case((is_expired, func.coalesce(Card.status_before, Card.status)), else_=Card.status)


def _unblocked(now: datetime) -> dict[str, Any]:
    """The state before; a card whose last day is over is expired at once, and remembers that state."""
    kind = Card.status.type
    from_history = case(
        (Card.activated_at.is_(None), literal(CardStatus.INACTIVE, kind)), else_=literal(CardStatus.ACTIVATED, kind)
    )
    before = func.coalesce(Card.status_before, from_history)
    is_over = (Card.expires_at <= now) & (before != literal(CardStatus.EXPIRED, kind))
    return {
        "status": case((is_over, literal(CardStatus.EXPIRED, kind)), else_=before),
        "status_before": case((is_over, before), else_=None),
    }


def _act(
    session: Session, order: CardOrder, series: CardSeries, card_ids: list[int], done: ActDone, froms: dict[str, int]
) -> Act:
    first, last = session.execute(
        select(func.min(Card.serial), func.max(Card.serial)).where(Card.id.in_(card_ids))
    ).one()
    to = {status.value if status else "state before" for status in CARD_ACTS[order.act].values()}
    after: dict[str, Any] = {
        "cards": done.changed,
        "status": " or ".join(sorted(to)),
        "first": card_number(series.number, first),
        "last": card_number(series.number, last),
        "skipped": dict(done.skipped),
    }
    if order.sale is not None:
        after |= {"sold_to": order.sale.place, "distributor_id": order.sale.distributor_id}
    if order.act is CardAct.BLOCK:
        after |= {"calls_up": len(done.calls), "ends_calls": order.ends_calls}
    kind, name = (
        ("card", f"{series.number}{first:09d}") if order.cards.is_one_card else ("card_series", str(series.number))
    )
    return Act(f"card.{order.act}", kind, name, before={"status": froms}, after=after, reason=order.reason)
