"""An import changes its whole list at one moment: whoever is killed on the way, nobody sees a part of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW
from lists import ACTOR, Desk
from sqlalchemy import delete, func, select, update

from models import ImportState, JobLock, Rate, RateImport, RateTable
from services.rate_import import import_chunks
from services.rate_import.apply_import import apply_import
from services.rate_import.refusals import ImportRefused
from services.rate_import.sweep_rates import sweep_rates, swept_tables
from services.rate_import.undo_import import undo_import
from services.rates.save_rate import add_rate
from services.rates.save_rate_table import delete_rate_table, update_rate_table
from services.store.fields import FieldsRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

TODAY = f"{NOW:%Y-%m-%d}"
CODES = [str(code) for code in range(40, 50)]
TEXT = "Code,Rate\n" + "".join(f"{code},0.02\n" for code in [*CODES, "51"])
OLD = [(code, 10_000, "2020-01-01", None) for code in CODES]
NEW = sorted(
    [(code, 10_000, "2020-01-01", TODAY) for code in CODES]
    + [(code, 20_000, TODAY, None) for code in [*CODES, "51"]],
    key=lambda row: (row[0], row[2]),
)  # fmt: skip


class Killed(Exception):
    pass


class Mortal:
    """Runs transactions, until it is killed before one of them."""

    def __init__(self, session: Session, steps: int) -> None:
        self.session, self.steps = session, steps

    def __call__(self, work: Callable[[Session], object]) -> object:
        self.steps -= 1
        if self.steps < 0:
            raise Killed
        return work(self.session)


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows a transaction."""
    monkeypatch.setattr(import_chunks.Pace, "_took", lambda _pace, _nanoseconds: None)
    monkeypatch.setattr(import_chunks, "PAUSE_MS", 0)
    monkeypatch.setattr(import_chunks.Pace.__init__, "__defaults__", (3, True))


def fallen_silent(session: Session) -> None:
    """A minute after the kill."""
    session.execute(delete(JobLock))


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("killed_after", range(16))
def test_whoever_is_killed_applying_can_go_on_or_back(carrier: Desk, killed_after: int) -> None:
    for code in CODES:
        carrier.has(code, 10_000)
    before = carrier.rows()
    import_id = carrier.staged(TEXT)
    with suppress(Killed):
        apply_import(Mortal(carrier.session, killed_after), import_id, ACTOR, lambda: NOW)
    assert carrier.periods() in (OLD, NEW)
    fallen_silent(carrier.session)
    state = carrier.session.scalars(select(RateImport.state)).one()
    if killed_after % 2 and state in {ImportState.APPLYING, ImportState.APPLIED}:
        carrier.undone(import_id)
        assert carrier.rows() == before
        return
    if state is not ImportState.APPLIED:
        carrier.applies(import_id)
    assert carrier.periods() == NEW


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("killed_after", range(22))
def test_whoever_is_killed_undoing_goes_on(carrier: Desk, killed_after: int) -> None:
    for code in CODES:
        carrier.has(code, 10_000)
    before = carrier.rows()
    import_id = carrier.applied(TEXT)
    with suppress(Killed):
        undo_import(Mortal(carrier.session, killed_after), import_id, ACTOR, lambda: NOW)
    assert carrier.periods() in (OLD, NEW)
    fallen_silent(carrier.session)
    if carrier.rows() != before:
        carrier.undone(import_id)
    assert carrier.rows() == before
    assert carrier.session.scalars(select(RateImport.state)).one() is ImportState.UNDONE


@pytest.mark.usefixtures("small_steps")
@pytest.mark.parametrize("killed_after", range(1, 6))
def test_whoever_is_killed_taking_back_goes_on_and_may_apply_again(carrier: Desk, killed_after: int) -> None:
    for code in CODES:
        carrier.has(code, 10_000)
    before = every_row(carrier)
    import_id = carrier.staged(TEXT)
    with suppress(Killed):
        apply_import(Mortal(carrier.session, 6), import_id, ACTOR, lambda: NOW)
    fallen_silent(carrier.session)
    with suppress(Killed):
        undo_import(Mortal(carrier.session, killed_after), import_id, ACTOR, lambda: NOW)
    assert carrier.periods() == OLD
    fallen_silent(carrier.session)
    if carrier.session.scalars(select(RateImport.state)).one() is not ImportState.STAGED:
        carrier.undone(import_id)
    assert every_row(carrier) == before
    carrier.applies(import_id)
    assert carrier.periods() == NEW


