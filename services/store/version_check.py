"""Two operators cannot overwrite each other unseen (JC-59): who saves names the version that was on the screen."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Account,
    CardGroup,
    CardSeries,
    Client,
    Distributor,
    Gateway,
    RateTable,
    Reseller,
    RoutingPlan,
    TaxProfile,
)

Versioned = TypeVar(
    "Versioned",
    Account,
    CardGroup,
    CardSeries,
    Client,
    Distributor,
    Gateway,
    RateTable,
    Reseller,
    RoutingPlan,
    TaxProfile,
)


MARK_BYTES = 6  # a page's form holds it as a number


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
    check_version(row.version, version)
    return row


def check_version(stored: int, seen: int | None) -> None:
    """`stored` is of a row that is locked; `seen` None: whoever asks has read it in this transaction."""
    if seen is not None and stored != seen:
        raise ChangedMeanwhile(
            f"Another operator saved it meanwhile (version {stored}, you changed version {seen}): "
            "look at what it is now, and save again."
        )


def mark_of(values: Mapping[str, Any]) -> int:
    """What two operators compare where a thing has no version of its own: all that it is, as a number."""
    told = json.dumps(values, sort_keys=True, default=str).encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:MARK_BYTES])


def check_mark(seen: int | None, values: Mapping[str, Any], what: str) -> None:
    """`seen` is the mark of what was on the screen; None: whoever asks has read it in this transaction."""
    if seen is not None and seen != mark_of(values):
        raise ChangedMeanwhile(f"Another operator saved {what} meanwhile: look at what it is now, and save again.")
