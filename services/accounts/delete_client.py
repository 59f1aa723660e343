"""Mark a client deleted: nothing is erased; its calls and its ledger stay."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.money import text_from_micros
from models import Account, Client, Wallet
from services.accounts.save_client import SavedClient, usable_client
from services.audit.audit import Act, Actor, note
from services.routing.deck_revision import touch_deck
from services.store.fields import FieldsRefused


def delete_client(session: Session, client_id: int, version: int | None, actor: Actor, now: datetime) -> SavedClient:
    """Refused while it has accounts, money, or a call that is up: no one would find the money of a deleted client."""
    client = usable_client(session, client_id, version)
    query = select(Account.name).where(Account.client_id == client_id, Account.deleted_at.is_(None))
    account = session.scalars(query.order_by(Account.name)).first()
    if account is not None:
        raise FieldsRefused({"": f"{client.name} has the account {account}: delete its accounts first, or disable it."})
    _check_wallet(session, client)
    mark = update(Client).where(Client.id == client_id)
    mark = mark.values(deleted_at=now, is_enabled=False, version=Client.version + 1)
    version_now = session.scalars(mark.returning(Client.version)).one()
    note(session, actor, Act("client.deleted", "client", str(client_id), {"name": client.name}), now)
    touch_deck(session)
    return SavedClient(client_id, version_now)


def _check_wallet(session: Session, client: Client) -> None:
    wallet = session.scalars(select(Wallet).where(Wallet.id == client.wallet_id).with_for_update(key_share=True)).one()
    if wallet.open_holds:
        raise FieldsRefused({"": f"A call of {client.name} is up: wait until it has ended."})
    if wallet.balance_micros:
        balance = text_from_micros(wallet.balance_micros)
        raise FieldsRefused(
            {"": f"The wallet of {client.name} holds {balance} {wallet.currency}: bring it to 0 first."}
        )
