"""What a card may still spend and talk today: used since midnight of the platform's zone, plus what open holds may
use (V-7).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.states import HoldState
from models import CallRecord, Hold, Wallet
from services.cards.card_facts import CardFacts, GroupRules


@dataclass(frozen=True, slots=True)
class DayLimits:
    """The limits of one day that begins at `begins_at`; None = no limit."""

    begins_at: datetime
    spend_max_micros: int | None
    talk_seconds_max: int | None


@dataclass(frozen=True, slots=True)
class DayLeft:
    """Below 0 where a limit was lowered after it was used."""

    spend_micros: int | None
    talk_seconds: int | None

    @property
    def is_kept(self) -> bool:
        return all(left is None or left >= 0 for left in (self.spend_micros, self.talk_seconds))


def find_day_limits(group: GroupRules, now: datetime, zone: tzinfo, *, is_pinless: bool = False) -> DayLimits | None:
    """None where the group limits no day. A caller who keyed no PIN is held to the smaller of both limits of money."""
    spends = [group.spend_a_day_max_micros, group.pinless_spend_a_day_max_micros if is_pinless else None]
    spend_max_micros = min((spend for spend in spends if spend is not None), default=None)
    if spend_max_micros is None and group.talk_seconds_a_day_max is None:
        return None
    return DayLimits(day_begins_at(now, zone), spend_max_micros, group.talk_seconds_a_day_max)


def day_left(session: Session, card: CardFacts, limits: DayLimits) -> DayLeft:
    """A call counts on the day on which it was placed; every open hold counts, with all that it may use."""
    spent_micros, talked_seconds = session.execute(
        select(
            func.coalesce(func.sum(CallRecord.cost_micros), 0), func.coalesce(func.sum(CallRecord.talk_seconds), 0)
        ).where(CallRecord.card_id == card.card_id, CallRecord.placed_at >= limits.begins_at)
    ).one()
    held_micros, held_seconds = session.execute(
        select(
            func.coalesce(func.sum(Hold.amount_micros), 0),
            func.coalesce(func.sum(Hold.quote["limit_seconds"].as_integer()), 0),
        ).where(Hold.wallet_id == card.wallet_id, Hold.state == HoldState.OPEN)
    ).one()
    return DayLeft(
        _left(limits.spend_max_micros, spent_micros + held_micros),
        _left(limits.talk_seconds_max, talked_seconds + held_seconds),
    )


def is_day_kept(session: Session, card: CardFacts, limits: DayLimits) -> bool:
    """Judged again with the call's own hold in place, under the lock of the wallet: of two calls that begin at the
    same instant the second one sees the first.
    """
    session.execute(select(Wallet.id).where(Wallet.id == card.wallet_id).with_for_update(key_share=True))
    return day_left(session, card, limits).is_kept


def is_pin_asked(session: Session, card: CardFacts, now: datetime, zone: tzinfo) -> bool:
    """Has the card spent today what may be spent without its PIN (features.md 3.10)? Then a bound phone is asked."""
    maximum = card.group.pinless_spend_a_day_max_micros
    if maximum is None:
        return False
    left = day_left(session, card, DayLimits(day_begins_at(now, zone), maximum, None))
    return left.spend_micros is not None and left.spend_micros <= 0


def day_begins_at(now: datetime, zone: tzinfo) -> datetime:
    return datetime.combine(now.astimezone(zone).date(), time.min, zone).astimezone(UTC)


def _left(maximum: int | None, used: int) -> int | None:
    return None if maximum is None else maximum - used
