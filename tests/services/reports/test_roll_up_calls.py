"""The rollup is the sum of its calls, whatever came late, was given back, or ran twice; and it proves itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from factories import BRITAIN, LITHUANIA, NOW, World, a_world, answered, not_answered
from sqlalchemy import delete, func, select, text, update

from models import Account, CallDay, CallRecord, CarrierState, Cube, LedgerEntry
from services.calls.authorise_call import authorise_call
from services.money.verify_ledger import verify_ledger
from services.reports.bounded import bounded
from services.reports.days import bounds_of
from services.reports.report_calls import report_calls
from services.reports.report_terms import By, ReportRefused, ReportTerms
from services.reports.roll_up_calls import roll_up_calls
from services.reports.today import today_figures
from services.reports.verify_rollup import verify_rollup
from services.routing.count_carriers import count_carriers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from sqlalchemy.orm import Session

    from services.reports.report_row import ReportRow

TODAY = NOW.date()
VILNIUS = ZoneInfo("Europe/Vilnius")


@pytest.fixture
def calls(world: World) -> World:
    """Two days: yesterday a minute to Britain; today half a minute to Lithuania and two that nobody answered."""
    _call(world, "britain", BRITAIN, 60, placed_at=NOW - timedelta(days=1))
    _call(world, "lithuania", LITHUANIA, 30)
    _call(world, "silent", BRITAIN, None)
    _call(world, "busy", LITHUANIA, None)
    return world


def test_calls_are_summed_by_day_destination_and_carrier(session: Session, calls: World) -> None:
    assert _roll_up(session) == 2
    rows = {(row.of[By.DAY], row.of[By.DESTINATION], row.of[By.CARRIER]): row for row in _report(session, *BY_ROUTE)}
    britain = rows[str(TODAY - timedelta(days=1)), "United Kingdom", "test.cheap"]
    record = calls.record("britain")
    assert (britain.figures["calls"], britain.figures["answered"], britain.figures["talk_seconds"]) == (1, 1, 60)
    assert britain.figures["cost_micros"] == record.cost_micros == 60_000
    assert britain.figures["buy_cost_micros"] == record.buy_cost_micros == 24_000
    assert britain.margin_micros == 36_000
    lithuania = rows[str(TODAY), "Lithuania", "test.cheap"]
    assert lithuania.figures["cost_micros"] == calls.record("lithuania").cost_micros == 170_000
    assert rows[str(TODAY), "United Kingdom", None].figures["answered"] == 0


def test_what_an_operator_tried_is_money_and_no_statistics(session: Session, calls: World) -> None:
    """Its charge stands in the ledger; the report and its proof leave it out (docs/decisions/0031)."""
    quote = calls.good_quote(LITHUANIA)
    authorise_call(session, "tried", quote, replace(calls.context(), is_test=True), NOW)
    calls.settle(answered("tried", 60))
    record = calls.record("tried")
    assert (record.is_test, record.cost_micros) == (True, 170_000)
    assert session.scalars(select(func.count()).where(LedgerEntry.call_id == "tried")).one() > 0
    _roll_up(session)
    [series] = _report(session, By.SERIES)
    assert series.figures["calls"] == 4
    rows = _report(session, By.SERIES, By.DESTINATION)  # from the calls themselves
    assert sum(row.figures["calls"] for row in rows) == 4
    assert (verify_rollup(session), verify_ledger(session)) == ([], [])
    assert today_figures(session, NOW + timedelta(minutes=1), UTC).calls == 3
    count_carriers(session, NOW + timedelta(minutes=1))
    assert session.scalars(select(func.sum(CarrierState.answered))).one() == 1


def test_a_report_tells_asr_acd_and_margin(session: Session, calls: World) -> None:
    assert calls
    _roll_up(session)
    [series] = _report(session, By.SERIES)
    assert series.of == {By.SERIES: "1"}
    assert (series.figures["calls"], series.figures["answered"]) == (4, 2)
    assert series.asr_per_mille == 500
    assert series.acd_seconds == 45
    assert series.margin_micros == 60_000 + 170_000 - series.figures["buy_cost_micros"]


def test_a_record_keeps_both_prices_and_its_tax(session: Session) -> None:
    world = a_world(session, taxes=[("VAT", 20)])
    _call(world, "taxed", BRITAIN, 60)
    record = world.record("taxed")
    assert (record.sell_price_per_minute_micros, record.buy_price_per_minute_micros) == (60_000, 24_000)
    assert (record.cost_micros, record.tax_micros) == (72_000, 12_000)
    _roll_up(session)
    [row] = _report(session, By.DAY)
    assert row.margin_micros == 72_000 - 12_000 - 24_000


def test_announced_is_told_against_delivered(session: Session) -> None:
    """A card that announces more than it delivers shows in the calls that ran to their limit."""
    world = a_world(session, group={"ghost_minutes_percent": 125})
    authorised = world.call("long", BRITAIN)
    world.settle(answered("long", authorised.quote.limit_seconds))
    _roll_up(session)
    [row] = _report(session, By.DESTINATION)
    assert row.figures["calls_to_limit"] == 1
    assert row.figures["delivered_to_limit_seconds"] == authorised.quote.limit_seconds
    assert row.figures["announced_to_limit_seconds"] == authorised.quote.announced_seconds
    assert row.delivered_per_mille == 800


def test_a_late_settlement_is_counted_on_its_day(session: Session, calls: World) -> None:
    _roll_up(session)
    last_week = NOW - timedelta(days=7)
    _call(calls, "late", BRITAIN, 10, placed_at=last_week)
    assert _roll_up(session, NOW + timedelta(minutes=5)) == 2 + 1  # all of the last hour's, and that of last week
    assert _report(session, By.DAY)[0].of == {By.DAY: str(last_week.date())}
    assert verify_rollup(session) == []


def test_a_reversed_call_is_taken_out(session: Session, calls: World) -> None:
    """JA-12: what was given back counts in no statistics."""
    _roll_up(session, NOW + timedelta(hours=2))
    later = NOW + timedelta(days=3)
    session.execute(update(CallRecord).where(CallRecord.call_id == "britain").values(reversed_at=later))
    assert calls
    assert _roll_up(session, later + timedelta(minutes=1)) == 1
    assert {row.of[By.DAY] for row in _report(session, By.DAY)} == {str(TODAY)}
    assert verify_rollup(session) == []


def test_a_second_run_changes_nothing(session: Session, calls: World) -> None:
    assert calls
    _roll_up(session)
    first = _kept(session)
    _roll_up(session, NOW + timedelta(minutes=1))
    assert _kept(session) == first
    assert _roll_up(session, NOW + timedelta(hours=3)) == 2
    assert _roll_up(session, NOW + timedelta(hours=4)) == 0


def test_a_run_that_was_stopped_is_done_again(session: Session, calls: World) -> None:
    assert calls
    stops = iter([False, True])
    assert _roll_up(session, is_stopped=lambda: next(stops)) == 1
    assert _roll_up(session, NOW + timedelta(days=2)) == 2
    assert verify_rollup(session) == []


def test_a_day_is_one_of_the_platforms_zone(session: Session, world: World) -> None:
    _call(world, "evening", BRITAIN, 10, placed_at=datetime(2026, 11, 21, 21, 59, tzinfo=UTC))
    _call(world, "midnight", BRITAIN, 10, placed_at=datetime(2026, 11, 21, 22, 0, tzinfo=UTC))
    _roll_up(session, zone=VILNIUS)
    assert [row.of[By.DAY] for row in _report(session, By.DAY)] == ["2026-11-21", "2026-11-22"]
    _roll_up(session)  # the platform moved: all days are made anew
    assert [row.of[By.DAY] for row in _report(session, By.DAY)] == ["2026-11-21"]
    assert verify_rollup(session) == []


def test_a_day_on_which_clocks_change_is_whole() -> None:
    assert [
        (bounds.end - bounds.begin) / timedelta(hours=1)
        for bounds in (bounds_of(datetime(2026, month, day, tzinfo=UTC).date(), VILNIUS) for month, day in DAYS)
    ] == [23, 25]


@pytest.mark.parametrize(
    "damage", [{"calls": CallDay.calls + 1}, {"cost_micros": 1}, {"day": TODAY - timedelta(days=9)}]
)
def test_a_wrong_rollup_is_shown(session: Session, calls: World, damage: dict[str, Any]) -> None:
    assert calls
    _roll_up(session, NOW + timedelta(hours=2))
    assert verify_rollup(session) == []
    some = select(CallDay.id).where(CallDay.cube == Cube.ROUTE).limit(1).scalar_subquery()
    session.execute(update(CallDay).where(CallDay.id == some).values(damage))
    assert {breach.invariant[:3] for breach in verify_rollup(session)} == {"I14"}


def test_what_no_cube_knows_is_summed_from_the_calls(session: Session, calls: World) -> None:
    assert calls
    rows = _report(session, By.SERIES, By.DESTINATION, By.ACCESS_NUMBER)
    _roll_up(session)
    assert {(row.of[By.SERIES], row.of[By.DESTINATION]): row.figures["calls"] for row in rows} == {
        ("1", "United Kingdom"): 2,
        ("1", "Lithuania"): 2,
    }
    by_cube = {row.of[By.DESTINATION]: row.figures for row in _report(session, By.DESTINATION)}
    assert by_cube == {row.of[By.DESTINATION]: row.figures for row in rows}
    assert len(_report(session, By.DAY, By.SERIES, By.DESTINATION, By.ACCESS_NUMBER)) == 3


def test_a_report_is_narrowed(session: Session, calls: World) -> None:
    calls.set(Account, calls.carriers["test.cheap"], terminator_tag="wholesale")
    _roll_up(session)
    only = _report(session, By.DAY, only={By.DESTINATION: "Lithuania"})
    assert [row.figures["calls"] for row in only] == [2]
    tagged = report_calls(session, ReportTerms((By.CARRIER,), FIRST, TODAY, carrier_tag="wholesale"), UTC)
    assert [(row.of[By.CARRIER], row.figures["calls"]) for row in tagged] == [("test.cheap", 2)]
    assert report_calls(session, ReportTerms((By.CARRIER,), FIRST, TODAY, carrier_tag="other"), UTC) == []


@pytest.mark.parametrize("by", [(By.ACCOUNT,), (By.DESTINATION,), (By.ACCESS_NUMBER, By.DESTINATION)])
def test_a_report_is_of_originators_with_a_tag(session: Session, calls: World, by: tuple[By, ...]) -> None:
    """JA-41: by a cube that knows accounts, and by the calls themselves where none does."""
    shop, other = calls.carriers["test.cheap"], calls.carriers["test.second"]
    calls.set(Account, shop, originator_tag="retail")
    for call_id, account_id in (("britain", shop), ("lithuania", other)):
        session.execute(update(CallRecord).where(CallRecord.call_id == call_id).values(account_id=account_id))
    _roll_up(session)
    tagged = report_calls(session, ReportTerms(by, FIRST, TODAY, originator_tag="retail"), UTC)
    assert [(row.figures["calls"], row.figures["cost_micros"]) for row in tagged] == [(1, 60_000)]
    assert report_calls(session, ReportTerms(by, FIRST, TODAY, originator_tag="wholesale"), UTC) == []


@pytest.mark.parametrize(
    "by", [(By.DESTINATION,), (By.SERIES, By.DESTINATION), (By.SERIES, By.DESTINATION, By.ACCESS_NUMBER)]
)
def test_the_first_rows_are_those_that_brought_most(session: Session, calls: World, by: tuple[By, ...]) -> None:
    assert calls
    _roll_up(session)
    [first] = report_calls(session, ReportTerms(by, FIRST, TODAY, rows_max=1), UTC)
    assert first.of[By.DESTINATION] == "Lithuania"
    assert len(report_calls(session, ReportTerms(by, FIRST, TODAY), UTC)) == 2


@pytest.mark.parametrize("by", [(By.DAY, By.DESTINATION), (By.DAY, By.SERIES, By.DESTINATION, By.ACCESS_NUMBER)])
def test_the_first_rows_by_day_are_those_of_the_whole_report(
    session: Session, calls: World, by: tuple[By, ...]
) -> None:
    """By cubes, which are read a few days at a time, and by the calls, of which later days are not read."""
    for place in range(1, 12):
        _call(
            calls, f"before-{place}", BRITAIN if place % 3 else LITHUANIA, place, placed_at=NOW - timedelta(days=place)
        )
    _roll_up(session)
    whole, read = _report(session, *by), list[int]()
    assert len(whole) > 12
    for rows_max in range(1, len(whole) + 2):
        terms = ReportTerms(by, FIRST, TODAY, rows_max=rows_max)
        assert report_calls(session, terms, UTC, lambda done, _total: read.append(done)) == whole[:rows_max]
    assert read.count(1) in (0, len(whole) + 1), "the calls of the first day are read each time"
    assert len(read) < 12 * (len(whole) + 1), "and those of the last ones are not"


def test_what_takes_too_long_for_a_page_says_so_and_lets_the_page_go_on(session: Session, calls: World) -> None:
    assert calls
    if session.get_bind().dialect.name != "postgresql":
        with bounded(session, 1):
            assert _report(session, By.DAY) == []
        return
    with pytest.raises(ReportRefused, match="choose fewer days"), bounded(session, 20):
        session.execute(text("SELECT pg_sleep(60)"))
    with bounded(session, 60_000):
        _roll_up(session)
    assert len(_report(session, By.DAY)) == 2


def test_days_in_the_wrong_order_are_refused(session: Session) -> None:
    with pytest.raises(ReportRefused, match="exchange them"):
        report_calls(session, ReportTerms((By.DAY,), TODAY, FIRST), UTC)
    with pytest.raises(ReportRefused, match="ask for at most 3700"):
        report_calls(session, ReportTerms((By.DAY,), TODAY - timedelta(days=4_000), TODAY), UTC)


@pytest.mark.parametrize("by", list(combinations(By, 2)), ids="-".join)
def test_any_two_together_sum_up_to_each_alone(session: Session, calls: World, by: tuple[By, By]) -> None:
    """Over years, from a cube that knows both: no report by two things reads the calls themselves."""
    assert calls
    assert ReportTerms(by, FIRST, TODAY).cube() is not None
    _roll_up(session)
    long_ago = TODAY - timedelta(days=3_000)

    def told(rows: list[ReportRow], one: By) -> Counter[tuple[str | None, str]]:
        sums: Counter[tuple[str | None, str]] = Counter()
        for row in rows:
            for figure, value in row.figures.items():
                sums[row.of[one], figure] += value
        return sums

    together = report_calls(session, ReportTerms(by, long_ago, TODAY), UTC)
    for one in by:
        assert told(together, one) == told(report_calls(session, ReportTerms((one,), long_ago, TODAY), UTC), one)


@pytest.mark.parametrize(
    ("by", "cube"),
    [
        ((By.DAY, By.DESTINATION, By.CARRIER), Cube.ROUTE),
        ((By.SERIES, By.ACCESS_NUMBER), Cube.SOURCE),
        ((By.DAY, By.CARRIER, By.SERIES, By.CLIENT), Cube.TRADE),
        ((By.DAY, By.DESTINATION, By.SERIES, By.CLIENT), Cube.PRODUCT),
        ((By.DESTINATION, By.ACCESS_NUMBER), Cube.ENTRY),
        ((By.DESTINATION, By.SERIES, By.CARRIER), None),
    ],
)
def test_the_smallest_cube_that_knows_all_of_it_answers(by: tuple[By, ...], cube: Cube | None) -> None:
    assert ReportTerms(by, FIRST, TODAY).cube() is cube


@pytest.mark.parametrize("cube", [Cube.TRADE, Cube.PRODUCT, Cube.ENTRY])
def test_days_that_a_release_before_summed_up_get_the_cube_they_lack(
    session: Session, calls: World, cube: Cube
) -> None:
    assert calls
    _roll_up(session, NOW + timedelta(hours=2))
    session.execute(delete(CallDay).where(CallDay.cube == cube))
    assert verify_rollup(session) != []
    _roll_up(session, NOW + timedelta(hours=9))
    assert verify_rollup(session) == []


FIRST = TODAY - timedelta(days=30)
BY_ROUTE = (By.DAY, By.DESTINATION, By.CARRIER)
DAYS = ((3, 29), (10, 25))


def _call(world: World, call_id: str, destination: str, seconds: int | None, *, placed_at: datetime = NOW) -> None:
    world.call(call_id, destination)
    world.settle(not_answered(call_id) if seconds is None else answered(call_id, seconds))
    world.session.execute(update(CallRecord).where(CallRecord.call_id == call_id).values(placed_at=placed_at))


def _roll_up(
    session: Session, now: datetime = NOW, zone: tzinfo = UTC, is_stopped: Callable[[], bool] = lambda: False
) -> int:
    return roll_up_calls(lambda work: work(session), now, zone, is_stopped=is_stopped)


def _report(session: Session, *by: By, only: dict[By, str] | None = None) -> list[ReportRow]:
    return report_calls(session, ReportTerms(by, FIRST, TODAY, only or {}), UTC)


def _kept(session: Session) -> list[Any]:
    columns = [column for column in CallDay.__table__.columns if column.name != "id"]
    return sorted((tuple(row) for row in session.execute(select(*columns))), key=str)
