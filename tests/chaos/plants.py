"""Bugs as other systems have them, each put into our own code while a test looks whether it is caught."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text, update

from models import Wallet
from services.calls import authorise_call, settle_call
from services.guard import guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from services.calls.quote_call import Quote

CLOSE_HOLD = settle_call._close_hold


def split_settle() -> None:
    """The settlement in two transactions: a kill between them leaves a closed hold without its charge."""

    def close_hold_and_commit(session: Session, *rest: Any) -> Any:  # noqa: ANN401 (as the original)
        held = CLOSE_HOLD(session, *rest)
        session.commit()
        return held

    settle_call._close_hold = close_hold_and_commit


def check_then_update(session: Session, quote: Quote, meet: Callable[[], object] = lambda: None) -> bool:
    """A2Billing's way: look whether the money is there, then take it by a relative update. Whoever calls at the same
    instant looks before anybody takes: `meet` waits for them, so that the fault shows whatever the machine's load is.
    """
    available = select(Wallet.balance_micros - Wallet.held_micros, Wallet.open_holds).where(
        Wallet.id == quote.card.wallet_id
    )
    micros, open_holds = session.execute(available).one()
    if micros < quote.amount_micros or open_holds >= quote.card.calls_max:
        return False
    meet()
    taken = {"held_micros": Wallet.held_micros + quote.amount_micros, "open_holds": Wallet.open_holds + 1}
    session.execute(update(Wallet).where(Wallet.id == quote.card.wallet_id).values(taken))
    return True


def relative_update() -> None:
    authorise_call._set_aside = check_then_update


def without_unique_key(session: Session) -> None:
    """The ledger without its judge of duplicates."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ALTER TABLE ledger_entry DROP CONSTRAINT uq_ledger_entry_kind_reference"))


def lockout_in_memory() -> dict[tuple[Any, ...], int]:
    """Wrong tries are counted by the process, and forgotten with it."""
    counted: dict[tuple[Any, ...], int] = {}

    def remember(_session: Session, attempt: Any, *_: Any) -> bool:  # noqa: ANN401 (as the original)
        key = (attempt.caller_id, attempt.access_number)
        counted[key] = counted.get(key, 0) + 1
        return True

    guard.record_failure = remember
    return counted
