"""Disable or delete an account (JA-12 to JA-14). To delete it gives back all that its calls have cost, in one
transaction: all of it or nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, cast, func, insert, literal, select, text, update
from sqlalchemy.orm import Session

from billing.rights import Right, RightMissing
from billing.states import HoldState
from models import Account, CallRecord, Client, Hold, LedgerEntry, LedgerKind, Wallet
from services.accounts.account_locks import lock_identities
from services.accounts.save_account import SavedAccount, update_account, usable_account
from services.audit.audit import Act, Actor, note
from services.routing.deck_revision import touch_deck
from services.store.fields import FieldsRefused

SECONDS_MAX = 600  # of a database's statement: millions of rows are booked in one
INACTIVE = {"originator_enabled": False, "terminator_enabled": False}


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting the account gives back to its client, or gave: the calls that count no more, and their charges."""

    account_id: int
    account: str
    client: str
    calls: int
    entries: int
    refund_micros: int
    balance_micros: int  # of the client afterwards
    currency: str


@dataclass(frozen=True, slots=True)
class GivenBack:
    """How many calls and charges, and how much of money."""

    calls: int = 0
    entries: int = 0
    refund_micros: int = 0


def disable_account(
    session: Session, account_id: int, version: int | None, actor: Actor, now: datetime
) -> SavedAccount:
    """Both roles off: no traffic in or out, the history stays (JA-14). To be offered before a deletion (JA-13)."""
    return update_account(session, account_id, version, INACTIVE, actor, now)


def preview_deletion(session: Session, account_id: int) -> Deletion:
    """The sums that the dialog shows first (JA-12); nothing is changed."""
    account = session.get_one(Account, account_id)
    client = session.get_one(Client, account.client_id)
    wallet = session.get_one(Wallet, client.wallet_id, populate_existing=True)
    calls = session.scalars(select(func.count()).select_from(CallRecord).where(counting(account_id))).one()
    entries, refund_micros = _sums(session, counting(account_id))
    balance_micros = wallet.balance_micros + refund_micros
    return Deletion(
        account_id, account.name, client.name, calls, entries, refund_micros, balance_micros, wallet.currency
    )


def delete_account(
    session: Session,
    account_id: int,
    version: int | None,
    actor: Actor,
    now: datetime,
    *,
    rights: Collection[Right],
    reason: str | None = None,
    given_back: GivenBack = GivenBack(),
) -> Deletion:
    """Each charge of its calls is booked back by a row of its own, the calls leave the statistics, the account is
    marked. Calls that it carried as a carrier were paid by others, and stay. `given_back` is what a job in steps has
    booked before (deletion_job.py).

    The client's wallet is locked first: its other calls wait for this, and none is settled in between.
    """
    if Right.DELETE not in rights:
        raise RightMissing(Right.DELETE)
    lock_identities(session)
    account = usable_account(session, account_id, version)
    wallet_id = lock_wallet(session, account)
    check_no_call(session, account)
    _take_time(session)
    deletion = preview_deletion(session, account_id)
    give_back(session, wallet_id, counting(account_id), actor, now, reason)
    mark = {"deleted_at": now, "password_sealed": None, "password_key": None, "version": Account.version + 1}
    session.execute(update(Account).where(Account.id == account_id).values(**INACTIVE, **mark))
    after = {name: getattr(deletion, name) + getattr(given_back, name) for name in GivenBack.__slots__}
    note(session, actor, Act("account.deleted", "account", str(account_id), {"name": account.name}, after, reason), now)
    touch_deck(session)
    return deletion


def give_back(
    session: Session, wallet_id: int, which: ColumnElement[bool], actor: Actor, now: datetime, reason: str | None
) -> GivenBack:
    """The charges of these calls, in the transaction of the caller, who has locked the wallet."""
    entries, refund_micros = _sums(session, which)
    _book_back(session, which, actor, now, reason)
    refunded = update(Wallet).where(Wallet.id == wallet_id)
    session.execute(refunded.values(balance_micros=Wallet.balance_micros + refund_micros))
    marked = select(func.count()).select_from(CallRecord).where(which)
    calls = session.scalars(marked).one()
    session.execute(update(CallRecord).where(which).values(reversed_at=now))
    return GivenBack(calls, entries, refund_micros)


def lock_wallet(session: Session, account: Account) -> int:
    query = select(Wallet.id).join(Client, Client.wallet_id == Wallet.id).where(Client.id == account.client_id)
    return session.scalars(query.with_for_update(key_share=True, of=Wallet)).one()


def check_no_call(session: Session, account: Account) -> None:
    is_up = (Hold.account_id == account.id) & (Hold.state == HoldState.OPEN)
    calls = session.scalars(select(func.count()).select_from(Hold).where(is_up)).one()
    if calls:
        raise FieldsRefused(
            {
                "": f"Calls of {account.name} are up ({calls}): disable it, so that no more begin, and delete it when "
                "they have ended."
            }
        )


def _take_time(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SET LOCAL statement_timeout = '{SECONDS_MAX}s'"))


def counting(account_id: int) -> ColumnElement[bool]:
    """Its calls that were not given back before."""
    return (CallRecord.account_id == account_id) & CallRecord.reversed_at.is_(None)


def _charges(which: ColumnElement[bool], *columns: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 (columns)
    """The rows of the ledger by which these calls were charged."""
    charged = select(*columns).join(CallRecord, CallRecord.call_id == LedgerEntry.call_id)
    return charged.where(which, LedgerEntry.kind != LedgerKind.REVERSAL)


def _sums(session: Session, which: ColumnElement[bool]) -> tuple[int, int]:
    amount = func.coalesce(func.sum(LedgerEntry.amount_micros), 0)
    entries, refund_micros = session.execute(_charges(which, func.count(LedgerEntry.id), amount)).one()
    return int(entries), int(refund_micros)


def _book_back(session: Session, which: ColumnElement[bool], actor: Actor, now: datetime, reason: str | None) -> None:
    """One statement in the database, however many calls: no row travels."""
    rows = {
        "source_wallet_id": LedgerEntry.destination_wallet_id,
        "destination_wallet_id": LedgerEntry.source_wallet_id,
        "amount_micros": LedgerEntry.amount_micros,
        "kind": literal(LedgerKind.REVERSAL, LedgerEntry.kind.type),
        "reference": literal("entry:") + cast(LedgerEntry.id, String),
        "call_id": LedgerEntry.call_id,
        "created_at": literal(now, LedgerEntry.created_at.type),
        "actor": literal(str(actor)),
        "reason": literal(reason or "account deleted"),
        "series_id": LedgerEntry.series_id,
    }
    mirrored = _charges(which, *rows.values()).order_by(LedgerEntry.id)
    session.execute(insert(LedgerEntry).from_select(list(rows), mirrored))
