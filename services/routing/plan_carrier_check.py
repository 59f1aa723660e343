"""Whether an account can be a carrier of a routing plan: the sentence that says why not."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Account, Client, RateTable
from services.routing.plan_users import plan_currency
from services.store.fields import FieldsRefused


def checked_carrier(session: Session, plan_id: int, endpoint: str) -> int:
    """The account's id, by the name that routes use."""
    query = (
        select(Account.id, Account.terminator_enabled, RateTable.name, RateTable.currency)
        .join(Client, Client.id == Account.client_id)
        .join(
            RateTable,
            RateTable.id == func.coalesce(Account.terminator_rate_table_id, Client.terminator_rate_table_id),
            isouter=True,
        )
        .where(Account.endpoint == endpoint, Account.deleted_at.is_(None))
    )
    found = session.execute(query).one_or_none()
    problem = _unknown(session, endpoint) if found is None else _problem(session, plan_id, endpoint, *found[1:])
    if found is None or problem is not None:
        raise FieldsRefused({"carrier": problem or ""})
    account_id: int = found.id
    return account_id


def _problem(
    session: Session, plan_id: int, endpoint: str, is_carrier: object, table: str | None, currency: str | None
) -> str | None:
    if not is_carrier:
        return f"The account {endpoint} takes no calls: switch its terminator settings on first."
    if table is None:
        return f"The carrier {endpoint} has no rate table: give it, or its client, one for what it asks."
    wanted = plan_currency(session, plan_id)
    if wanted is not None and currency != wanted:
        return (
            f"The carrier {endpoint} asks by the rate table {table} in {currency}, the plan's calls are paid in "
            f"{wanted}: their prices cannot be compared. Give the carrier a table in {wanted}."
        )
    return None


def _unknown(session: Session, endpoint: str) -> str:
    query = select(Account.endpoint).where(Account.terminator_enabled, Account.deleted_at.is_(None))
    names = [name for name in session.scalars(query.order_by(Account.endpoint).limit(20)) if name]
    return f"There is no carrier {endpoint}. There are: {', '.join(names) or 'none'}."
