"""Note whether carriers answer Asterisk's own questions, and since when."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from models import Account, CarrierState
from services.store.upsert import insert_or_skip


def note_reach(session: Session, states: Iterable[tuple[str, str, str]], now: datetime) -> None:
    """`states` are endpoint, reach and registration. Since when counts from the first look that found this word."""
    ids = {endpoint: account_id for account_id, endpoint in session.execute(select(Account.id, Account.endpoint))}
    for endpoint, reach, registration in sorted(states, key=lambda state: ids.get(state[0], 0)):
        if endpoint not in ids:
            continue  # deleted since Asterisk was made to know it
        insert_or_skip(session, CarrierState, account_id=ids[endpoint])
        since = case((CarrierState.reach == reach, CarrierState.reach_since), else_=now)
        values = {"reach": reach, "registration": registration, "reach_at": now, "reach_since": since}
        session.execute(update(CarrierState).where(CarrierState.account_id == ids[endpoint]).values(values))
