"""The rows of a table's next generation: written, or taken back, where nobody sees them, and made the live ones."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from models import RATE_TERMS, ChangeAct, Rate, RateChange, RateTable
from services.rate_import.import_chunks import CHANGE, Chunk, changes_of

KEY: Final = ("prefix", "valid_from", "days", "from_minute", "until_minute")
QUIET: Final = {"synchronize_session": False}


def prepare_changes(session: Session, import_id: int, table: RateTable, chunk: Chunk) -> None:
    """What ends or goes is seen until then; what begins, and what has another end, is seen from then on."""
    gone = select(CHANGE.rate_id).where(*changes_of(import_id, chunk, ChangeAct.END, ChangeAct.REMOVE))
    _mark(session, gone, table)
    terms = [CHANGE[name] for name in RATE_TERMS]
    coming = select(*terms).where(*changes_of(import_id, chunk, ChangeAct.BEGIN, ChangeAct.END))
    _insert(session, coming, [*RATE_TERMS], table)


def prepare_undoing(session: Session, import_id: int, table: RateTable, chunk: Chunk) -> None:
    """The rows of before, with their numbers where no other row has got them."""
    live = _of_key(table.id, Rate.live_until.is_(None))
    _mark(session, select(live).where(*changes_of(import_id, chunk, ChangeAct.BEGIN, ChangeAct.END)), table)
    other = aliased(Rate)
    free = case((exists().where(other.id == CHANGE.rate_id), _new_id(session)), else_=CHANGE.rate_id)
    terms = [CHANGE.valid_until_before if name == "valid_until" else CHANGE[name] for name in RATE_TERMS]
    coming = select(*terms, free).where(*changes_of(import_id, chunk, ChangeAct.END, ChangeAct.REMOVE))
    _insert(session, coming, [*RATE_TERMS, "id"], table)


def take_back(session: Session, import_id: int, table: RateTable, chunk: Chunk) -> None:
    """What was prepared for these changes goes, so that the keys are free for what was to go."""
    coming = select(_of_key(table.id, Rate.live_from == table.generation + 1)).where(*changes_of(import_id, chunk))
    session.execute(delete(Rate).where(Rate.id.in_(coming)).execution_options(**QUIET))
    gone = select(_of_key(table.id, Rate.live_until == table.generation + 1)).where(*changes_of(import_id, chunk))
    stays = update(Rate).where(Rate.id.in_(gone)).values(live_until=None)
    session.execute(stays.execution_options(**QUIET))


def make_live(session: Session, table: RateTable) -> None:
    """The moment at which the whole list changes, for every reader."""
    session.execute(update(RateTable).where(RateTable.id == table.id).values(generation=RateTable.generation + 1))


def of_change(what: Any, table_id: int, *which: ColumnElement[bool]) -> Any:  # noqa: ANN401 (a figure, or an id, of a row of RateChange)
    """Asked for change by change, by the index of rates. As a join, PostgreSQL without statistics of a table that was
    filled just now reads all its rates for every change.
    """
    asked = select(what).where(Rate.rate_table_id == table_id, *which)
    return asked.correlate(RateChange).scalar_subquery()


def same(names: tuple[str, ...]) -> list[ColumnElement[bool]]:
    return [getattr(Rate, name) == CHANGE[name] for name in names]


def _of_key(table_id: int, which: ColumnElement[bool]) -> Any:  # noqa: ANN401 (the id of a rate, or nothing)
    """At most one: of a key one rate is live, and in a change of generations one goes and one comes."""
    return of_change(Rate.id, table_id, *same(KEY), which)


def _new_id(session: Session) -> Any:  # noqa: ANN401 (an expression)
    if session.get_bind().dialect.name == "sqlite":
        return null()
    return func.nextval(func.pg_get_serial_sequence("rate", "id"))


def _mark(session: Session, ids: Select[Any], table: RateTable) -> None:
    marked = update(Rate).where(Rate.id.in_(ids)).values(live_until=table.generation + 1)
    session.execute(marked.execution_options(**QUIET))


def _insert(session: Session, coming: Select[Any], names: list[str], table: RateTable) -> None:
    of_table = coming.add_columns(literal(table.id, BigInteger), literal(table.generation + 1, BigInteger))
    names = [*names, "rate_table_id", "live_from"]
    session.execute(insert(Rate).from_select(names, of_table.order_by(CHANGE.position), include_defaults=False))
