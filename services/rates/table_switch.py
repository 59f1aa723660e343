"""Whether an import prepares the next generation of a rate table: until it is seen, or taken back, the table is left
as it is, so that what was previewed is what comes.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import ImportState, RateImport, RateTable
from services.store.fields import FieldsRefused

SWITCHING = (ImportState.APPLYING, ImportState.TAKING_BACK, ImportState.UNDOING)


def switching_import(session: Session, table_id: int) -> int | None:
    query = select(RateImport.id).where(RateImport.rate_table_id == table_id, RateImport.state.in_(SWITCHING))
    return session.scalars(query.order_by(RateImport.id).limit(1)).one_or_none()


def refuse_while_switching(session: Session, table: RateTable) -> None:
    """Give it the locked table: no import begins to prepare before the transaction ends."""
    import_id = switching_import(session, table.id)
    if import_id is not None:
        raise FieldsRefused({
            "": f"The import {import_id} of the rate table {table.name} is at work: wait until it is done (look at the "
            "list of imports), or take it back."
        })  # fmt: skip
