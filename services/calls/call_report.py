"""Past calls, newest first, with every figure of their charge."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session, aliased

from billing.states import CallDisposition
from models import Account, CallRecord, Card, CardSeries

CALLS_SHOWN_MAX = 1_000
# What we pay, and whom, is no business of who sells our cards.
HIDDEN_FROM_RESELLERS = (
    "carrier",
    "carrier_account_id",
    "buy_prefix",
    "buy_price_per_minute_micros",
    "buy_cost_micros",
    "margin_micros",
    "tried",
    "passed_over",
)
CARRIER, ORIGINATOR = aliased(Account), aliased(Account)


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls; None = all. Moments are those of placing: from `begin` until before `end`. `reseller_id`: those of
    cards of the reseller's own series, without our buying side.
    """

    card_number: str | None = None
    call_id: str | None = None
    newest: int = 20
    reseller_id: int | None = None
    begin: datetime | None = None
    end: datetime | None = None
    destination_prefix: str | None = None
    caller_id: str | None = None
    access_number: str | None = None
    series: int | None = None
    carrier: str | None = None
    account: str | None = None
    disposition: CallDisposition | None = None
    min_talk_seconds: int | None = None


def calls(session: Session, wanted: CallFilter) -> list[dict[str, Any]]:
    """Each call as an object of its columns, with card number (digits), the endpoint of the carrier that answered, and
    what was earned.
    """
    query = calls_query(wanted).order_by(CallRecord.placed_at.desc(), CallRecord.call_id)
    found = [_as_object(row) for row in session.execute(query.limit(min(wanted.newest, CALLS_SHOWN_MAX)))]
    return found if wanted.reseller_id is None else [_without_buying(call) for call in found]


def calls_query(wanted: CallFilter) -> Select[*tuple[Any, ...]]:
    """Record, card number, carrier's endpoint, originator's name."""
    query = (
        select(CallRecord, Card.number, CARRIER.endpoint, ORIGINATOR.name)
        .join(Card, Card.id == CallRecord.card_id, isouter=True)
        .join(CARRIER, CARRIER.id == CallRecord.carrier_account_id, isouter=True)
        .join(ORIGINATOR, ORIGINATOR.id == CallRecord.account_id, isouter=True)
    )
    if wanted.series is not None or wanted.reseller_id is not None:
        query = query.join(CardSeries, CardSeries.id == Card.series_id)
    return narrowed(query, wanted)


def _without_buying(call: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in call.items() if name not in HIDDEN_FROM_RESELLERS}


def narrowed(query: Select[*tuple[Any, ...]], wanted: CallFilter) -> Select[*tuple[Any, ...]]:
    equal = {
        Card.number: wanted.card_number,
        CallRecord.call_id: wanted.call_id,
        CallRecord.caller_id: wanted.caller_id,
        CallRecord.access_number: wanted.access_number,
        CARRIER.endpoint: wanted.carrier,
        ORIGINATOR.name: wanted.account,
        CallRecord.disposition: wanted.disposition,
        CardSeries.number: wanted.series,
        CardSeries.reseller_id: wanted.reseller_id,
    }
    for column, value in equal.items():
        if value is not None:
            query = query.where(column == value)
    if wanted.begin is not None:
        query = query.where(CallRecord.placed_at >= wanted.begin)
    if wanted.end is not None:
        query = query.where(CallRecord.placed_at < wanted.end)
    if wanted.destination_prefix is not None:
        query = query.where(CallRecord.destination.startswith(wanted.destination_prefix, autoescape=True))
    if wanted.min_talk_seconds is not None:
        query = query.where(CallRecord.talk_seconds >= wanted.min_talk_seconds)
    return query


def _as_object(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    record, card_number, carrier, account = row
    columns = [column.key for column in CallRecord.__table__.columns]
    names = {"card": card_number, "carrier": carrier, "account": account}
    earned = {"margin_micros": record.cost_micros - record.tax_micros - record.buy_cost_micros}
    return {**names, **{name: _plain(getattr(record, name)) for name in columns}, **earned}


def _plain(value: Any) -> Any:  # noqa: ANN401 (a column's value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
