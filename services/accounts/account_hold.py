"""The money and a line for one call of an account: counted and set aside in the transaction of its hold (JA-42)."""

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from billing.refusals import Refusal
from models import AccountLoad, Wallet
from services.accounts.account_facts import AccountFacts, get_account
from services.store.run import run
from services.store.upsert import insert_or_skip

NO_LIMIT = 2**31 - 1  # more calls at once than any column counts
# Judged by one statement each: the row lock makes them exact however many calls come at once.
TAKE_LINE = (
    update(AccountLoad)
    .where(
        AccountLoad.account_id == bindparam("account"),
        AccountLoad.originating < bindparam("capacity"),
    )
    .values(originating=AccountLoad.originating + 1)
    .returning(AccountLoad.account_id)
)
FREE_LINE = (
    update(AccountLoad)
    .where(AccountLoad.account_id == bindparam("account"))
    .values(originating=AccountLoad.originating - 1)
)
SET_ASIDE = (
    update(Wallet)
    .where(
        Wallet.id == bindparam("wallet"),
        Wallet.balance_micros - Wallet.held_micros + Wallet.credit_limit_micros >= bindparam("amount_micros"),
    )
    .values(held_micros=Wallet.held_micros + bindparam("amount_micros"), open_holds=Wallet.open_holds + 1)
    .returning(Wallet.id)
)


def hold_for_account(session: Session, account: AccountFacts, amount_micros: int) -> Refusal | None:
    """None: money and line are the call's. Otherwise nothing has changed.

    Money first: a call that finds none locks nothing, and others need not wait for its end.
    """
    wanted = {"wallet": account.wallet_id, "amount_micros": amount_micros}
    if run(session, SET_ASIDE, wanted).one_or_none() is None:
        return Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    if not _take_line(session, account):
        _free_money(session, account, amount_micros)
        return Refusal.ALL_LINES_BUSY
    # Once more, now that the wallet is locked: the account may have been switched off since it was identified.
    if get_account(session, account.account_id).is_enabled:
        return None
    free_line(session, account.account_id)
    _free_money(session, account, amount_micros)
    return Refusal.NOT_ALLOWED


def free_line(session: Session, account_id: int) -> None:
    """The call is over, or was never made."""
    run(session, FREE_LINE, {"account": account_id})


def _take_line(session: Session, account: AccountFacts) -> bool:
    """The row is made with the first call that needs it."""
    capacity = NO_LIMIT if account.capacity is None else account.capacity
    wanted = {"account": account.account_id, "capacity": capacity}
    if run(session, TAKE_LINE, wanted).one_or_none() is not None:
        return True
    insert_or_skip(session, AccountLoad, account_id=account.account_id)
    return run(session, TAKE_LINE, wanted).one_or_none() is not None


def _free_money(session: Session, account: AccountFacts, amount_micros: int) -> None:
    freed = {"held_micros": Wallet.held_micros - amount_micros, "open_holds": Wallet.open_holds - 1}
    session.execute(update(Wallet).where(Wallet.id == account.wallet_id).values(freed))
