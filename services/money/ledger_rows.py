"""Movements of money as the rows of a list in the console: of all wallets, of a card, of the cards of a series."""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from models import Card, Client, LedgerEntry, Wallet, WalletKind

STORED = (WalletKind.CARD, WalletKind.CLIENT)
WALLETS_LISTED_MAX = 1_000
Rows = Select[*tuple[Any, ...]]


def ledger_rows() -> Rows:
    """Both sides by name: a card's number, a client's name, or the kind of a wallet of the house."""
    source, destination = aliased(Wallet), aliased(Wallet)
    giver, taker, payer, payee = aliased(Card), aliased(Card), aliased(Client), aliased(Client)
    from_whom = case((source.kind.in_(STORED), _name(giver, payer)), else_=source.kind)
    to_whom = case((destination.kind.in_(STORED), _name(taker, payee)), else_=destination.kind)
    return (
        select(
            LedgerEntry.id,
            LedgerEntry.created_at,
            LedgerEntry.kind,
            LedgerEntry.amount_micros.label("amount"),
            source.currency,
            from_whom.label("from_whom"),
            to_whom.label("to_whom"),
            LedgerEntry.reference,
            LedgerEntry.actor,
            LedgerEntry.reason,
        )
        .select_from(LedgerEntry)
        # Every entry has both wallets; a count that needs none of their columns leaves an outer join out.
        .outerjoin(source, source.id == LedgerEntry.source_wallet_id)
        .outerjoin(destination, destination.id == LedgerEntry.destination_wallet_id)
        .outerjoin(giver, giver.wallet_id == source.id)
        .outerjoin(taker, taker.wallet_id == destination.id)
        .outerjoin(payer, payer.wallet_id == source.id)
        .outerjoin(payee, payee.wallet_id == destination.id)
    )


def of_card(rows: Rows, wallet_id: int) -> Rows:
    return rows.where(or_(LedgerEntry.source_wallet_id == wallet_id, LedgerEntry.destination_wallet_id == wallet_id))


def of_series(session: Session, rows: Rows, series_id: int, quantity: int) -> Rows:
    """A small series' entries are looked up by its wallets; those of a large one are met soon among the newest of all,
    each looked at by its card.
    """
    mine = select(Card.wallet_id).where(Card.series_id == series_id)
    sides = LedgerEntry.source_wallet_id, LedgerEntry.destination_wallet_id
    if quantity > WALLETS_LISTED_MAX:
        return rows.where(mine.where(Card.wallet_id.in_(sides)).correlate(LedgerEntry).exists())
    # Their ids, not a subquery: nearly all entries go to the house, so that PostgreSQL would join all of them.
    wallets = list(session.scalars(mine))
    return rows.where(or_(*(side.in_(wallets) for side in sides)))


def _name(card: type[Card], client: type[Client]) -> ColumnElement[str]:
    return func.coalesce(card.number, client.name)
