"""Book the maintenance fee: once for each card and period, however late, however often and by however many at once
(features.md 3.6).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from billing.fees import FeesTaken, MaintenanceTerms, periods_due
from models import Card, CardSeries, LedgerEntry, LedgerKind, Wallet, WalletKind
from services.audit.audit import Actor
from services.cards.card_lock import CARDS_A_CHUNK, in_chunks, lock_cards
from services.cards.use_up_card import is_used_up, use_up_card
from services.money.house_wallets import house_wallets
from services.upkeep.job_step import JobStep, nothing
from services.upkeep.owing_cards import OwingCard, cards_owing, counted_from, owing_cards, starts


def book_due_fees(session: Session, card_ids: Sequence[int], actor: Actor, now: datetime) -> JobStep:
    """Book what these cards owe until now; those that are not charged (3.6) are passed over.

    Block, Stop, and a change of the fee call it before they change anything. Locks the cards, then their wallets.
    """
    step = nothing()
    for chunk in in_chunks(card_ids):
        lock_cards(session, chunk)
        owing = owing_cards(session, chunk, now, locked=True)
        step += _book(session, [(card, card.fees(now)) for card in owing], actor, now)
    return step


def book_due_fees_of_series(session: Session, series_id: int, actor: Actor, now: datetime) -> JobStep:
    """The same for every card of a series that owes something: before it is stopped, or its fee changed."""
    step, last = nothing(), 0
    while card_ids := cards_owing(session, now, after_card_id=last, series_id=series_id, limit=CARDS_A_CHUNK):
        step += book_due_fees(session, card_ids, actor, now)
        last = card_ids[-1]
    return step


def forgive_periods(session: Session, card_ids: Sequence[int], now: datetime) -> None:
    """The periods that ended until now are done without a charge: of a card that is unblocked or revived, of a series
    that is active again or gets a fee for the first time. In the transaction of that act, whatever the card's state.
    """
    for chunk in in_chunks(card_ids):
        lock_cards(session, chunk)
        forgiven = [
            {"of_card": card_id, "were_done": done, "now_done": due}
            for card_id, done, due in _periods(session, chunk, now)
            if due > done
        ]
        _move_periods(session, forgiven)


def forgive_periods_of_series(session: Session, series_id: int, now: datetime) -> None:
    """The same for every card of a series: in the transaction that makes it active again."""
    forgive_periods(session, list(session.scalars(select(Card.id).where(Card.series_id == series_id))), now)


def restart_periods(session: Session, card_ids: Sequence[int], now: datetime) -> None:
    """The clock of these cards starts again: for a change of the hours of a period, or of when the first fee falls due.
    The next fee is due when one new period has passed from now. Book what is owed by the old terms before.
    """
    for chunk in in_chunks(card_ids):
        lock_cards(session, chunk)
        restarted = {"maintenance_since": now, "maintenance_periods_before": Card.maintenance_periods_done}
        in_use = Card.id.in_(chunk) & Card.activated_at.is_not(None)
        session.execute(update(Card).where(in_use).values(restarted))


def fee_reference(card_id: int, period: int) -> str:
    """The ledger's unique key of a maintenance fee: of two jobs at once one books it."""
    return f"card:{card_id}:period:{period}"


def _book(session: Session, taken: Iterable[tuple[OwingCard, FeesTaken]], actor: Actor, now: datetime) -> JobStep:
    moved = [(card, fees) for card, fees in taken if fees.periods_done > card.periods_done]
    _move_periods(
        session,
        [
            {"of_card": card.card_id, "were_done": card.periods_done, "now_done": fees.periods_done}
            for card, fees in moved
        ],
    )
    paid = [(card, fees) for card, fees in moved if fees.fees]
    _take(session, paid)
    _write(session, paid, actor, now)
    for card, fees in moved:
        left_micros = card.available_micros - fees.amount_micros
        if is_used_up(card.card_type, left_micros, card.empty_below_micros, until_empty=True):
            use_up_card(session, card.card_id)
    return sum((JobStep.of(card.series_number, card.currency, fees.amount_micros) for card, fees in paid), nothing())


def _move_periods(session: Session, moves: list[dict[str, int]]) -> None:
    """The cards are locked and were read after that, so that each of these finds its row."""
    if not moves:
        return
    moved = (
        update(Card)
        .where(Card.id == bindparam("of_card"), Card.maintenance_periods_done == bindparam("were_done"))
        .values(maintenance_periods_done=bindparam("now_done"))
    )
    assert session.connection().execute(moved, moves).rowcount == len(moves)  # noqa: S101 (impossible otherwise)


def _take(session: Session, paid: list[tuple[OwingCard, FeesTaken]]) -> None:
    takings = [{"of_wallet": card.wallet_id, "taken": fees.amount_micros} for card, fees in paid]
    if not takings:
        return
    took = (
        update(Wallet)
        .where(Wallet.id == bindparam("of_wallet"), Wallet.balance_micros - Wallet.held_micros >= bindparam("taken"))
        .values(balance_micros=Wallet.balance_micros - bindparam("taken"))
    )
    assert session.connection().execute(took, takings).rowcount == len(takings)  # noqa: S101 (they are locked too)


def _write(session: Session, paid: list[tuple[OwingCard, FeesTaken]], actor: Actor, now: datetime) -> None:
    house = house_wallets(session) if paid else {}
    entries: list[dict[str, Any]] = [
        {
            "source_wallet_id": card.wallet_id,
            "destination_wallet_id": house[WalletKind.FEE_REVENUE.value, card.currency],
            "amount_micros": fee.amount_micros,
            "kind": LedgerKind.MAINTENANCE_FEE,
            "reference": fee_reference(card.card_id, fee.period),
            "created_at": now,
            "actor": str(actor),
            "series_id": card.series_id,
        }
        for card, fees in paid
        for fee in fees.fees
    ]
    if entries:
        session.connection().execute(insert(LedgerEntry), entries)


def _periods(session: Session, card_ids: Sequence[int], now: datetime) -> Iterable[tuple[int, int, int]]:
    """Card, periods done, periods due, of the cards that were ever activated."""
    query = (
        select(
            Card.id,
            Card.maintenance_periods_done,
            CardSeries.maintenance_every_hours,
            starts(),
            Card.maintenance_periods_before,
            counted_from(),
            Card.expires_at,
        )
        .join(CardSeries, CardSeries.id == Card.series_id)
        .where(Card.id.in_(card_ids), Card.activated_at.is_not(None))
    )
    for card_id, done, every_hours, begins, before, since, expires_at in session.execute(query):
        yield card_id, done, before + periods_due(MaintenanceTerms(0, every_hours, begins), since, expires_at, now)
