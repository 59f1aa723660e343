"""Locks that let acts on clients and accounts come one after the other."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Client, RateTable

IDENTITIES = 4_505_011  # one lock of PostgreSQL for the whole database; the number only has to be this one


def lock_identities(session: Session) -> None:
    """Until the end of the transaction no one else gives an account an identity: which of two that collide was first
    must be plain. Call it before anything else; SQLite lets only one write anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(IDENTITIES)))


def lock_client(session: Session, client_id: int) -> Client | None:
    """What its accounts take from it stays while one of them is saved."""
    query = select(Client).where(Client.id == client_id).with_for_update(key_share=True)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def hold_tables(session: Session, table_ids: Iterable[int | None]) -> None:
    """None of these rate tables is deleted before the one who chooses it is saved."""
    wanted = sorted({table_id for table_id in table_ids if table_id is not None})
    if wanted:
        query = select(RateTable.id).where(RateTable.id.in_(wanted)).order_by(RateTable.id)
        session.execute(query.with_for_update(read=True)).all()
