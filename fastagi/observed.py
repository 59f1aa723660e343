"""What a call server tells of itself: sessions, the queue before the database, the spool, and whether it can serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastagi.observe import Observer, database_problems, spool_figures
from services.live.platform_figures import Figure
from services.store.engines import read_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from fastagi.database import Database
    from fastagi.metrics import CallMetrics
    from fastagi.server import CardServer
    from services.store.settings import Settings


def observer(settings: Settings, server: CardServer, database: Database, metrics: CallMetrics) -> Observer:
    """It reads by an engine of its own: a scrape waits for no call, and no call for a scrape."""
    engine = read_engine(settings)
    return Observer(
        lambda: [*_figures(server, database), *spool_figures(settings.spool_folder)],
        lambda: dict(server.counters),
        lambda: list(_problems(server, engine)),
        engine.dispose,
        metrics.registry,
    )


def _figures(server: CardServer, database: Database) -> Iterator[Figure]:
    yield Figure("sessions", "AGI sessions that are open now", server.sessions)
    yield Figure("sessions_max", "As many may be", server.limits.connections_max)
    yield Figure("database_jobs", "Use cases at work or waiting for a thread", database.jobs)
    yield Figure("database_queue", "Use cases that wait for a thread", database.queue)
    yield Figure("database_threads", "Threads that work on use cases", database.threads)


def _problems(server: CardServer, engine: Engine) -> Iterator[str]:
    """Sentences; none while callers can be served."""
    if server.is_stopping:
        yield "the server is stopping"
    yield from database_problems(engine)
