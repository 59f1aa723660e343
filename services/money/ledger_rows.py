"""Movements of money as the rows of a list in the console: of all wallets, of a card, of the cards of a series."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, String, case, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from billing.card_number import SERIAL_DIGITS
from models import Card, Client, LedgerEntry, Wallet, WalletKind
from services.store.keyset import COUNTED_MAX
from services.store.list_rows import row_count

SIDES = LedgerEntry.source_wallet_id, LedgerEntry.destination_wallet_id
LISTED_MAX = 30_000  # ids in one statement
WALLETS_LISTED_MAX = 1_000  # of a series: looked up at once, whatever the ledger holds
SAMPLE = 500  # entries, each looked at by its card: some milliseconds
STORED = (WalletKind.CARD, WalletKind.CLIENT)
Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class FoundInSeries:
    """Ids by the wallets of a series; where they are not all, each entry is looked at by its card (`of_series`).
    `count` goes up to COUNTED_MAX and one more; None: nobody has counted.
    """

    ids: list[int] = field(default_factory=list)
    is_whole: bool = False
    count: int | None = None


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
    """Each looked at by its card: where those of the series are met soon."""
    mine = select(Card.id).where(Card.series_id == series_id, Card.wallet_id.in_(SIDES))
    return rows.where(mine.correlate(LedgerEntry).exists())


def find_in_series(
    session: Session, entries: Rows, series_id: int, quantity: int, *, is_filtered: bool
) -> FoundInSeries:
    """Entries that fit, of a series of so many cards. Where filters leave some that are met soon, none is looked up."""
    is_soon = quantity > WALLETS_LISTED_MAX and meets_soon(session, entries, series_id)
    if is_soon and is_filtered:
        return FoundInSeries()
    most = COUNTED_MAX if is_soon else max(LISTED_MAX, COUNTED_MAX)
    ids = entries_of_series(session, series_id, entries, most + 1)
    return FoundInSeries(ids[:most], is_whole=len(ids) <= most, count=min(len(ids), COUNTED_MAX + 1))


def meets_soon(session: Session, entries: Rows, series_id: int) -> bool:
    """Whether the entries that fit filters, of whatever series, are few, or a tenth of the newest and of the oldest are
    of this one.
    """
    if row_count(session, entries, COUNTED_MAX) <= COUNTED_MAX:
        return True
    place = LedgerEntry.created_at, LedgerEntry.id
    ends = [column.desc() for column in place], [column.asc() for column in place]
    samples = (entries.order_by(*end).limit(SAMPLE).subquery() for end in ends)
    mine = (select(LedgerEntry.id).join(sample, sample.c.id == LedgerEntry.id) for sample in samples)
    found = (of_series(sample, series_id) for sample in mine)
    return all(row_count(session, some, SAMPLE) >= SAMPLE // 10 for some in found)


def entries_of_series(session: Session, series_id: int, entries: Rows, most: int) -> list[int]:
    """Ids, at most so many, of the entries that fit: looked up wallet by wallet, which few entries among millions need.
    A series of half a million cards takes a second; to walk through five million entries took 50.
    """
    found: set[int] = set()
    for side in SIDES:
        found |= {*session.scalars(_of_side(session, entries, side, series_id).limit(most))}
        if len(found) >= most:
            break
    return list(found)[:most]


def _of_side(session: Session, entries: Rows, side: Any, series_id: int) -> Rows:  # noqa: ANN401 (a column)
    """PostgreSQL is kept from joining all entries at once: nearly all of them go to the same wallets of the house."""
    mine, entries = Card.series_id == series_id, entries.where(side == Card.wallet_id)
    if session.get_bind().dialect.name != "postgresql":
        return entries.where(mine)
    each = entries.correlate(Card).offset(0).lateral()
    return select(each.c.id).select_from(Card).join(each, true()).where(mine)


def _name(card: type[Card], client: type[Client]) -> ColumnElement[str]:
    """A card's number as it is printed, with the dash before its nine digits (JC-47)."""
    digits = func.length(card.number) - SERIAL_DIGITS
    dashed = (
        func.substr(card.number, 1, digits, type_=String)
        .concat("-")
        .concat(func.substr(card.number, digits + 1, type_=String))
    )
    return func.coalesce(dashed, client.name)
