"""File entries of the ledger under the series of their cards: those that an older release wrote, which did not.

New entries are filed when they are booked. An entry is filed once and nothing else of it changes: a trigger sees to it.
"""

from typing import Any, Final

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.orm import Session, aliased

from models import Card, LedgerEntry

ENTRIES_A_STEP: Final = 1_000
NO_CARD: Final = 0  # the series of an entry between clients and the house
NEWEST: Final = 2**62
UNFILED: Final = LedgerEntry.series_id.is_(None)


def file_entries(session: Session, before_id: int = NEWEST, most: int = ENTRIES_A_STEP) -> int | None:
    """The newest ones before this id; the oldest id that was filed, None: there was none."""
    some = select(LedgerEntry.id).where(UNFILED, LedgerEntry.id < before_id)
    ids = session.scalars(some.order_by(LedgerEntry.id.desc()).limit(most)).all()
    if ids:
        # Another worker may have filed some of them meanwhile.
        filed = update(LedgerEntry).where(LedgerEntry.id.between(ids[-1], ids[0]), UNFILED).values(_series())
        session.execute(filed, execution_options={"synchronize_session": False})
    return ids[-1] if ids else None


def are_entries_filed(session: Session) -> bool:
    return session.scalars(select(LedgerEntry.id).where(UNFILED).order_by(LedgerEntry.id).limit(1)).first() is None


def _series() -> dict[str, Any]:
    gave, got = (_series_of(side) for side in (LedgerEntry.source_wallet_id, LedgerEntry.destination_wallet_id))
    giver, getter = aliased(Card), aliased(Card)
    other = (
        select(getter.series_id)
        .join(giver, giver.series_id != getter.series_id)
        .where(getter.wallet_id == LedgerEntry.destination_wallet_id, giver.wallet_id == LedgerEntry.source_wallet_id)
        .correlate(LedgerEntry)
        .scalar_subquery()
    )
    return {"series_id": func.coalesce(gave, got, NO_CARD), "other_series_id": other}


def _series_of(wallet_id: Any) -> ScalarSelect[int]:  # noqa: ANN401 (a column)
    card = aliased(Card)
    return select(card.series_id).where(card.wallet_id == wallet_id).correlate(LedgerEntry).scalar_subquery()
