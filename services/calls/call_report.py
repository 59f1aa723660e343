"""Past calls, newest first, with every figure of their charge."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, CallRecord, Card, CardSeries

CALLS_SHOWN_MAX = 1_000
# What we pay, and whom, is no business of who sells our cards.
HIDDEN_FROM_RESELLERS = ("carrier", "carrier_account_id", "buy_prefix", "buy_cost_micros", "tried")


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls; None = all. `reseller_id`: those of cards of the reseller's own series, without our buying side."""

    card_number: str | None = None
    call_id: str | None = None
    newest: int = 20
    reseller_id: int | None = None


def calls(session: Session, wanted: CallFilter) -> list[dict[str, Any]]:
    """Each call as an object of its columns, with card number (digits) and the endpoint of the carrier that
    answered.
    """
    query = (
        select(CallRecord, Card.number, Account.endpoint)
        .join(Card, Card.id == CallRecord.card_id, isouter=True)
        .join(Account, Account.id == CallRecord.carrier_account_id, isouter=True)
        .order_by(CallRecord.placed_at.desc(), CallRecord.call_id)
        .limit(min(wanted.newest, CALLS_SHOWN_MAX))
    )
    if wanted.card_number is not None:
        query = query.where(Card.number == wanted.card_number)
    if wanted.call_id is not None:
        query = query.where(CallRecord.call_id == wanted.call_id)
    if wanted.reseller_id is not None:
        query = query.join(CardSeries, CardSeries.id == Card.series_id)
        query = query.where(CardSeries.reseller_id == wanted.reseller_id)
    found = [_as_object(record, number, endpoint) for record, number, endpoint in session.execute(query)]
    return found if wanted.reseller_id is None else [_without_buying(call) for call in found]


def _without_buying(call: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in call.items() if name not in HIDDEN_FROM_RESELLERS}


def _as_object(record: CallRecord, card_number: str | None, endpoint: str | None) -> dict[str, Any]:
    columns = [column.key for column in CallRecord.__table__.columns]
    return {"card": card_number, "carrier": endpoint, **{name: _plain(getattr(record, name)) for name in columns}}


def _plain(value: Any) -> Any:  # noqa: ANN401 (a column's value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
