"""The demo's month of calls: made by the real use cases, so that the ledger is proved and reports have figures."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from factories import KEYS, NOW
from sqlalchemy import func, select

from models import CallRecord, Card, CardSeries, LedgerEntry, LedgerKind
from services.demo.demo_data import ACCESS_NUMBER_AND_PIN, create_demo
from services.demo.demo_month import CARDS_A_SERIES, DAYS, create_demo_month
from services.money.verify_ledger import verify_ledger
from services.reports.report_calls import report_calls
from services.reports.report_terms import By, ReportTerms
from services.reports.roll_up_calls import roll_up_calls

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def test_a_month_of_calls_obeys_every_invariant(session: Session) -> None:
    create_demo(session, KEYS, NOW, 5080)
    made = create_demo_month(session, ACCESS_NUMBER_AND_PIN, NOW)
    session.flush()
    assert verify_ledger(session) == []
    assert made == session.scalars(select(func.count()).select_from(CallRecord)).one()
    days = {moment.date() for moment in session.scalars(select(CallRecord.placed_at))}
    assert len(days) == DAYS
    assert max(days) < NOW.date()
    kinds = set(session.scalars(select(LedgerEntry.kind).distinct()))
    assert {LedgerKind.CALL, LedgerKind.ACTIVATION_FEE, LedgerKind.MAINTENANCE_FEE} <= kinds


def test_its_figures_stand_in_reports(session: Session) -> None:
    create_demo(session, KEYS, NOW, 5080)
    made = create_demo_month(session, ACCESS_NUMBER_AND_PIN, NOW)
    roll_up_calls(lambda work: work(session), NOW, UTC)
    first, last = (edge(session.scalars(select(CallRecord.placed_at)).all()).date() for edge in (min, max))
    rows = report_calls(session, ReportTerms((By.DAY,), first, last), UTC)
    assert sum(row.figures["calls"] for row in rows) == made
    assert all(row.figures["answered"] <= row.figures["calls"] for row in rows)
    assert sum(row.margin_micros for row in rows) > 0


def test_the_first_cards_of_each_series_stay_new(session: Session) -> None:
    create_demo(session, KEYS, NOW, 5080)
    create_demo_month(session, ACCESS_NUMBER_AND_PIN, NOW)
    used = select(Card.serial).where(Card.activated_at.is_not(None))
    least = session.scalars(select(func.min(CardSeries.first_serial + CardSeries.quantity))).one() - CARDS_A_SERIES
    assert min(session.scalars(used)) >= least
