"""The states and kinds of the trade, in the words that reach the database, and which card state may follow which."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class CardStatus(StrEnum):
    INACTIVE = "inactive"  # generated, not released or sold
    PENDING = "pending"  # ready, never used
    ACTIVATED = "activated"
    USED = "used"  # empty and not rechargeable, or a disposable card that made its call
    EXPIRED = "expired"
    BLOCKED = "blocked"  # stopped by an operator


# features.md 3.2. Expired and blocked cards go back to the state before, which their card remembers.
CARD_TRANSITIONS: Final[Mapping[CardStatus, frozenset[CardStatus]]] = MappingProxyType(
    {
        CardStatus.INACTIVE: frozenset({CardStatus.PENDING, CardStatus.BLOCKED, CardStatus.EXPIRED}),
        CardStatus.PENDING: frozenset(
            {CardStatus.ACTIVATED, CardStatus.BLOCKED, CardStatus.EXPIRED, CardStatus.INACTIVE}
        ),
        CardStatus.ACTIVATED: frozenset({CardStatus.USED, CardStatus.EXPIRED, CardStatus.BLOCKED}),
        CardStatus.USED: frozenset({CardStatus.ACTIVATED, CardStatus.EXPIRED, CardStatus.BLOCKED}),
        CardStatus.EXPIRED: frozenset(
            {CardStatus.INACTIVE, CardStatus.PENDING, CardStatus.ACTIVATED, CardStatus.USED, CardStatus.BLOCKED}
        ),
        CardStatus.BLOCKED: frozenset(
            {CardStatus.INACTIVE, CardStatus.PENDING, CardStatus.ACTIVATED, CardStatus.USED, CardStatus.EXPIRED}
        ),
    }
)


def may_become(status: CardStatus, next_status: CardStatus) -> bool:
    return next_status in CARD_TRANSITIONS[status]


class SeriesStatus(StrEnum):
    ACTIVE = "active"
    STOPPED = "stopped"
    DELETED = "deleted"


class CardType(StrEnum):
    STANDARD = "standard"
    RECHARGEABLE = "rechargeable"
    UNLIMITED = "unlimited"
    DISPOSABLE = "disposable"


class HoldState(StrEnum):
    OPEN = "open"
    SETTLED = "settled"
    VOIDED = "voided"


class PinEntryMode(StrEnum):
    NUMBER_AND_PIN = "number_and_pin"
    PIN_ONLY = "pin_only"


class ActivatesOn(StrEnum):
    FIRST_ANSWERED_CALL = "first_answered_call"
    FIRST_AUTHENTICATION = "first_authentication"


class MaintenanceStarts(StrEnum):
    """When the first maintenance fee falls due (features.md 3.6)."""

    AFTER_PERIOD = "after_period"
    AT_ACTIVATION = "at_activation"


class RechargeExtends(StrEnum):
    """What a recharge does to the expiry of a card that has an expiry period (features.md 3.7)."""

    NO = "no"
    FROM_NOW = "from_now"
    FROM_OLD_DATE = "from_old_date"


class ExpiryGivenBy(StrEnum):
    """Who gave a card a date that the rules of its series do not give (V-23)."""

    OPERATOR = "operator"
    RECHARGE = "recharge"


class CallDisposition(StrEnum):
    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    ALL_LINES_BUSY = "all_lines_busy"
    CANCELLED = "cancelled"


class VoucherStatus(StrEnum):
    READY = "ready"
    REDEEMED = "redeemed"
    BLOCKED = "blocked"


class GuardScope(StrEnum):
    """Whose wrong entries are counted."""

    CALLER_ID = "caller_id"
    ACCESS_NUMBER = "access_number"
    TRUNK = "trunk"
    ADDRESS = "address"  # of a portal or console visitor
    UNDIALLED = "undialled"  # calls of one caller id to one access number that ended without a destination


class EntryKind(StrEnum):
    """What was entered wrong; each has its own daily budget."""

    NUMBER_AND_PIN = "number_and_pin"
    PIN_ONLY = "pin_only"
    VOUCHER = "voucher"
    PORTAL = "portal"
    CONSOLE = "console"  # a password: its space is too large for a budget, so only the counters guard it


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
