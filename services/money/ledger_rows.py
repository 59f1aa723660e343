"""Movements of money as the rows of a list in the console: of all wallets, of a card, of the cards of a series."""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from billing.card_number import SERIAL_DIGITS
from models import Card, Client, LedgerEntry, Wallet, WalletKind
from services.money.file_entries import UNFILED, are_entries_filed

SIDES = LedgerEntry.source_wallet_id, LedgerEntry.destination_wallet_id
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


def parts_of_series(session: Session, series_id: int) -> list[ColumnElement[bool]]:
    """Which entries are a series', in parts that have none in common, each with an index: those that a card of it gave,
    or got from the house; those that one got from a card of another series; those that no worker has filed yet, each
    looked at by its cards. A part that no entry of all falls into is left out.
    """
    filed = and_(LedgerEntry.series_id == series_id, LedgerEntry.series_id > literal_column("0"))
    got_from_others = LedgerEntry.other_series_id == series_id
    parts: list[ColumnElement[bool]] = [filed]
    if session.scalars(select(LedgerEntry.id).where(got_from_others).limit(1)).first() is not None:
        parts.append(got_from_others)
    if not are_entries_filed(session):
        mine = select(Card.id).where(Card.series_id == series_id, Card.wallet_id.in_(SIDES))
        parts.append(and_(UNFILED, mine.correlate(LedgerEntry).exists()))
    return parts


def _name(card: type[Card], client: type[Client]) -> ColumnElement[str]:
    """A card's number as it is printed, with the dash before its nine digits (JC-47)."""
    digits = func.length(card.number) - SERIAL_DIGITS
    dashed = (
        func.substr(card.number, 1, digits, type_=String)
        .concat("-")
        .concat(func.substr(card.number, digits + 1, type_=String))
    )
    return func.coalesce(dashed, client.name)
