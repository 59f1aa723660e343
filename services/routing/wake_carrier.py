"""End a carrier's rest: an operator knows that it answers again, and calls are offered to it at once."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Account, AccountLoad
from services.audit.audit import Act, Actor, note
from services.store.fields import FieldsRefused


def wake_carrier(session: Session, account_id: int, actor: Actor, now: datetime) -> str:
    """Its endpoint. The failures in a row are forgotten with the rest."""
    query = select(AccountLoad).where(AccountLoad.account_id == account_id).with_for_update()
    load = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    endpoint = session.scalars(select(Account.endpoint).where(Account.id == account_id)).one() or ""
    if load is None or (load.rested_until is None and not load.failures_in_row):
        raise FieldsRefused({"": f"The carrier {endpoint} does not rest: there is nothing to end."})
    before = {
        "failures_in_row": load.failures_in_row,
        "rested_until": load.rested_until.isoformat() if load.rested_until else None,
    }
    rested = {"failures_in_row": 0, "rested_until": None}
    session.execute(update(AccountLoad).where(AccountLoad.account_id == account_id).values(rested))
    note(session, actor, Act("carrier.woken", "account", str(account_id), before, rested), now)
    return endpoint
