"""Add credit to a card that may take it, by whatever door the money comes: lock, judge, book, and let it live on."""

from datetime import datetime, tzinfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.recharge import RechargeProblem, RechargeTerms, check_recharge
from billing.states import CardStatus
from models import Card, CardGroup, LedgerKind, WalletKind
from services.audit.audit import Actor
from services.cards.card_facts import CardFacts, get_card
from services.cards.card_lock import lock_cards
from services.cards.card_state import is_or_goes_back_to, moved_to
from services.cards.revive_card import RECHARGE, revive_by_recharge
from services.money.book_movement import Booked, Movement, NotBooked, book_movement
from services.money.house_wallets import house_wallets
from services.upkeep.charge_fees import book_due_fees, forgive_periods


def locked_card(session: Session, card_id: int) -> CardFacts:
    """The card as it stands while no one else changes it: two acts on one card come one after the other."""
    lock_cards(session, [card_id])
    return get_card(session, card_id)


def payment(
    session: Session, card: CardFacts, amount_micros: int, reference: str, actor: Actor, reason: str | None = None
) -> Movement:
    house_id = house_wallets(session)[WalletKind.PAYMENTS.value, card.currency]
    return Movement(card.wallet_id, house_id, amount_micros, LedgerKind.RECHARGE, reference, str(actor), reason)


def recharge_terms(session: Session, card: CardFacts) -> RechargeTerms:
    query = select(CardGroup.recharge_min_micros, CardGroup.recharge_max_micros).where(CardGroup.id == card.group.id)
    min_micros, max_micros = session.execute(query).one()
    return RechargeTerms(min_micros, max_micros)


def recharge_problem(
    session: Session, card: CardFacts, terms: RechargeTerms, amount_micros: int, now: datetime
) -> RechargeProblem | None:
    if is_replaced(session, card.card_id):
        return RechargeProblem.REPLACED
    return check_recharge(card.standing, terms, amount_micros, now)


def is_replaced(session: Session, card_id: int) -> bool:
    """Money on a replaced card would be found by no one."""
    return session.scalars(select(Card.replaced_by_card_id).where(Card.id == card_id)).one() is not None


def add_credit(
    session: Session, card: CardFacts, movement: Movement, now: datetime, zone: tzinfo
) -> Booked | NotBooked | RechargeProblem:
    """Book the money on a card that was locked and judged. Its life is lengthened as its series says; a used card is
    in use again. Where it stays expired all the same nothing is changed: the money would lapse unused.

    What the card owes until now is taken first: a fee that found no money on its day is not owed (3.6), and must not
    eat the new money because the nightly job is late.
    """
    with session.begin_nested() as attempt:
        if revive_by_recharge(session, card.card_id, now, zone).is_expired:
            attempt.rollback()
            return RechargeProblem.EXPIRED
        book_due_fees(session, [card.card_id], RECHARGE, now)
        booked = book_movement(session, movement, now)
        if isinstance(booked, NotBooked):
            attempt.rollback()
            return booked
        reopen_used_card(session, card.card_id, now)
    return booked


def reopen_used_card(session: Session, card_id: int, now: datetime) -> None:
    """A rechargeable card that was used up is in use again when money comes; the time that it was not is not
    charged.
    """
    used = (Card.id == card_id) & is_or_goes_back_to(CardStatus.USED)
    reopened = update(Card).where(used).values(moved_to(CardStatus.ACTIVATED)).returning(Card.id)
    if session.execute(reopened).one_or_none() is not None:
        forgive_periods(session, [card_id], now)
