"""May this card call now? The CHECK of features.md 5.3: the first failing line decides, and only it is said."""

from dataclasses import dataclass
from datetime import datetime

from billing.refusals import Refusal
from billing.states import CardStatus, CardType, SeriesStatus


@dataclass(frozen=True, slots=True)
class CardStanding:
    """The plain facts of one card at one moment; the two times are the first instants at which they have passed."""

    status: CardStatus
    series_status: SeriesStatus
    card_type: CardType
    expires_at: datetime | None
    grace_ends_at: datetime | None
    available_micros: int
    empty_below_micros: int
    open_holds: int
    calls_max: int
    disposable_until_empty: bool = False


def check_card(standing: CardStanding, now: datetime) -> Refusal | None:
    if standing.status is CardStatus.INACTIVE:
        return Refusal.CARD_NOT_ACTIVATED
    if standing.status is CardStatus.BLOCKED or standing.series_status is not SeriesStatus.ACTIVE:
        return Refusal.CARD_BLOCKED
    if is_expired(standing, now):
        return Refusal.CARD_EXPIRED_GRACE if is_in_grace(standing, now) else Refusal.CARD_EXPIRED
    if standing.status is CardStatus.USED or is_empty(standing):
        return Refusal.CARD_USED_UP
    if standing.open_holds >= _calls_max(standing):
        return Refusal.CARD_IN_USE
    return None


def is_expired(standing: CardStanding, now: datetime) -> bool:
    """By its date, since the nightly job may be late; or by its state, since an operator may have written it."""
    is_past = standing.expires_at is not None and now >= standing.expires_at
    return is_past or standing.status is CardStatus.EXPIRED


def is_in_grace(standing: CardStanding, now: datetime) -> bool:
    """Of an expired card: is its balance still kept? Without days of grace both times are one, and it is not."""
    return standing.grace_ends_at is not None and now < standing.grace_ends_at


def is_empty(standing: CardStanding) -> bool:
    """A card with an open hold is not empty: what is held may come back (features.md 3.2)."""
    if standing.card_type is CardType.UNLIMITED or standing.open_holds:
        return False
    return standing.available_micros < standing.empty_below_micros


def _calls_max(standing: CardStanding) -> int:
    """A disposable card makes one call (V-8), so never two at a time, whatever its group allows."""
    makes_one_call = standing.card_type is CardType.DISPOSABLE and not standing.disposable_until_empty
    return min(1, standing.calls_max) if makes_one_call else standing.calls_max
