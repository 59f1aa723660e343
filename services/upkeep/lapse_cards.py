"""Lapse what is left on a card when its grace is over: one ledger entry takes the whole balance (features.md 3.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from billing.expiry import last_day
from models import Card, CardSeries, LedgerEntry, LedgerKind, Wallet, WalletKind
from services.audit.audit import Actor
from services.cards.card_lock import in_chunks, lock_cards
from services.money.house_wallets import house_wallets
from services.upkeep.expire_cards import expire_cards
from services.upkeep.job_step import JobStep, nothing


@dataclass(frozen=True, slots=True)
class LapsingCard:
    """A card whose grace is over, and all that is left on it."""

    card_id: int
    series_id: int
    series_number: int
    grace_ends_at: datetime
    wallet_id: int
    currency: str
    balance_micros: int


def lapse_cards(session: Session, card_ids: Sequence[int], actor: Actor, now: datetime, zone: tzinfo) -> JobStep:
    """Each of these whose grace is over gives its whole balance to the house, never while a call is up.

    It is expired first, with the fees that it owes, so that the order of the jobs does not change the ledger.
    """
    step = nothing()
    for chunk in in_chunks(card_ids):
        expire_cards(session, chunk, actor, now)
        lock_cards(session, chunk)
        cards = _lapsing(session, chunk, now, locked=True)
        _take_all(session, cards)
        _write(session, cards, actor, now, zone)
        step += _sum(cards)
    return step


def lapse_reference(card: LapsingCard, zone: tzinfo) -> str:
    """The card and the last day of its grace: a card that is revived may lapse again, on another day."""
    return f"card:{card.card_id}:lapse:{last_day(card.grace_ends_at, zone).isoformat()}"


def cards_lapsing(session: Session, now: datetime, *, after_card_id: int = 0, limit: int) -> list[int]:
    query = select(Card.id).join(Wallet, Wallet.id == Card.wallet_id).where(_is_lapsing(now), Card.id > after_card_id)
    return list(session.scalars(query.order_by(Card.id).limit(limit)))


def count_cards_lapsing(session: Session, now: datetime) -> int:
    query = select(func.count(Card.id)).join(Wallet, Wallet.id == Card.wallet_id).where(_is_lapsing(now))
    return session.scalars(query).one()


def lapse_forecast(session: Session, card_ids: Sequence[int], now: datetime) -> JobStep:
    """What the job would take from these cards, before the fees that they may owe; nothing is written."""
    return _sum(_lapsing(session, card_ids, now, locked=False))


def _is_lapsing(now: datetime) -> ColumnElement[bool]:
    """Over Card and Wallet: the grace is over, something is left, no call is up, and nothing lapsed since: what an
    operator gave a card after that stays until it gets a new date.
    """
    return (Card.grace_ends_at <= now) & (Wallet.balance_micros > 0) & (Wallet.open_holds == 0) & ~_lapsed()


def _lapsed() -> ColumnElement[bool]:
    return (
        select(LedgerEntry.id)
        .where(
            LedgerEntry.source_wallet_id == Card.wallet_id,
            LedgerEntry.kind == LedgerKind.LAPSE,
            LedgerEntry.created_at >= Card.grace_ends_at,
        )
        .exists()
    )


def _lapsing(session: Session, card_ids: Sequence[int], now: datetime, *, locked: bool) -> list[LapsingCard]:
    columns: tuple[Any, ...] = (
        Card.id,
        Card.series_id,
        CardSeries.number,
        Card.grace_ends_at,
        Wallet.id,
        Wallet.currency,
        Wallet.balance_micros,
    )
    query = select(*columns).join(Wallet, Wallet.id == Card.wallet_id).join(CardSeries, CardSeries.id == Card.series_id)
    query = query.where(_is_lapsing(now), Card.id.in_(card_ids)).order_by(Card.id)
    if locked:
        query = query.with_for_update(of=Wallet, key_share=True)
    return [LapsingCard(*row) for row in session.execute(query)]


def _take_all(session: Session, cards: list[LapsingCard]) -> None:
    takings = [{"of_wallet": card.wallet_id, "all_of_it": card.balance_micros} for card in cards]
    if not takings:
        return
    took = (
        update(Wallet)
        .where(
            Wallet.id == bindparam("of_wallet"),
            Wallet.balance_micros == bindparam("all_of_it"),
            Wallet.open_holds == 0,
        )
        .values(balance_micros=0)
    )
    assert session.connection().execute(took, takings).rowcount == len(takings)  # noqa: S101 (they are locked)


def _write(session: Session, cards: list[LapsingCard], actor: Actor, now: datetime, zone: tzinfo) -> None:
    house = house_wallets(session) if cards else {}
    entries: list[dict[str, Any]] = [
        {
            "source_wallet_id": card.wallet_id,
            "destination_wallet_id": house[WalletKind.EXPIRED_VALUE.value, card.currency],
            "amount_micros": card.balance_micros,
            "kind": LedgerKind.LAPSE,
            "reference": lapse_reference(card, zone),
            "created_at": now,
            "actor": str(actor),
            "series_id": card.series_id,
        }
        for card in cards
    ]
    if entries:
        session.connection().execute(insert(LedgerEntry), entries)


def _sum(cards: list[LapsingCard]) -> JobStep:
    return sum((JobStep.of(card.series_number, card.currency, card.balance_micros) for card in cards), nothing())
