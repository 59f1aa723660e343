"""Most use cases are tested on one database of each kind that every test rolls back; races ask for `engine`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import World, a_world
from sqlalchemy.orm import Session

from models.database import make_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def shared_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    databases = request.getfixturevalue(f"{request.param}_databases")
    url = databases.create()
    engine = make_engine(url, pool_size=2)
    yield engine
    engine.dispose()
    databases.drop(url)


@pytest.fixture
def session(shared_engine: Engine) -> Iterator[Session]:
    with Session(shared_engine, autoflush=False) as session:
        yield session
        session.rollback()


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session)


@pytest.fixture
def committed_world(engine: Engine) -> Iterator[World]:
    """The same world for all the sessions of a race."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        session.commit()
        yield world
