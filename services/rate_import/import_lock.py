"""What the steps of an import have in common: import and table, locked, and time enough for large statements."""

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models import ImportState, RateImport, RateTable
from services.rate_import.refusals import ImportRefused
from services.rates.save_rate_table import usable_table
from services.rates.table_switch import switching_import

STATEMENT_SECONDS_MAX = 300  # calls only read rates, and on PostgreSQL readers wait for no writer
NEXT = {
    ImportState.STAGING: "it was not staged to its end: import the file again",
    ImportState.STAGED: "it is not applied yet",
    ImportState.APPLYING: "it is being applied: go on with it, or undo it",
    ImportState.TAKING_BACK: "it is being taken back: go on with that",
    ImportState.UNDOING: "it is being undone: go on with that",
    ImportState.APPLIED: "it is applied already",
    ImportState.UNDONE: "it is undone: import the file again",
}


def locked_import(session: Session, import_id: int, states: frozenset[ImportState]) -> tuple[RateImport, RateTable]:
    """The table's row is locked until the end of the transaction: two changes of one table come one after the other."""
    query = select(RateImport).where(RateImport.id == import_id).execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update()).one_or_none()
    if found is None:
        raise ImportRefused(f"There is no import {import_id}: look at the list of imports.")
    if found.state not in states:
        raise ImportRefused(f"The import {import_id} cannot be taken: {NEXT[found.state]}.")
    table = usable_table(session, found.rate_table_id)
    other = switching_import(session, table.id)
    if other not in {None, import_id}:
        raise ImportRefused(f"The import {other} of the rate table {table.name} is at work: wait until it is done.")
    allow_large_statements(session)
    return found, table


def allow_large_statements(session: Session) -> None:
    """For this transaction; SQLite knows no such limit."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS_MAX}s'"))
