"""Keep the deck of rates up to date: every second ask for its revision, and load what changed beside the calls."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from fastagi.heap import give_heap_back, short_turns
from services.routing.deck import DeckSource, LoadStopped, load_deck
from services.routing.deck_revision import deck_revision

POLL_SECONDS = 1.0  # a change reaches every server within this time and that of reading the tables that changed
log = structlog.get_logger(__name__)


@dataclass(slots=True)
class DeckWatch:
    """`engine` is one for reading (models.database.make_read_engine): a load of minutes must not be cut short as a
    call's statement is. While the database is away the last deck stays: no call is authorised then anyway.
    """

    engine: Engine
    source: DeckSource
    now: Callable[[], datetime]
    _is_away: bool = False
    _stop: threading.Event = field(default_factory=threading.Event)

    async def follow(self) -> None:
        """For ever; in a thread of its own, so that neither calls nor their pool of threads wait."""
        while not self._stop.is_set():
            await asyncio.to_thread(self.refresh)
            await asyncio.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """A load ends after the table that is being read."""
        self._stop.set()

    def refresh(self) -> bool:
        """True when there is a new deck."""
        try:
            is_new = self._load()
        except (DBAPIError, PoolTimeout) as lost:
            if not self._is_away:
                log.warning("rates not read, the last ones stay", why=type(lost).__name__)
            self._is_away = True
            return False
        except LoadStopped:
            return False
        self._is_away = False
        return is_new

    def _load(self) -> bool:
        with Session(self.engine) as session, session.begin():
            if deck_revision(session) == self.source.deck.revision:
                return False
            begun = time.monotonic()
            with short_turns():
                deck = load_deck(session, self.source.deck, self.now(), is_stopped=self._stop.is_set)
        self.source.deck = deck
        give_heap_back()
        seconds = round(time.monotonic() - begun, 2)
        log.info("rates loaded", revision=deck.revision, tables=len(deck.tables), rates=deck.rates, seconds=seconds)
        return True
