"""Adjust the balance of a card by an operator's decision, with a reason, once for each token."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from billing.money import text_from_micros
from billing.states import CardType
from models import LedgerKind, WalletKind
from services.audit.audit import Act, Actor, note
from services.cards.card_facts import CardFacts, get_card
from services.money.add_credit import is_replaced, locked_card, reopen_used_card
from services.money.book_movement import Booked, Movement, NotBooked, book_movement, find_booked
from services.money.house_wallets import house_wallets
from services.upkeep.charge_fees import book_due_fees

TOKEN_CHARACTERS_MAX = 100
REASON_CHARACTERS_MAX = 500


class AdjustmentRefused(ValueError):
    """The balance cannot be adjusted so; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class Adjusted:
    """`balance_micros` is the balance right after the adjustment; `is_repeat`: made before, and nothing moved now."""

    card_id: int
    amount_micros: int
    balance_micros: int
    currency: str
    is_repeat: bool = False


def adjust_balance(
    session: Session, card_id: int, amount_micros: int, reason: str, token: str, actor: Actor, now: datetime
) -> Adjusted:
    """Give (above 0) or take (below 0), never more than is available: what calls hold is not touched. `token` is the
    form's: a repeat gives the first result.
    """
    _check_entry(amount_micros, reason, token)
    card = locked_card(session, card_id)
    house_id = house_wallets(session)[WalletKind.ADJUSTMENTS.value, card.currency]
    movement = Movement(
        card.wallet_id, house_id, amount_micros, LedgerKind.ADJUSTMENT, f"adjust:{token}", str(actor), reason
    )
    earlier = find_booked(session, movement)
    if earlier is None and is_replaced(session, card_id):
        raise AdjustmentRefused("This card was replaced: adjust the card that replaced it.")
    if earlier is None:
        book_due_fees(session, [card_id], actor, now)  # else a late job would take them from what is given now
    adjusted = _result(session, card, amount_micros, earlier or book_movement(session, movement, now))
    if adjusted.is_repeat:
        return adjusted
    if amount_micros > 0 and card.group.card_type is CardType.RECHARGEABLE:
        reopen_used_card(session, card_id, now)
    before = {"balance_micros": adjusted.balance_micros - amount_micros}
    after = {"balance_micros": adjusted.balance_micros, "amount_micros": amount_micros, "token": token}
    note(session, actor, Act("card.adjusted", "card", card.number, before, after, reason), now)
    return adjusted


def _check_entry(amount_micros: int, reason: str, token: str) -> None:
    if amount_micros == 0:
        raise AdjustmentRefused("An adjustment of 0 changes nothing: give an amount.")
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
        raise AdjustmentRefused(f"An adjustment needs a reason of 1 to {REASON_CHARACTERS_MAX} characters.")
    if not token.strip() or len(token) > TOKEN_CHARACTERS_MAX:
        raise AdjustmentRefused(f"An adjustment needs a token of 1 to {TOKEN_CHARACTERS_MAX} characters.")


def _result(session: Session, card: CardFacts, amount_micros: int, booked: Booked | NotBooked) -> Adjusted:
    match booked:
        case Booked(balance_micros, is_repeat):
            return Adjusted(card.card_id, amount_micros, balance_micros, card.currency, is_repeat)
        case NotBooked.REFERENCE_TAKEN:
            raise AdjustmentRefused("This token belongs to another adjustment: give this one its own.")
        case NotBooked.TOO_MUCH:
            raise AdjustmentRefused("The card would hold more than a card may: give it less.")
        case NotBooked.NOT_ENOUGH:
            available = text_from_micros(get_card(session, card.card_id).available_micros)
            raise AdjustmentRefused(
                f"Only {available} {card.currency} of this card is available: take that or less, "
                "or wait until its calls have ended."
            )
