"""Mark a card as used: empty and not rechargeable, or disposable after its first charged call (features.md 3.2)."""

from sqlalchemy import exists, update
from sqlalchemy.orm import Session

from billing.states import CardStatus, CardType
from models import Card, Wallet
from services.cards.card_state import is_or_goes_back_to, moved_to


def is_used_up(
    card_type: CardType, available_micros: int, empty_below_micros: int, *, until_empty: bool = False
) -> bool:
    """Judged after a charged call; `until_empty` lets a disposable card call on until its money is spent (V-8)."""
    match card_type:
        case CardType.DISPOSABLE if not until_empty:
            return True
        case CardType.DISPOSABLE | CardType.STANDARD:
            return available_micros < empty_below_micros
        case CardType.RECHARGEABLE | CardType.UNLIMITED:
            return False


def use_up_card(session: Session, card_id: int) -> None:
    """Only an activated card without an open hold becomes used; one with a call up is judged when that call ends. A
    card that was stopped in its last call goes back as a used one.
    """
    no_call_up = exists().where(Wallet.id == Card.wallet_id, Wallet.open_holds == 0)
    activated = (Card.id == card_id) & is_or_goes_back_to(CardStatus.ACTIVATED) & no_call_up
    session.execute(update(Card).where(activated).values(moved_to(CardStatus.USED)))
