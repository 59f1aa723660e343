"""A deck in memory says what the statement says, follows every change, and leaves to the statement what it lacks."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from factories import BRITAIN, NOW, RATES, World, a_carrier, a_rate_table, row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, update

from models import Account, Rate, RoutingPlan
from services.calls.quote_call import Quote, quote_call
from services.routing.deck import EMPTY, DeckSource, LoadStopped, load_deck
from services.routing.deck_revision import touch_deck
from services.routing.rate_statement import RATE_STATEMENT
from services.routing.rates import find_rates, terms_of_card

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

VILNIUS = ZoneInfo("Europe/Vilnius")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MOMENTS = [
    *(NOW + timedelta(days=days) for days in (-1, 0, 1)),  # Saturday, Sunday, Monday
    NOW - timedelta(microseconds=1),
    NOW + timedelta(microseconds=1),
    datetime(2026, 11, 22, 5, 59, 59, 999_999, tzinfo=UTC),  # bands of the test begin and end at 8:00 in Vilnius
    datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
    datetime(2026, 11, 22, 22, 0, tzinfo=UTC),  # midnight there
]
PERIODS = [(LONG_AGO, None), (NOW, None), (LONG_AGO, NOW), (NOW - timedelta(days=1), NOW + timedelta(days=1))]
HOURS = [(127, 0, 1440), (127, 480, 1440), (127, 0, 480), (96, 0, 1440), (31, 480, 720), (64, 0, 1440)]
PREFIXES = ["3", "37", "370", "3706", "37061", "370612345678901", "38", "4", "40", "400", "0", "00", "3706123456789012"]
NUMBERS = ["37061234567", "3706", "370", "37", "3", "370612345678901", "380", "4", "40", "4000000", "5", "0", "00", "9"]
ASKED = [(number, now) for number in NUMBERS for now in MOMENTS]


@st.composite
def rates(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rates of one table as the database takes them: no two of a prefix, a beginning and the same hours."""
    made = {}
    for _ in range(draw(st.integers(0, 12))):
        valid_from, valid_until = draw(st.sampled_from(PERIODS))
        days, from_minute, until_minute = draw(st.sampled_from(HOURS))
        prefix = draw(st.sampled_from(PREFIXES))
        made[prefix, valid_from, days, from_minute] = {
            "prefix": prefix,
            "destination_name": draw(st.sampled_from(["Lithuania", "Lietuva, mobilus", "Elsewhere"])),
            "price_per_minute_micros": draw(st.sampled_from([0, 10_000, 70_000])),
            "increment_seconds": draw(st.sampled_from([1, 60])),
            "steps": draw(st.sampled_from([[], [{"seconds": 60, "price_per_minute_micros": 5, "fee_micros": 1}]])),
            "valid_from": valid_from,
            "valid_until": valid_until,
            "days": days,
            "from_minute": from_minute,
            "until_minute": until_minute,
            "ghost_minutes_percent": draw(st.sampled_from([None, 90])),
            "is_blocked": draw(st.booleans()),
        }
    return list(made.values())


@pytest.fixture
def source(session: Session, world: World) -> DeckSource:  # noqa: ARG001 (the world is what is loaded)
    return DeckSource(load_deck(session, EMPTY, NOW))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=st.lists(rates(), min_size=1, max_size=4), currencies=st.lists(st.sampled_from(["USD", "EUR"])))
def test_deck_and_statement_say_the_same(
    session: Session, world: World, tables: list[list[dict[str, Any]]], currencies: list[str]
) -> None:
    """Of every table, and of the whole call: random tables and plans, each number, each moment, to the edges."""
    undone = session.begin_nested()
    try:
        _compare(session, world, tables, currencies)
    finally:
        undone.rollback()


def _compare(session: Session, world: World, tables: list[list[dict[str, Any]]], currencies: list[str]) -> None:
    plan_id = row(session, RoutingPlan, name="Random", routes_max=2)
    ids = []
    for place, table in enumerate(tables):
        currency = currencies[place] if place < len(currencies) else "USD"
        ids.append(a_rate_table(session, f"Random {place}", table, currency))
        a_carrier(session, plan_id, f"random.{place}", ids[-1], ring_seconds=30 + place)
    world.set_series(rate_table_id=ids[0], routing_plan_id=plan_id)
    card = terms_of_card(world.card())
    source = DeckSource(load_deck(session, EMPTY, min(MOMENTS)))
    with _no_statement(session):
        said = {(number, now): find_rates(session, card, number, now, VILNIUS, source) for number, now in ASKED}
        told = {(number, now): source.rates_that_hold(session, ids, number, now, VILNIUS) for number, now in ASKED}
    for number, now in ASKED:
        assert said[number, now] == find_rates(session, card, number, now, VILNIUS), (number, now)
        assert told[number, now] == RATE_STATEMENT.rates_that_hold(session, ids, number, now, VILNIUS), (number, now)


