"""Activate a card: once, with its expiry computed from that day (features.md 3.5)."""

from datetime import datetime, tzinfo

from sqlalchemy import case, insert, literal, select, update
from sqlalchemy.orm import Session

from billing.expiry import expires_at, grace_ends_at
from billing.states import CardStatus
from models import Card, LedgerEntry, LedgerKind, Wallet, WalletKind
from models.base import UtcDateTime
from services.calls.access import Access
from services.cards.card_facts import CardFacts, SeriesTerms
from services.cards.card_state import is_or_goes_back_to, moved_to
from services.money.house_wallets import house_wallets


def activate_card(session: Session, card_id: int, terms: SeriesTerms, now: datetime, zone: tzinfo) -> bool:
    """True if this act activated the card; False if it was active before: of two first calls one activates. A card
    that was blocked or expired while its first call ran is active when it goes back.
    """
    expiry = expires_at(now, terms.expiry_date, terms.expiry_period_days, zone)
    grace = grace_ends_at(expiry, terms.expiry_grace_days, zone)
    pending = (Card.id == card_id) & is_or_goes_back_to(CardStatus.PENDING)
    # A date that an operator gave before stays (V-23).
    by_rules = Card.expiry_given_by.is_(None)
    activation = {
        "activated_at": now,
        "expires_at": case((by_rules, literal(expiry, UtcDateTime)), else_=Card.expires_at),
        "grace_ends_at": case((by_rules, literal(grace, UtcDateTime)), else_=Card.grace_ends_at),
    }
    values = {**moved_to(CardStatus.ACTIVATED), **activation}
    return session.execute(update(Card).where(pending).values(values).returning(Card.id)).one_or_none() is not None


def activate_at_first_authentication(
    session: Session, access: Access, card: CardFacts, now: datetime, zone: tzinfo
) -> None:
    """Activate right after the PIN and take the fee; if the balance is smaller, all of it is taken and the rest is
    not owed.
    """
    if not activate_card(session, card.card_id, card.series, now, zone):
        return
    # The row stays locked until the end of the transaction (on SQLite the whole transaction is the only writer).
    wallet = select(Wallet.balance_micros - Wallet.held_micros).where(Wallet.id == card.wallet_id).with_for_update()
    fee_micros = min(card.series.activation_fee_micros, session.scalars(wallet).one())
    if not fee_micros:
        return
    paid = update(Wallet).where(Wallet.id == card.wallet_id).values(balance_micros=Wallet.balance_micros - fee_micros)
    session.execute(paid)
    fees = (WalletKind.FEE_REVENUE.value, card.currency)
    entry = {
        "source_wallet_id": card.wallet_id,
        # What is kept of the access number may be older than the currency.
        "destination_wallet_id": access.house.get(fees) or house_wallets(session)[fees],
        "amount_micros": fee_micros,
        "kind": LedgerKind.ACTIVATION_FEE,
        "reference": activation_reference(card.card_id),
        "created_at": now,
        "actor": "ivr",
        "series_id": card.series.id,
    }
    session.execute(insert(LedgerEntry).values(entry))


def activation_reference(card_id: int) -> str:
    """The ledger's unique key of an activation fee is the card: it is booked once, whoever books it."""
    return f"card:{card_id}"
