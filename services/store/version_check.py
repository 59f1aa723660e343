"""Two operators cannot overwrite each other unseen (JC-59): who saves names the version that was on the screen."""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, CardGroup, CardSeries, Client, Gateway, RateTable, Reseller, RoutingPlan, TaxProfile

Versioned = TypeVar(
    "Versioned", Account, CardGroup, CardSeries, Client, Gateway, RateTable, Reseller, RoutingPlan, TaxProfile
)


class ChangedMeanwhile(ValueError):
    """Another operator saved first; the sentence says what to do."""


class NotThere(ValueError):
    """There is no such row."""


def existing(session: Session, table: type[Versioned], row_id: int, *, locked: bool = False) -> Versioned:
    """The row as the database has it now; a preview does not lock it."""
    query = select(table).where(table.id == row_id)
    if locked:
        query = query.with_for_update(key_share=True)
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotThere("It is not there (any more): look at the list again.")
    return row


def checked_version(session: Session, table: type[Versioned], row_id: int, version: int | None) -> Versioned:
    """The row, locked until the end of the transaction. None: whoever asks has read it in this transaction."""
    row = existing(session, table, row_id, locked=True)
    if version is not None and row.version != version:
        raise ChangedMeanwhile(
            f"Another operator saved it meanwhile (version {row.version}, you changed version {version}): "
            "look at what it is now, and save again."
        )
    return row
