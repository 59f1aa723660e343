"""Movements of money as the rows of a list in the console: of all wallets, of a card, of the cards of a series."""

from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import aliased

from models import Card, Client, LedgerEntry, Wallet, WalletKind

STORED = (WalletKind.CARD, WalletKind.CLIENT)
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


def of_series(rows: Rows, series_id: int) -> Rows:
    wallets = select(Card.wallet_id).where(Card.series_id == series_id)
    return rows.where(or_(LedgerEntry.source_wallet_id.in_(wallets), LedgerEntry.destination_wallet_id.in_(wallets)))


def _name(card: type[Card], client: type[Client]) -> ColumnElement[str]:
    return func.coalesce(card.number, client.name)
