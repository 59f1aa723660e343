"""What every test may ask for: a migrated database of each kind, sessions on it, and the demo's data."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

sys.path.insert(0, str(Path(__file__).parent))

from databases import Cluster, SqliteDatabases, started_cluster
from postgresql_databases import PostgresqlDatabases

from models.database import make_engine
from services.keys.pin_keys import PinKeys

# The same stories at each run: who changes something else must not meet an old fault. Nightly runs look for new ones.
settings.register_profile("repeatable", derandomize=True)
if "CALLINGCARD_MODEL_EXAMPLES" not in os.environ:
    settings.load_profile("repeatable")

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEYS = PinKeys(1, b"d" * 32, b"e" * 32)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    yield from started_cluster(is_durable=False)


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases(cluster: Cluster) -> PostgresqlDatabases:
    return PostgresqlDatabases(cluster)


@pytest.fixture(scope="module")
def url_served(sqlite_databases: SqliteDatabases) -> str:
    """The database that a door shows to a browser through all tests of a file."""
    return sqlite_databases.create()


@pytest.fixture(scope="module")
def engine_served(url_served: str) -> Iterator[Engine]:
    engine = make_engine(url_served)
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a fresh, migrated database; the test runs once for each kind."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url, pool_size=20)
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine, autoflush=False) as session:
        yield session


@pytest.fixture
def keys() -> PinKeys:
    return KEYS


@pytest.fixture
def now() -> datetime:
    return NOW
