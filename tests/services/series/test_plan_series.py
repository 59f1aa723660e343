"""The preview of a series: numbers, the shortest safe PIN with its odds in words, and refusals that say what to do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from factories import NOW, a_group, a_rate_table, a_series, micros
from sqlalchemy import func, select

from billing.states import JobState, PinEntryMode
from models import CardSeries, Job
from services.series.open_series import open_series
from services.series.plan_series import SeriesPlan, plan_series
from services.series.series_terms import SeriesRefused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from services.series.series_terms import NewSeries

ZONE = ZoneInfo("Europe/Vilnius")
PIN_ONLY = {"pin_entry_mode": PinEntryMode.PIN_ONLY}


def asked(session: Session, group: dict[str, Any] | None = None, **terms: object) -> NewSeries:
    return a_series(a_group(session, **(group or {})), a_rate_table(session, "Table", ()), **terms)


def plan(session: Session, terms: NewSeries, *, length: int | None = None) -> SeriesPlan:
    chosen = terms if length is None else replace(terms, pin_length=length)
    return plan_series(session, chosen, chooses_length=length is None, now=NOW, zone=ZONE)


def test_the_preview_shows_the_first_and_the_last_number(session: Session) -> None:
    """JC-23, JC-26."""
    terms = asked(session, {"number_length": 11}, number=45, first_serial=1_122_333, quantity=2)
    shown = plan(session, terms)
    assert (shown.first_number, shown.last_number) == ("45-001122333", "45-001122334")
    assert (shown.liability_micros, shown.currency) == (2 * micros("5.00"), "USD")
    assert (shown.job_state, shown.cards_made) == (None, 0)


@pytest.mark.parametrize(
    ("quantity", "length", "tries"),
    [(10, 8, "10,000,000"), (11, 9, "90,909,090"), (100_000, 12, "10,000,000"), (1_000_000, 13, "10,000,000")],
)
def test_the_shortest_safe_length_is_chosen_and_its_odds_are_told(
    session: Session, quantity: int, length: int, tries: str
) -> None:
    """features.md 3.9: a PIN alone."""
    shown = plan(session, asked(session, PIN_ONLY, quantity=quantity))
    assert shown.terms.pin_length == length
    assert shown.odds == f"One random PIN hits a card with a chance of 1 in {tries}."


def test_beside_a_number_eight_digits_are_enough(session: Session) -> None:
    """features.md 3.9: one number has one PIN."""
    shown = plan(session, asked(session, quantity=1_000_000))
    assert shown.terms.pin_length == 8
    assert shown.odds == "One random PIN fits a given card number with a chance of 1 in 100,000,000."


def test_cards_that_exist_count_in_the_choice(session: Session) -> None:
    """Ten of eight digits are all that PIN-only groups may have: the next card needs nine."""
    terms = asked(session, PIN_ONLY, quantity=10)
    open_series(session, plan(session, terms).terms, None, NOW)
    assert plan(session, replace(terms, number=2, quantity=1)).terms.pin_length == 9


def test_seven_digits_are_refused_with_the_reason(session: Session) -> None:
    """JC-29."""
    with pytest.raises(SeriesRefused, match=r"one of only 10,000,000.*Choose 8 digits or more"):
        plan(session, asked(session), length=7)


def test_a_length_too_short_is_refused_with_the_one_that_is_needed(session: Session) -> None:
    with pytest.raises(SeriesRefused, match="choose 12 digits or more"):
        plan(session, asked(session, PIN_ONLY, quantity=100_000), length=11)


def test_the_length_that_was_asked_for_is_kept(session: Session) -> None:
    assert plan(session, asked(session, quantity=5), length=16).terms.pin_length == 16


def test_a_date_that_has_passed_is_refused(session: Session) -> None:
    """JC-38: 22 November lasts until its midnight by the platform's clock."""
    terms = asked(session, expiry_date=date(2026, 11, 22))
    assert plan(session, terms).terms.expiry_date == date(2026, 11, 22)
    with pytest.raises(SeriesRefused, match="has passed"):
        plan(session, replace(terms, expiry_date=date(2026, 11, 21)))


def test_a_series_asked_for_before_keeps_its_length_and_tells_how_far_it_is(session: Session) -> None:
    """Its own cards would make the shortest length longer the second time."""
    terms = asked(session, PIN_ONLY, quantity=10)
    open_series(session, plan(session, terms).terms, None, NOW)
    again = plan(session, terms)
    assert (again.terms.pin_length, again.job_state, again.cards_made) == (8, JobState.WAITING, 0)
    with pytest.raises(SeriesRefused, match="other terms"):
        plan(session, replace(terms, quantity=9))
    with pytest.raises(SeriesRefused, match="other terms"):
        plan(session, terms, length=12)


def test_a_preview_writes_nothing(session: Session) -> None:
    plan(session, asked(session))
    assert not session.dirty
    assert session.scalar(select(func.count(CardSeries.id))) == session.scalar(select(func.count(Job.id))) == 0
