"""Report calls: how many, how many answered, how long, what they brought and cost, by day, destination, carrier, series
and more (V-26). From the rollup where one of its cubes knows all that is asked, else from the calls of each day.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta, tzinfo
from typing import Any

from sqlalchemy import BigInteger, Select, and_, cast, func, select
from sqlalchemy.orm import Session, aliased

from models import Account, CallDay, CallRecord, CardSeries, Client, Cube
from services.reports.day_sums import finest_sums
from services.reports.days import bounds_of
from services.reports.figures import FIGURES
from services.reports.report_row import ReportRow
from services.reports.report_terms import By, ReportTerms
from services.reports.roll_up_calls import days_where

Progress = Callable[[int, int], None]  # done, total


def nothing_shown(_done: int, _total: int) -> None:
    return


def report_calls(
    session: Session, terms: ReportTerms, zone: tzinfo, progress: Progress = nothing_shown
) -> list[ReportRow]:
    """One row for each value of `terms.by` and each currency: by day, or else the greatest revenue first. `progress`
    is told the days where the calls themselves are summed: some two seconds for a day of 300,000 calls.
    """
    terms.check()
    cube = terms.cube()
    if cube is not None:
        return _from_rollup(session, terms, cube)
    rows = [_row(terms, row) for row in _from_records(session, terms, zone, progress)]
    return sorted(rows, key=ReportRow.order)[: terms.rows_max]


def _from_rollup(session: Session, terms: ReportTerms, cube: Cube) -> list[ReportRow]:
    """Until there are as many rows as are wanted: whole days, in their order, make up those that come first."""
    rows: list[ReportRow] = []
    for first, last in _spans(terms):
        kept = select(CallDay).where(CallDay.cube == cube, CallDay.day.between(first, last))
        query = _summed(terms, kept.subquery(), is_sorted=True)
        rows += [_row(terms, tuple(row)) for row in session.execute(query)]
        if _are_enough(terms, len(rows)):
            break
    return rows[: terms.rows_max]


def _are_enough(terms: ReportTerms, rows: int) -> bool:
    """Rows of later days come after these."""
    return By.DAY in terms.by and terms.rows_max is not None and rows >= terms.rows_max


def _spans(terms: ReportTerms) -> Iterator[tuple[date, date]]:
    """All days at once; where those of few days may be all that is wanted, one, two, four ... of them."""
    is_cut = By.DAY in terms.by and len(terms.by) > 1 and terms.rows_max is not None
    first, days = terms.first, 1 if is_cut else (terms.last - terms.first).days + 1
    while first <= terms.last:
        last = min(terms.last, first + timedelta(days=days - 1))
        yield first, last
        first, days = last + timedelta(days=1), days * 2


def _row(terms: ReportTerms, values: tuple[Any, ...]) -> ReportRow:
    width = len(terms.by)
    names = {by: None if value is None else str(value) for by, value in zip(terms.by, values, strict=False)}
    return ReportRow(names, values[width], dict(zip(FIGURES, values[width + 1 :], strict=True)))


def _from_records(session: Session, terms: ReportTerms, zone: tzinfo, progress: Progress) -> Iterator[tuple[Any, ...]]:
    """Summed over the days by us: each day that has calls is a statement over them."""
    width = len(terms.by) + 1
    sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * len(FIGURES))
    period = (bounds_of(terms.first, zone).begin, bounds_of(terms.last, zone).end)
    within = and_(CallRecord.placed_at >= period[0], CallRecord.placed_at < period[1])
    days = sorted(days_where(session, within, zone))
    for done, day in enumerate(days, 1):
        for row in session.execute(_summed(terms, finest_sums(day, zone).subquery(), is_sorted=False)):
            known = sums[tuple(row[:width])]
            for place, value in enumerate(row[width:]):
                known[place] += value
        progress(done, len(days))
        if _are_enough(terms, len(sums)):
            break
    return ((*key, *figures) for key, figures in sums.items())


def _summed(terms: ReportTerms, facts: Any, *, is_sorted: bool) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 (a subquery)
    """The facts summed by what is asked, names in place of ids."""
    carrier, originator = aliased(Account), aliased(Account)
    dimensions: dict[By, Any] = {
        By.DAY: facts.c.day,
        By.DESTINATION: facts.c.destination_name,
        By.CARRIER: carrier.endpoint,
        By.SERIES: CardSeries.number,
        By.ACCESS_NUMBER: facts.c.access_number,
        By.ACCOUNT: originator.name,
        By.CLIENT: Client.name,
    }
    chosen = [dimensions[by] for by in terms.by]
    figures = [cast(func.sum(facts.c[name]), BigInteger) for name in FIGURES]
    query = select(*chosen, facts.c.currency, *figures).select_from(facts).group_by(*chosen, facts.c.currency)
    wanted = {*terms.by, *terms.only}
    if By.CARRIER in wanted or terms.carrier_tag is not None:
        query = query.outerjoin(carrier, carrier.id == facts.c.carrier_account_id)
    if By.SERIES in wanted:
        query = query.outerjoin(CardSeries, CardSeries.id == facts.c.series_id)
    if wanted & {By.ACCOUNT, By.CLIENT} or terms.originator_tag is not None:
        query = query.outerjoin(originator, originator.id == facts.c.account_id)
    if By.CLIENT in wanted:
        query = query.outerjoin(Client, Client.id == originator.client_id)
    for by, value in terms.only.items():
        query = query.where(dimensions[by] == (int(value) if by is By.SERIES else value))
    if terms.carrier_tag is not None:
        query = query.where(carrier.terminator_tag == terms.carrier_tag)
    if terms.originator_tag is not None:
        query = query.where(originator.originator_tag == terms.originator_tag)
    if not is_sorted:
        return query
    days = [facts.c.day] if By.DAY in terms.by else []
    return query.order_by(*days, func.sum(facts.c.cost_micros).desc(), *chosen).limit(terms.rows_max)
