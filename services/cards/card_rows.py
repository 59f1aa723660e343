"""Cards and bound phones as the rows of lists in the console, within what an operator may see."""

from typing import Any

from sqlalchemy import Select, func, select

from models import CallerIdBinding, CallRecord, Card, CardGroup, CardSeries, Wallet
from services.operators.operator_facts import OperatorFacts
from services.operators.scope import card_scope

# Of each row that is shown, by the index of a card's calls.
LAST_CALL = (
    select(func.max(CallRecord.placed_at)).where(CallRecord.card_id == Card.id).scalar_subquery().label("last_call")
)
Rows = Select[*tuple[Any, ...]]


def card_rows(operator: OperatorFacts, *, is_count: bool = False) -> Rows:
    """Cards whose series is made: before that they exist for nobody (JC-28). A count that asks for no balance leaves
    the wallets out where their join is an outer one; to sort cards by balance it must be none, or no index serves.
    """
    return (
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
        .join(CardSeries, CardSeries.id == Card.series_id)
        .join(Wallet, Wallet.id == Card.wallet_id, isouter=is_count)
        .outerjoin(CallerIdBinding, CallerIdBinding.card_id == Card.id)
        .where(CardSeries.made_at.is_not(None), card_scope(operator))
    )


def phone_rows(operator: OperatorFacts) -> Rows:
    return (
        select(CallerIdBinding.caller_id, Card.number, CardGroup.name.label("group"), CallerIdBinding.bound_at)
        .select_from(CallerIdBinding)
        # Every phone has a card with its series and group; a count that needs none of them leaves outer joins out.
        .outerjoin(Card, Card.id == CallerIdBinding.card_id)
        .outerjoin(CardSeries, CardSeries.id == Card.series_id)
        .outerjoin(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .where(card_scope(operator))
    )
