"""Find an account by what an operator writes: its number, its endpoint, or its name."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import Account, Client
from services.store.version_check import NotThere

NAMED_MAX = 5  # in a sentence


def find_account_id(session: Session, written: str) -> int:
    """A name that several clients use is refused with the endpoints that tell them apart."""
    ways: list[ColumnElement[bool]] = [Account.endpoint == written, Account.name == written]
    if written.isascii() and written.isdigit() and len(written) <= 18:
        ways.insert(0, Account.id == int(written))
    accounts = select(Account.id, Account.endpoint, Client.name.label("client")).join_from(
        Account, Client, Client.id == Account.client_id
    )
    for way in ways:
        found = session.execute(accounts.where(way).order_by(Account.id).limit(NAMED_MAX + 1)).all()
        if len(found) == 1:
            account_id: int = found[0].id
            return account_id
        if found:
            told = ", ".join(f"{row.endpoint} of {row.client}" for row in found[:NAMED_MAX])
            raise NotThere(f"Several accounts are called {written}: name one by its endpoint ({told}).")
    raise NotThere(f"There is no account {written}: callingcard account list shows them with their endpoints.")