def test_a_quote_by_the_deck_reads_no_rate(session: Session, world: World, source: DeckSource) -> None:
    by_statement = quote_call(session, world.access(), world.card(), BRITAIN, NOW)
    with _statements(session) as sent:
        by_deck = quote_call(session, world.access(), world.card(), BRITAIN, NOW, rate_source=source)
    assert by_deck == by_statement
    assert isinstance(by_deck, Quote)
    assert not [statement for statement in sent if "rate" in statement and "FROM rate" in statement]


def test_a_rate_of_tomorrow_takes_effect_without_a_reload(session: Session, world: World) -> None:
    tomorrow = NOW + timedelta(days=1)
    values = {**RATES[1], "price_per_minute_micros": 90_000, "valid_from": tomorrow}
    row(session, Rate, rate_table_id=world.rate_table_id, **values)
    source = DeckSource(load_deck(session, EMPTY, NOW))
    with _no_statement(session):
        assert _price(session, world, source, tomorrow - timedelta(microseconds=1)) == 60_000
        assert _price(session, world, source, tomorrow) == 90_000


def test_only_changed_tables_are_read_again(session: Session, world: World, source: DeckSource) -> None:
    old = source.deck
    session.execute(update(Rate).where(Rate.rate_table_id == world.rate_table_id).values(price_per_minute_micros=1))
    touch_deck(session, world.rate_table_id)
    new = load_deck(session, old, NOW)
    assert new.revision == old.revision + 1
    changed = {table_id for table_id, table in new.tables.items() if table is not old.tables.get(table_id)}
    assert changed == {world.rate_table_id}
    assert _price(session, world, source) == 60_000
    source.deck = new
    assert _price(session, world, source) == 1


def test_a_carrier_switched_off_is_out_of_the_next_deck(session: Session, world: World, source: DeckSource) -> None:
    world.set(Account, world.carriers["test.cheap"], terminator_enabled=False)
    touch_deck(session)
    new = load_deck(session, source.deck, NOW)
    assert all(new.tables[table_id] is table for table_id, table in source.deck.tables.items())
    source.deck = new
    offered = find_rates(session, terms_of_card(world.card()), BRITAIN, NOW, UTC, source).candidates
    assert {candidate.endpoint for candidate in offered} == {"test.second", "test.dear"}


def test_without_a_deck_the_statement_serves(session: Session, world: World) -> None:
    empty = DeckSource()
    card = terms_of_card(world.card())
    assert find_rates(session, card, BRITAIN, NOW, UTC, empty) == find_rates(session, card, BRITAIN, NOW)


def test_what_is_newer_than_the_deck_is_read(session: Session, world: World, source: DeckSource) -> None:
    table_id = a_rate_table(session, "Newer", [{**RATES[1], "price_per_minute_micros": 5}])
    plan_id = row(session, RoutingPlan, name="Newer")
    a_carrier(session, plan_id, "newer", table_id)
    world.set_series(rate_table_id=table_id, routing_plan_id=plan_id)
    found = find_rates(session, terms_of_card(world.card()), BRITAIN, NOW, UTC, source)
    assert found.price is not None
    assert found.price.tariff.price_per_minute_micros == 5
    assert [candidate.endpoint for candidate in found.candidates] == ["newer"]


def test_a_table_without_rates_is_known_to_have_none(session: Session, world: World) -> None:
    session.execute(delete(Rate).where(Rate.rate_table_id == world.rate_table_id))
    source = DeckSource(load_deck(session, EMPTY, NOW))
    with _no_statement(session):
        assert source.rates_that_hold(session, [world.rate_table_id], BRITAIN, NOW, UTC) == {}


def test_rates_that_have_ended_take_no_memory(session: Session) -> None:
    ended = [
        {"prefix": f"4{digit}", "destination_name": "Ended", "valid_until": NOW - timedelta(days=1)} for digit in "01"
    ]
    table_id = a_rate_table(session, "Ended", [*ended, *RATES])
    assert len(load_deck(session, EMPTY, NOW).tables[table_id].keys) == len(RATES)


def test_a_server_that_ends_waits_for_no_deck(session: Session, world: World) -> None:
    assert world.rate_table_id
    with pytest.raises(LoadStopped):
        load_deck(session, EMPTY, NOW, is_stopped=lambda: True)


def _price(session: Session, world: World, source: DeckSource, now: datetime = NOW) -> int:
    held = source.rates_that_hold(session, [world.rate_table_id], BRITAIN, now, UTC)
    return held[world.rate_table_id].tariff.price_per_minute_micros


@contextmanager
def _statements(session: Session) -> Iterator[list[str]]:
    """What is sent to the database meanwhile."""
    sent: list[str] = []

    def note(*args: Any) -> None:  # noqa: ANN401 (what SQLAlchemy gives)
        sent.append(args[2])

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


@contextmanager
def _no_statement(session: Session) -> Iterator[None]:
    with _statements(session) as sent:
        yield
    assert sent == []
