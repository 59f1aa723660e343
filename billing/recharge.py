"""May this card take this recharge? The first failing line decides (features.md 3.2, V-6, V-28)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billing.card_check import CardStanding, is_expired, is_in_grace
from billing.states import CardStatus, CardType, SeriesStatus


class RechargeProblem(StrEnum):
    """Why a card takes no recharge, or not this one."""

    NOT_RECHARGEABLE = "not_rechargeable"
    REPLACED = "replaced"
    NOT_RELEASED = "not_released"
    BLOCKED = "blocked"
    SERIES_NOT_ACTIVE = "series_not_active"
    EXPIRED = "expired"  # past its grace, or in a series whose dates no recharge moves
    BELOW_MINIMUM = "below_minimum"
    ABOVE_MAXIMUM = "above_maximum"


@dataclass(frozen=True, slots=True)
class RechargeTerms:
    """What the group allows in one recharge; None: any amount."""

    min_micros: int
    max_micros: int | None


def check_recharge(
    standing: CardStanding, terms: RechargeTerms, amount_micros: int, now: datetime
) -> RechargeProblem | None:
    """The card comes before the amount, so that a card that takes none says so whatever the amount."""
    return _check_card(standing, now) or _check_amount(terms, amount_micros)


def _check_card(standing: CardStanding, now: datetime) -> RechargeProblem | None:
    """A card in its grace may be revived by the money; whether it is, its series says."""
    if standing.card_type is not CardType.RECHARGEABLE:
        return RechargeProblem.NOT_RECHARGEABLE
    if standing.status is CardStatus.INACTIVE:
        return RechargeProblem.NOT_RELEASED
    if standing.status is CardStatus.BLOCKED:
        return RechargeProblem.BLOCKED
    if standing.series_status is not SeriesStatus.ACTIVE:
        return RechargeProblem.SERIES_NOT_ACTIVE
    if is_expired(standing, now) and not is_in_grace(standing, now):
        return RechargeProblem.EXPIRED
    return None


def _check_amount(terms: RechargeTerms, amount_micros: int) -> RechargeProblem | None:
    if amount_micros < terms.min_micros:
        return RechargeProblem.BELOW_MINIMUM
    if terms.max_micros is not None and amount_micros > terms.max_micros:
        return RechargeProblem.ABOVE_MAXIMUM
    return None
