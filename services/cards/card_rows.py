"""Cards and bound phones as the rows of lists in the console, within what an operator may see."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models import CallerIdBinding, CallRecord, Card, CardGroup, CardSeries, Wallet
from services.calls.file_phones import are_phones_filed
from services.operators.operator_facts import OperatorFacts
from services.operators.scope import card_scope, in_series, sees_all_cards, seller_cards, series_ids

# Of each row that is shown, by the index of a card's calls.
LAST_CALL = (
    select(func.max(CallRecord.placed_at)).where(CallRecord.card_id == Card.id).scalar_subquery().label("last_call")
)
Rows = Select[*tuple[Any, ...]]


def card_rows(session: Session, operator: OperatorFacts, *, is_count: bool = False, is_joined: bool = True) -> Rows:
    """Cards whose series is made: before that they exist for nobody (JC-28). A count that asks for no balance leaves
    the wallets out where their join is an outer one; to sort cards by balance it must be none, or no index serves.
    Only for who sees all cards their series are joined; another's count goes without any join if it asks for nothing
    but the card (`is_joined` off): PostgreSQL counts in an index alone then.
    """
    if is_count and not is_joined and not sees_all_cards(operator):
        return select(Card.id).where(seller_cards(session, operator))
    rows = (
        select(
            Card.id,
            Card.status,
            Card.number,
            Wallet.balance_micros.label("balance"),
            Wallet.held_micros.label("held"),
            Wallet.currency,
            CallerIdBinding.caller_id.label("phone"),
            Card.activated_at,
            Card.expires_at,
            *(() if is_count else (LAST_CALL,)),
        )
        .select_from(Card)
        .join(Wallet, Wallet.id == Card.wallet_id, isouter=is_count)
        .outerjoin(CallerIdBinding, CallerIdBinding.card_id == Card.id)
    )
    if sees_all_cards(operator):
        return rows.join(CardSeries, CardSeries.id == Card.series_id).where(CardSeries.made_at.is_not(None))
    return rows.where(seller_cards(session, operator))


def phone_rows(session: Session, operator: OperatorFacts, *, is_count: bool = False) -> Rows:
    """A seller's are found by what they copy of the card. A distributor's are held against the card itself where they
    are shown, whoever sold it: an older release that runs beside this one does not know of the copy.
    """
    is_filed = sees_all_cards(operator) or are_phones_filed(session)
    rows: Rows = select(CallerIdBinding.caller_id) if is_count and is_filed else _phones_with_cards()
    if sees_all_cards(operator):
        return rows
    if not is_filed:
        return rows.where(card_scope(operator))
    if operator.distributor_id is not None:
        mine = rows.where(CallerIdBinding.distributor_id == operator.distributor_id)
        return mine if is_count else mine.where(card_scope(operator))
    return rows.where(in_series(series_ids(session, operator), CallerIdBinding.series_id))


def _phones_with_cards() -> Rows:
    return (
        select(CallerIdBinding.caller_id, Card.number, CardGroup.name.label("group"), CallerIdBinding.bound_at)
        .select_from(CallerIdBinding)
        # Every phone has a card with its series and group.
        .outerjoin(Card, Card.id == CallerIdBinding.card_id)
        .outerjoin(CardSeries, CardSeries.id == Card.series_id)
        .outerjoin(CardGroup, CardGroup.id == CardSeries.card_group_id)
    )
