"""A preview that is kept: applied later, at the moment that is asked for, or refused with the reason."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW
from lists import ACTOR, Desk, day
from sqlalchemy import delete, select

from models import ImportState, JobLock, RateImport
from services.rate_import.apply_import import ApplyOrder, apply_import
from services.rate_import.refusals import ImportRefused, Reason

if TYPE_CHECKING:
    from datetime import datetime

TOMORROW = NOW + timedelta(days=1)
TEXT = "Code,Rate,Status\n44,0.02,\n49,,deleted\n51,0.03,\n"


def applies_at(carrier: Desk, import_id: int, at: datetime, *left_out: Reason) -> None:
    order = ApplyOrder(at, frozenset(left_out))
    apply_import(carrier.write, import_id, ACTOR, lambda: at, order=order)


@pytest.fixture
def kept(carrier: Desk) -> int:
    carrier.has("44", 10_000)
    carrier.has("49", 10_000)
    return carrier.staged(TEXT)


def test_it_is_applied_a_day_later_as_if_it_were_compared_then(carrier: Desk, kept: int) -> None:
    before = carrier.rows()
    applies_at(carrier, kept, TOMORROW)
    on = f"{TOMORROW:%Y-%m-%d}"
    assert carrier.periods() == [
        ("44", 10_000, "2020-01-01", on),
        ("44", 20_000, on, None),
        ("49", 10_000, "2020-01-01", on),
        ("51", 30_000, on, None),
    ]
    assert carrier.prepared(TEXT, applies_at=TOMORROW, now=TOMORROW).preview.changes == []
    carrier.undone(kept)
    assert carrier.rows() == before


def test_it_is_not_applied_before_the_moment_of_its_preview(carrier: Desk, kept: int) -> None:
    with pytest.raises(ImportRefused, match="it cannot begin before"):
        applies_at(carrier, kept, NOW - timedelta(seconds=1))


@pytest.mark.parametrize("period", [{"valid_from": TOMORROW}, {"valid_until": TOMORROW}])
def test_it_is_not_moved_over_the_beginning_or_end_of_another_rate(carrier: Desk, period: dict[str, datetime]) -> None:
    """What is previewed would not be what comes."""
    carrier.has("44", 10_000)
    carrier.has("33", 10_000, **period)
    kept = carrier.staged(TEXT)
    with pytest.raises(ImportRefused, match="other rates begin or end: import the file again"):
        applies_at(carrier, kept, TOMORROW)
    assert carrier.session.get_one(RateImport, kept).state is ImportState.STAGED
    applies_at(carrier, kept, TOMORROW - timedelta(seconds=1))


def test_it_is_not_moved_over_a_date_of_its_own(carrier: Desk) -> None:
    kept = carrier.staged("Code,Rate,Effective\n44,0.02,2026-12-07\n51,0.03,now\n")
    with pytest.raises(ImportRefused, match="other rates begin or end"):
        applies_at(carrier, kept, day("2026-12-07"))
    applies_at(carrier, kept, day("2026-12-06"))
    assert [row[0::2] for row in carrier.periods()] == [("44", "2026-12-07"), ("51", "2026-12-06")]


def test_taken_back_after_a_move_it_is_the_preview_of_before(carrier: Desk, kept: int) -> None:
    """Killed while it was prepared for tomorrow, taken back, and then applied as it was compared."""
    steps = 2

    def dying(work: object) -> object:
        nonlocal steps
        steps -= 1
        if steps < 0:
            raise RuntimeError
        return work(carrier.session)  # type: ignore[operator]

    with pytest.raises(RuntimeError):
        apply_import(dying, kept, ACTOR, lambda: NOW, order=ApplyOrder(TOMORROW))
    carrier.session.execute(delete(JobLock))
    assert carrier.session.scalars(select(RateImport.state)).one() is ImportState.APPLYING
    carrier.undone(kept)
    carrier.applies(kept)
    assert {row[2] for row in carrier.periods()} == {"2020-01-01", f"{NOW:%Y-%m-%d}"}


def test_refused_lines_are_kept_with_it_and_left_out_when_it_is_applied(carrier: Desk) -> None:
    kept = carrier.staged("Code,Rate\n44,0.02\n49,-1\n4.4E+11,0.1\n")
    with pytest.raises(ImportRefused, match=r"2 lines are refused \(code, price\), so nothing is applied"):
        applies_at(carrier, kept, NOW)
    with pytest.raises(ImportRefused, match=r"1 lines are refused \(code\)"):
        applies_at(carrier, kept, NOW, Reason.PRICE)
    applies_at(carrier, kept, NOW, Reason.PRICE, Reason.CODE)
    assert [row[0] for row in carrier.periods()] == ["44"]
