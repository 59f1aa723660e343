"""What an operator may do to cards and series in which state: the acts over the tables of billing.states."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from billing.states import CardStatus, SeriesStatus


class CardAct(StrEnum):
    RELEASE = "release"
    SELL = "sell"
    TAKE_BACK = "take_back"  # a sale or a release
    BLOCK = "block"
    UNBLOCK = "unblock"


# features.md 3.2: from which state, and to which. None = the state before, which the card remembers.
CARD_ACTS: Final[Mapping[CardAct, Mapping[CardStatus, CardStatus | None]]] = MappingProxyType(
    {
        CardAct.RELEASE: {CardStatus.INACTIVE: CardStatus.PENDING},
        CardAct.SELL: {CardStatus.INACTIVE: CardStatus.PENDING, CardStatus.PENDING: CardStatus.PENDING},
        CardAct.TAKE_BACK: {CardStatus.PENDING: CardStatus.INACTIVE},
        CardAct.BLOCK: {status: CardStatus.BLOCKED for status in CardStatus if status is not CardStatus.BLOCKED},
        CardAct.UNBLOCK: {CardStatus.BLOCKED: None},
    }
)

DONE_WORDS: Final[Mapping[CardAct, str]] = MappingProxyType(
    {
        CardAct.RELEASE: "released",
        CardAct.SELL: "sold",
        CardAct.TAKE_BACK: "taken back",
        CardAct.BLOCK: "blocked",
        CardAct.UNBLOCK: "unblocked",
    }
)


@dataclass(frozen=True, slots=True)
class CardPosition:
    """What an act depends on. `is_handed_out`: released or sold by an operator, not by the status of its series."""

    status: CardStatus
    is_sold: bool = False
    is_handed_out: bool = False
    is_replaced: bool = False


def why_not(act: CardAct, card: CardPosition) -> str | None:
    """None where the act is possible; else the word under which a list counts the cards that were skipped."""
    if card.status not in CARD_ACTS[act]:
        return f"already {card.status}" if act is CardAct.BLOCK else card.status.value
    if act is CardAct.UNBLOCK and card.is_replaced:
        return "replaced"
    if act is CardAct.SELL and card.is_sold:
        return "already sold"
    if act is CardAct.TAKE_BACK and not card.is_handed_out:
        return "never sold or released"
    return None


def sentence(act: CardAct, why: str) -> str:
    """Why one card cannot be treated so, and what can."""
    froms = " or ".join(sorted(status.value for status in CARD_ACTS[act]))
    match why:
        case "replaced":
            return "It was replaced by another card, which has its balance: it stays blocked."
        case "already sold":
            return "It is sold already: take that sale back first."
        case "never sold or released":
            return "It was never sold or released, so there is nothing to take back: block it to stop it."
    if act is CardAct.BLOCK:
        return "It is blocked already."
    return f"It is {why}: only a card that is {froms} can be {DONE_WORDS[act]}."


class SeriesAct(StrEnum):
    ACTIVATE = "activate"
    STOP = "stop"
    DELETE = "delete"


SERIES_ACTS: Final[Mapping[SeriesAct, Mapping[SeriesStatus, SeriesStatus]]] = MappingProxyType(
    {
        SeriesAct.ACTIVATE: {SeriesStatus.STOPPED: SeriesStatus.ACTIVE},
        # A deleted series comes back stopped, so that its cards do not begin to call by surprise.
        SeriesAct.STOP: {SeriesStatus.ACTIVE: SeriesStatus.STOPPED, SeriesStatus.DELETED: SeriesStatus.STOPPED},
        SeriesAct.DELETE: {SeriesStatus.ACTIVE: SeriesStatus.DELETED, SeriesStatus.STOPPED: SeriesStatus.DELETED},
    }
)
