"""The cards of the demo with their PINs, for its own printed instructions; no other installation has such cards."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.card_number import card_number
from billing.states import CardStatus, PinEntryMode
from models import Card, CardGroup, CardSeries, Wallet
from services.keys.pin_keys import PinKeys


@dataclass(frozen=True, slots=True)
class DemoCard:
    """A card in plain words; the PIN is opened from its encrypted copy."""

    number: str
    keys: str
    pin: str
    pin_only: bool
    series: int
    series_name: str
    status: CardStatus
    available_micros: int
    currency: str


def demo_cards(session: Session, keys: PinKeys) -> list[DemoCard]:
    """Every card, in the order of series and serial."""
    rows = session.execute(
        select(
            Card.number,
            Card.serial,
            Card.pin_encrypted,
            Card.status,
            CardSeries.number,
            CardSeries.name,
            CardGroup.pin_entry_mode,
            Wallet.balance_micros - Wallet.held_micros,
            Wallet.currency,
        )
        .join(CardSeries, CardSeries.id == Card.series_id)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .join(Wallet, Wallet.id == Card.wallet_id)
        .where(CardSeries.is_demo)
        .order_by(CardSeries.number, Card.serial)
    )
    return [
        DemoCard(
            number=card_number(series, serial),
            keys=digits,
            pin=keys.decrypt(encrypted, digits),
            pin_only=mode is PinEntryMode.PIN_ONLY,
            series=series,
            series_name=name or "",
            status=status,
            available_micros=available_micros,
            currency=currency,
        )
        for digits, serial, encrypted, status, series, name, mode, available_micros, currency in rows
        if encrypted is not None
    ]
