"""Calls as the rows of a list in the console, within what an operator may see; and one call with its ledger entries."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import Account, CallRecord, Card, CardSeries, LedgerEntry
from services.calls.file_calls import calls_in_series
from services.operators.operator_facts import OperatorFacts
from services.operators.scope import card_scope, sees_all_cards, series_ids

Rows = Select[*tuple[Any, ...]]


def call_rows(session: Session, operator: OperatorFacts, *, is_count: bool = False) -> Rows:
    """Who sees some cards only sees calls of these only: a reseller by its series, which an index knows. A count that
    asks for no card goes without the joins: then PostgreSQL counts in an index alone.
    """
    query: Rows = (
        select(
            CallRecord.call_id,
            CallRecord.placed_at,
            CallRecord.disposition,
            CallRecord.is_test,
            Card.number.label("card"),
            CallRecord.caller_id,
            CallRecord.destination,
            CallRecord.destination_name,
            Account.endpoint.label("carrier"),
            CallRecord.talk_seconds,
            CallRecord.cost_micros.label("cost"),
            CallRecord.buy_cost_micros.label("buy_cost"),
            CallRecord.currency,
        )
        .outerjoin(Card, Card.id == CallRecord.card_id)
        .outerjoin(Account, Account.id == CallRecord.carrier_account_id)
    )
    if is_count and operator.distributor_id is None:
        query = select(CallRecord.call_id)
    if sees_all_cards(operator):
        return query
    if operator.reseller_id is not None:
        return calls_in_series(session, query, series_ids(session, operator))
    return query.join(CardSeries, CardSeries.id == Card.series_id).where(card_scope(operator))


def sees_call(session: Session, operator: OperatorFacts, call_id: str) -> bool:
    return session.execute(call_rows(session, operator).where(CallRecord.call_id == call_id)).one_or_none() is not None


def call_with_entries(session: Session, call_id: str) -> tuple[CallRecord, Sequence[LedgerEntry]]:
    """The record of a call that there is, and what it moved in the ledger."""
    entries = select(LedgerEntry).where(LedgerEntry.call_id == call_id).order_by(LedgerEntry.id)
    return session.get_one(CallRecord, call_id), session.scalars(entries).all()
