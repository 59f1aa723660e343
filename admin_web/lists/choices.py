"""What select boxes offer: ids and names of rows of other tables."""

from sqlalchemy import select

from models import Account, CardGroup, Client, Distributor, IvrPlan, RateTable, Reseller, RoutingPlan, TaxProfile
from web_base.database import read_session

CHOICES_MAX = 1_000


Named = CardGroup | Client | IvrPlan | RateTable | Reseller | RoutingPlan | TaxProfile


def _named(table: type[Named]) -> list[tuple[int, str]]:
    """By name; what is deleted can no longer be chosen."""
    query = select(table.id, table.name)
    if table is RateTable:
        query = query.where(~RateTable.is_deleted)
    elif table is Client:
        query = query.where(Client.deleted_at.is_(None))
    rows = read_session().execute(query.order_by(table.name).limit(CHOICES_MAX))
    return [(row_id, name) for row_id, name in rows]


def distributors() -> list[tuple[int, str]]:
    """Those that may get cards."""
    query = select(Distributor.id, Distributor.name).where(Distributor.is_enabled).order_by(Distributor.name)
    return [(row_id, name) for row_id, name in read_session().execute(query.limit(CHOICES_MAX))]


def groups() -> list[tuple[int, str]]:
    return _named(CardGroup)


def rate_tables() -> list[tuple[int, str]]:
    return _named(RateTable)


def resellers() -> list[tuple[int, str]]:
    return _named(Reseller)


def routing_plans() -> list[tuple[int, str]]:
    return _named(RoutingPlan)


def tax_profiles() -> list[tuple[int, str]]:
    return _named(TaxProfile)


def clients() -> list[tuple[int, str]]:
    return _named(Client)


def carrier_endpoints() -> list[str]:
    """The names by which routes know the accounts that take calls."""
    query = select(Account.endpoint).where(Account.terminator_enabled, Account.deleted_at.is_(None))
    return [name for name in read_session().scalars(query.order_by(Account.endpoint).limit(CHOICES_MAX)) if name]


def ivr_plans() -> list[tuple[int, str]]:
    return _named(IvrPlan)


def originators() -> list[tuple[int, str]]:
    """Accounts that send calls, with their clients."""
    query = select(Account.id, Client.name, Account.name).join(Client, Client.id == Account.client_id)
    mine = query.where(Account.originator_enabled, Account.deleted_at.is_(None)).order_by(Client.name, Account.name)
    return [(row_id, f"{client}: {name}") for row_id, client, name in read_session().execute(mine.limit(CHOICES_MAX))]
