"""Calls of an account without a card, charged to its client's wallet by the settlement itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from factories import BRITAIN, World, answered
from sqlalchemy import select, update

from models import Account, Client, Hold, Wallet

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def client_wallet(session: Session, account_id: int) -> Wallet:
    query = select(Wallet).join(Client, Client.wallet_id == Wallet.id).join(Account, Account.client_id == Client.id)
    return session.scalars(query.where(Account.id == account_id).execution_options(populate_existing=True)).one()


def account_call_up(world: World, account_id: int, call_id: str, destination: str = BRITAIN) -> None:
    """A call that is up: authorised as a card's, then handed to the account with its hold."""
    session = world.session
    world.call(call_id, destination)
    hold = session.execute(select(Hold.wallet_id, Hold.amount_micros).where(Hold.call_id == call_id)).one()
    wallet_id = client_wallet(session, account_id).id
    for moved, sign in ((hold.wallet_id, -1), (wallet_id, 1)):
        held = {"held_micros": Wallet.held_micros + sign * hold.amount_micros, "open_holds": Wallet.open_holds + sign}
        session.execute(update(Wallet).where(Wallet.id == moved).values(held))
    handed = {"wallet_id": wallet_id, "card_id": None, "account_id": account_id}
    session.execute(update(Hold).where(Hold.call_id == call_id).values(handed))


def account_called(world: World, account_id: int, call_id: str, seconds: int = 60, destination: str = BRITAIN) -> int:
    """A call that is over, and what it cost."""
    account_call_up(world, account_id, call_id, destination)
    return world.settle(answered(call_id, seconds)).cost_micros
