"""A server follows the rates: it loads them, sees each change, and keeps the last ones while the database is away."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from factories import BRITAIN, NOW, a_world
from sqlalchemy import update
from sqlalchemy.orm import Session

from fastagi.deck_watch import DeckWatch
from models import Rate
from models.database import make_read_engine
from services.routing.deck import DeckSource
from services.routing.deck_revision import touch_deck

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from factories import World
    from sqlalchemy import Engine


def test_a_change_reaches_the_server(engine: Engine, database_url: str) -> None:
    with Session(engine) as session, session.begin():
        world = a_world(session)
    watch = DeckWatch(make_read_engine(database_url), DeckSource(), lambda: NOW)
    assert watch.refresh()
    assert not watch.refresh()  # nothing has changed
    assert _price(engine, world, watch) == 60_000
    _change(engine, world, 50_000)
    assert _price(engine, world, watch) == 60_000
    assert watch.refresh()
    assert _price(engine, world, watch) == 50_000
    watch.engine.dispose()


def test_the_last_rates_stay_while_the_database_is_away(engine: Engine, database_url: str, tmp_path: Path) -> None:
    with Session(engine) as session, session.begin():
        world = a_world(session)
    watch = DeckWatch(make_read_engine(database_url), DeckSource(), lambda: NOW)
    watch.refresh()
    deck, there = watch.source.deck, watch.engine
    watch.engine = make_read_engine(f"sqlite:///{tmp_path / 'nowhere' / 'lost.sqlite'}")
    assert not watch.refresh()
    assert watch.source.deck is deck
    watch.engine = there
    _change(engine, world, 50_000)
    assert watch.refresh()
    there.dispose()


def test_a_server_that_ends_waits_for_no_load(engine: Engine, database_url: str) -> None:
    with Session(engine) as session, session.begin():
        a_world(session)

    def told_to_end_meanwhile() -> datetime:
        watch.stop()
        return NOW

    watch = DeckWatch(make_read_engine(database_url), DeckSource(), told_to_end_meanwhile)
    asyncio.run(watch.follow())
    assert watch.source.deck.rates == 0
    watch.engine.dispose()


def _change(engine: Engine, world: World, price_micros: int) -> None:
    with Session(engine) as session, session.begin():
        rates = update(Rate).where(Rate.rate_table_id == world.rate_table_id)
        session.execute(rates.values(price_per_minute_micros=price_micros))
        touch_deck(session, world.rate_table_id)


def _price(engine: Engine, world: World, watch: DeckWatch) -> int:
    with Session(engine) as session:
        held = watch.source.rates_that_hold(session, [world.rate_table_id], BRITAIN, NOW, NOW.tzinfo)
    return held[world.rate_table_id].tariff.price_per_minute_micros
