"""Calls go on while a list is applied: by statement or deck, each sees the whole old list or the whole new one."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW
from lists import ACTOR, Desk, desk
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models import RateImport, RateTable
from models.database import make_read_engine
from services.rate_import import import_chunks
from services.rate_import.apply_import import apply_import
from services.rate_import.stage_import import stage_import
from services.rate_import.undo_import import undo_import
from services.routing.deck import EMPTY, DeckSource, load_deck
from services.routing.rate_statement import RATE_STATEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from services.routing.rate_source import RateSource

CODES = [str(code) for code in range(400, 460)]
OLD, NEW = 10_000, 20_000


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven rows a transaction."""
    monkeypatch.setattr(import_chunks.Pace, "_took", lambda _pace, _nanoseconds: None)
    monkeypatch.setattr(import_chunks, "PAUSE_MS", 0)
    monkeypatch.setattr(import_chunks.Pace.__init__, "__defaults__", (7, True))


@pytest.fixture
def table_id(engine: Engine, tmp_path: Path) -> int:
    """Sixty codes at the old price, and an import staged that gives each the new one."""
    with Session(engine, autoflush=False) as session, session.begin():
        carrier = desk(session, tmp_path)
        for code in CODES:
            carrier.has(code, OLD)
    with Session(engine, autoflush=False) as session, session.begin():
        carrier = Desk(session, tmp_path, carrier.table_id)
        prepared = carrier.prepared("Code,Rate\n" + "".join(f"{code},0.02\n" for code in CODES))
    stage_import(writer(engine), prepared.facts, prepared.preview, ACTOR)
    return carrier.table_id


def writer(engine: Engine, between: Callable[[], object] = lambda: None) -> Callable[[Callable[[Session], Any]], Any]:
    """Runs each work in a transaction; `between` is called before its commit and after it."""

    def write(work: Callable[[Session], object]) -> object:
        with Session(engine, autoflush=False) as session:
            with session.begin():
                done = work(session)
                between()
            between()
            return done

    return write


@contextmanager
def asking(url: str, table_id: int) -> Iterator[Callable[[], list[set[int]]]]:
    """What calls pay now: by a statement for each code in turn, and by the deck that is loaded now."""
    reader = make_read_engine(url)

    def prices(session: Session, source: RateSource) -> list[int]:
        found = [source.rates_that_hold(session, [table_id], f"{code}1", NOW, UTC) for code in CODES]
        return [rates[table_id].tariff.price_per_minute_micros for rates in found]

    def ask() -> list[set[int]]:
        with Session(reader) as session, session.begin():
            one_moment = set(prices(session, RATE_STATEMENT))
            deck = load_deck(session, EMPTY, NOW)
            return [one_moment, set(prices(session, DeckSource(deck)))]

    yield ask
    reader.dispose()


@pytest.mark.parametrize("work", [apply_import, undo_import])
def test_before_and_after_each_commit_every_code_is_old_or_every_code_is_new(
    engine: Engine, database_url: str, table_id: int, work: Callable[..., None]
) -> None:
    """SQLite and PostgreSQL: all change by the commit of one transaction, and never back."""
    import_id = import_of(engine)
    before, after = OLD, NEW
    if work is undo_import:
        apply_import(writer(engine), import_id, ACTOR, lambda: NOW)
        before, after = NEW, OLD
    seen: list[list[set[int]]] = []
    with asking(database_url, table_id) as ask:
        work(writer(engine, lambda: seen.append(ask())), import_id, ACTOR, lambda: NOW)
    changed = seen.index([{after}, {after}])
    assert seen == [[{before}, {before}]] * changed + [[{after}, {after}]] * (len(seen) - changed)
    assert 2 * len(CODES) // 7 < changed < len(seen) - 2  # many transactions before it, and the sweep behind it


def test_calls_beside_it_never_go_back_to_the_old_price(engine: Engine, database_url: str, table_id: int) -> None:
    """Statement by statement in another thread, each in a transaction of its own, while the list is applied."""
    reader = make_read_engine(database_url)
    begun, is_over = threading.Event(), threading.Event()
    seen: list[int] = []

    def calls() -> None:
        place = 0
        while not is_over.is_set() or seen[-1] == OLD:
            number = f"{CODES[place % len(CODES)]}1"
            with Session(reader) as session:
                found = RATE_STATEMENT.rates_that_hold(session, [table_id], number, NOW, UTC)
            seen.append(found[table_id].tariff.price_per_minute_micros)
            begun.set()
            place += 1

    thread = threading.Thread(target=calls)
    thread.start()
    assert begun.wait(60)
    apply_import(writer(engine), import_of(engine), ACTOR, lambda: NOW)
    is_over.set()
    thread.join(60)
    reader.dispose()
    assert seen == sorted(seen)
    assert set(seen) == {OLD, NEW}


def test_each_table_has_a_generation_of_its_own(engine: Engine, table_id: int, tmp_path: Path) -> None:
    """Two carriers in one look-up, one of them with a new list."""
    with Session(engine, autoflush=False) as session, session.begin():
        other = RateTable(name="Other", currency="USD")
        session.add(other)
        session.flush()
        Desk(session, tmp_path, other.id).has("400", OLD)
        other_id = other.id
    apply_import(writer(engine), import_of(engine), ACTOR, lambda: NOW)
    with Session(engine) as session:
        for source in (RATE_STATEMENT, DeckSource(load_deck(session, EMPTY, NOW))):
            found = source.rates_that_hold(session, [table_id, other_id], "4001", NOW, UTC)
            prices = {table: rate.tariff.price_per_minute_micros for table, rate in found.items()}
            assert prices == {table_id: NEW, other_id: OLD}


def import_of(engine: Engine) -> int:
    with Session(engine) as session:
        return session.scalars(select(RateImport.id)).one()
