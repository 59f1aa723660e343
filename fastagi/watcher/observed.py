"""What the watcher tells of the whole platform: figures of the database, the spool, and each Asterisk's link."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from fastagi.observe import Observer, database_problems, spool_figures
from fastagi.watcher.ami_link import AmiLink
from services.live.platform_figures import Figure, platform_figures


def observer(engine: Engine, links: Sequence[AmiLink], spool: Path, counters: Counter[str]) -> Observer:
    """`engine` is its own, for reading: a scrape never waits for the watcher, nor the watcher for a scrape."""
    return Observer(
        lambda: figures(engine, spool), lambda: dict(counters), lambda: problems(engine, links), engine.dispose
    )


def figures(engine: Engine, spool: Path) -> list[Figure]:
    with Session(engine) as session:
        return [*platform_figures(session, datetime.now(UTC)), *spool_figures(spool)]


def problems(engine: Engine, links: Sequence[AmiLink]) -> list[str]:
    """Sentences; none when the watcher can do its work."""
    lost = [f"Asterisk {link.asterisk.name}: {link.why}" for link in links if not link.is_up]
    return [*lost, *database_problems(engine)]