def every_row(carrier: Desk) -> list[tuple[Any, ...]]:
    """Those that nobody sees too."""
    columns = [column for column in Rate.__table__.columns if column.name != "rate_table_id"]
    query = select(*columns).where(Rate.rate_table_id == carrier.table_id).order_by(Rate.prefix, Rate.id)
    return [tuple(row) for row in carrier.session.execute(query)]


def half_applied(carrier: Desk) -> int:
    carrier.has("44", 10_000)
    import_id = carrier.staged("Code,Rate\n44,0.02\n")
    with suppress(Killed):
        apply_import(Mortal(carrier.session, 2), import_id, ACTOR, lambda: NOW)
    assert carrier.session.scalars(select(RateImport.state)).one() is ImportState.APPLYING
    return import_id


def test_nobody_else_goes_on_while_someone_is_at_work(carrier: Desk) -> None:
    import_id = half_applied(carrier)
    with pytest.raises(ImportRefused, match="Another process is at work on the import"):
        carrier.applies(import_id)
    with pytest.raises(ImportRefused, match="Another process is at work on the import"):
        carrier.undone(import_id)


def test_who_was_taken_for_dead_does_nothing_more(carrier: Desk) -> None:
    import_id = carrier.staged("Code,Rate\n44,0.02\n")

    def overtaken(work: Callable[[Session], object]) -> object:
        done = work(carrier.session)
        carrier.session.execute(update(JobLock).values(owner="another"))
        return done

    with pytest.raises(ImportRefused, match="Another process went on with the import"):
        apply_import(overtaken, import_id, ACTOR, lambda: NOW)


def test_a_table_that_switches_is_left_alone_until_then(carrier: Desk) -> None:
    import_id = half_applied(carrier)
    rate = {"prefix": "49", "destination_name": "Germany", "price_per_minute_micros": 1}
    acts: list[Callable[[], object]] = [
        lambda: add_rate(carrier.session, carrier.table_id, rate, ACTOR, NOW),
        lambda: update_rate_table(carrier.session, carrier.table_id, None, {"name": "New"}, ACTOR, NOW),
        lambda: delete_rate_table(carrier.session, carrier.table_id, None, ACTOR, NOW),
    ]
    for act in acts:
        with pytest.raises(FieldsRefused, match=f"The import {import_id} of the rate table Carrier is at work"):
            act()
    other = carrier.staged("Code,Rate\n1,0.02\n")
    with pytest.raises(ImportRefused, match=f"The import {import_id} of the rate table Carrier is at work"):
        carrier.applies(other)
    fallen_silent(carrier.session)
    carrier.applies(import_id)
    add_rate(carrier.session, carrier.table_id, rate, ACTOR, NOW)


@pytest.mark.usefixtures("small_steps")
def test_what_was_replaced_is_swept_and_nobody_misses_it(carrier: Desk) -> None:
    for code in CODES:
        carrier.has(code, 10_000)
    import_id = carrier.staged(TEXT)
    with suppress(Killed):  # before the sweep
        apply_import(Mortal(carrier.session, 8 + 2), import_id, ACTOR, lambda: NOW)
    assert carrier.periods() == NEW
    assert swept_tables(carrier.session) == [carrier.table_id]
    assert sweep_rates(carrier.write, carrier.table_id) == len(CODES)
    assert carrier.periods() == NEW
    assert swept_tables(carrier.session) == []
    rows = select(func.count()).select_from(Rate).where(Rate.rate_table_id == carrier.table_id)
    assert carrier.session.scalar(rows) == len(NEW)
    assert carrier.session.scalars(select(RateTable.generation).where(RateTable.id == carrier.table_id)).one() == 1


def test_a_rate_that_fills_the_gap_since_is_in_the_way_of_undoing(carrier: Desk) -> None:
    """Undone, the old rate would hold at the same time."""
    carrier.has("44", 10_000)
    carrier.has("44", 9_000, days=31, from_minute=480, until_minute=1080)
    import_id = carrier.applied("Code,Rate,Status\n44,,deleted\n")
    terms = {"prefix": "44", "destination_name": "Britain", "price_per_minute_micros": 1}
    add_rate(carrier.session, carrier.table_id, terms, ACTOR, NOW)
    with pytest.raises(ImportRefused, match=f"1 rates of the import {import_id} are no longer as it left them"):
        carrier.undone(import_id)
