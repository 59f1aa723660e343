"""Book a movement between a card or client and the house: the balance by one conditional UPDATE and the ledger by one
row, once for each reference.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from models import Card, LedgerEntry, LedgerKind, Wallet
from services.money.file_entries import NO_CARD
from services.money.wallet_balance import balance_after
from services.store.upsert import insert_or_skip

BALANCE_MICROS_MAX = 10**15  # a thousand million units: what a card may hold at most, far inside a BIGINT


@dataclass(frozen=True, slots=True)
class Movement:
    """`amount_micros` is what the card gains; a negative amount is what it gives. Never 0. `uses_credit`: what is given
    may come out of the credit limit, too.
    """

    wallet_id: int
    house_wallet_id: int
    amount_micros: int
    kind: LedgerKind
    reference: str
    actor: str
    reason: str | None = None
    uses_credit: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """The balance right after the movement; `is_repeat` tells that it was booked before and nothing moved now."""

    balance_micros: int
    is_repeat: bool = False


class NotBooked(StrEnum):
    """Why nothing moved."""

    NOT_ENOUGH = "not_enough"
    TOO_MUCH = "too_much"
    REFERENCE_TAKEN = "reference_taken"  # by another amount or another card


def find_booked(session: Session, movement: Movement) -> Booked | NotBooked | None:
    """What an earlier act with this reference did; None if there was none."""
    entry = session.scalars(
        select(LedgerEntry).where(LedgerEntry.kind == movement.kind, LedgerEntry.reference == movement.reference)
    ).one_or_none()
    if entry is None:
        return None
    if (entry.source_wallet_id, entry.destination_wallet_id, entry.amount_micros) != _sides(movement):
        return NotBooked.REFERENCE_TAKEN
    return Booked(balance_after(session, movement.wallet_id, entry.id), is_repeat=True)


def book_movement(session: Session, movement: Movement, now: datetime) -> Booked | NotBooked:
    """Move the money. The wallet goes first and stays locked, so that its ledger rows stand in the order of its
    balances; where the reference turns out to be taken, both are undone.
    """
    earlier = find_booked(session, movement)
    if earlier is not None:
        return earlier
    with session.begin_nested() as attempt:
        moved = _move(session, movement)
        if moved is None:
            return NotBooked.TOO_MUCH if movement.amount_micros > 0 else NotBooked.NOT_ENOUGH
        balance_micros, series_id = moved
        if _write(session, movement, series_id, now):
            return Booked(balance_micros)
        attempt.rollback()
    earlier = find_booked(session, movement)
    assert earlier is not None, movement.reference  # noqa: S101 (the row that was in the way is committed)
    return earlier


def _move(session: Session, movement: Movement) -> Row[int, int] | None:
    """The balance, and the series of the card whose wallet it is."""
    amount_micros = movement.amount_micros
    if amount_micros > 0:
        has_room = Wallet.balance_micros <= BALANCE_MICROS_MAX - amount_micros
    else:
        credit = Wallet.credit_limit_micros if movement.uses_credit else 0
        has_room = Wallet.balance_micros - Wallet.held_micros + credit >= -amount_micros
    series_id = select(Card.series_id).where(Card.wallet_id == movement.wallet_id).scalar_subquery()
    moved = (
        update(Wallet)
        .where(Wallet.id == movement.wallet_id, has_room)
        .values(balance_micros=Wallet.balance_micros + amount_micros)
        .returning(Wallet.balance_micros, func.coalesce(series_id, NO_CARD))
    )
    return session.execute(moved).one_or_none()


def _write(session: Session, movement: Movement, series_id: int, now: datetime) -> bool:
    source, destination, amount_micros = _sides(movement)
    return insert_or_skip(
        session,
        LedgerEntry,
        source_wallet_id=source,
        destination_wallet_id=destination,
        amount_micros=amount_micros,
        kind=movement.kind,
        reference=movement.reference,
        created_at=now,
        actor=movement.actor,
        reason=movement.reason,
        series_id=series_id,
    )


def _sides(movement: Movement) -> tuple[int, int, int]:
    if movement.amount_micros > 0:
        return movement.house_wallet_id, movement.wallet_id, movement.amount_micros
    return movement.wallet_id, movement.house_wallet_id, -movement.amount_micros
