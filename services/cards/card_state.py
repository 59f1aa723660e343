"""The state of a card, or the one to which a blocked or expired card goes back: a call that ends moves either."""

from typing import Any

from sqlalchemy import ColumnElement, case, literal

from billing.states import CardStatus
from models import Card

STOPPED = (CardStatus.BLOCKED, CardStatus.EXPIRED)


def is_or_goes_back_to(status: CardStatus) -> ColumnElement[bool]:
    return (Card.status == status) | (Card.status.in_(STOPPED) & (Card.status_before == status))


def moved_to(status: CardStatus) -> dict[str, Any]:
    """Column values: a stopped card stays stopped, and goes back to `status` later."""
    is_stopped = Card.status.in_(STOPPED)
    new = literal(status, Card.status.type)
    return {
        "status": case((is_stopped, Card.status), else_=new),
        "status_before": case((is_stopped, new), else_=Card.status_before),
    }
