"""The statement of a card or a client: every movement with its sign and the balance after it, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from models import Card, LedgerEntry, LedgerKind
from services.cards.card_facts import CardFacts
from services.money.wallet_balance import NEWEST, balance_after, is_side

LINES_SHOWN_MAX = 500


@dataclass(frozen=True, slots=True)
class StatementLine:
    """`amount_micros` is what the card gained, below 0 what it gave; `other_card` the number of the card to which it
    went or from which it came. `actor` and `reason` are for operators.
    """

    entry_id: int
    at: datetime
    kind: LedgerKind
    amount_micros: int
    balance_micros: int
    call_id: str | None
    other_card: str | None
    reference: str
    actor: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """The lines in the order of time, between two balances. `older_before` is the cursor of the page before this one,
    None on the first page of all, whose `opening_micros` is the card's opening value.
    """

    opening_micros: int
    lines: tuple[StatementLine, ...]
    closing_micros: int
    older_before: int | None


def card_statement(session: Session, card: CardFacts, *, before: int = NEWEST, newest: int = 50) -> Statement:
    """The newest movements, or the newest of those `before` a cursor."""
    return wallet_statement(session, card.wallet_id, before=before, newest=newest)


def wallet_statement(session: Session, wallet_id: int, *, before: int = NEWEST, newest: int = 50) -> Statement:
    """The same of any wallet that keeps its balance."""
    shown = min(newest, LINES_SHOWN_MAX)
    rows = _rows(session, wallet_id, before, shown + 1)
    has_older, rows = len(rows) > shown, rows[:shown]
    closing_micros = balance_after(session, wallet_id, before - 1)
    balance_micros = closing_micros
    lines: list[StatementLine] = []
    for entry, other_card in rows:
        gained_micros = entry.amount_micros if entry.destination_wallet_id == wallet_id else -entry.amount_micros
        lines.append(_line(entry, other_card, gained_micros, balance_micros))
        balance_micros -= gained_micros
    older_before = rows[-1][0].id if has_older else None
    return Statement(balance_micros, tuple(reversed(lines)), closing_micros, older_before)


def _rows(session: Session, wallet_id: int, before: int, limit: int) -> list[tuple[LedgerEntry, str | None]]:
    """The newest first, each with the number of the card on its other side, if it is one."""
    other = aliased(Card)
    on_other_side = other.wallet_id.in_((LedgerEntry.source_wallet_id, LedgerEntry.destination_wallet_id)) & (
        other.wallet_id != wallet_id
    )
    query = (
        select(LedgerEntry, other.number)
        .outerjoin(other, on_other_side)
        .where(is_side(wallet_id), LedgerEntry.id < before)
        .order_by(LedgerEntry.id.desc())
        .limit(limit)
    )
    return [(entry, number) for entry, number in session.execute(query)]


def _line(entry: LedgerEntry, other_card: str | None, gained_micros: int, balance_micros: int) -> StatementLine:
    facts: dict[str, Any] = {"call_id": entry.call_id, "reference": entry.reference, "reason": entry.reason}
    return StatementLine(
        entry_id=entry.id,
        at=entry.created_at,
        kind=entry.kind,
        amount_micros=gained_micros,
        balance_micros=balance_micros,
        other_card=other_card,
        actor=entry.actor,
        **facts,
    )
