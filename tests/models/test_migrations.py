"""The schema: from nothing to the newest and back, on both databases, and in step with the tables of the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from factories import a_world, answered
from sqlalchemy import Engine, inspect, text
from sqlalchemy.orm import Session

from models import Base
from models.database import make_engine
from services.money.verify_ledger import TRIGGERS_POSTGRESQL, TRIGGERS_SQLITE
from services.store.migrate import alembic_config, upgrade
from services.store.schema import is_current, newest_revision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database in which nothing was ever made."""
    if request.param == "sqlite":
        engine = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}", pool_size=1)
        yield engine
        engine.dispose()
        return
    cluster = request.getfixturevalue("cluster")
    url = cluster.create_database()
    engine = make_engine(url, pool_size=1)
    yield engine
    engine.dispose()
    cluster.drop_database(url)


def downgrade(engine: Engine) -> None:
    config = alembic_config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def triggers(engine: Engine) -> set[str]:
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[engine.dialect.name]
    with engine.connect() as connection:
        return set(connection.scalars(text(query)))


def test_from_nothing_to_the_newest_and_back_and_again(empty: Engine) -> None:
    guards = TRIGGERS_SQLITE if empty.dialect.name == "sqlite" else TRIGGERS_POSTGRESQL
    assert not is_current(empty)
    for _ in range(2):
        upgrade(empty)
        assert is_current(empty)
        assert tables(empty) == set(Base.metadata.tables)
        assert triggers(empty) == guards
        downgrade(empty)
        assert (tables(empty), triggers(empty)) == (set(), set())
    assert not is_current(empty)


def test_an_upgrade_of_the_newest_changes_nothing(engine: Engine) -> None:
    """And a database that is in use keeps what is in it."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        world.call("call-1")
        world.settle(answered("call-1", 60))
        session.commit()
    upgrade(engine)
    with Session(engine) as session:
        assert world.on(session).is_proved()
        assert len(world.on(session).ledger()) == 1


def test_the_newest_schema_is_that_of_the_tables(engine: Engine) -> None:
    """What `alembic check` would find: nothing."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def checks(engine: Engine) -> dict[str, set[str]]:
    found = inspect(engine)
    return {name: {check["name"] or "" for check in found.get_check_constraints(name)} for name in tables(engine)}


def test_every_check_of_the_tables_is_in_the_database(empty: Engine, tmp_path: Path) -> None:
    """Alembic compares no CHECK, so this does: those of the migrations are those of the tables."""
    upgrade(empty)
    declared = make_engine(f"sqlite:///{tmp_path / 'declared.sqlite'}", pool_size=1)
    Base.metadata.create_all(declared)
    assert checks(empty) == checks(declared)
    assert sum(map(len, checks(empty).values())) > 50
    declared.dispose()


def test_the_history_is_one_line() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    revisions = [revision.revision for revision in script.walk_revisions()][::-1]
    assert len(script.get_heads()) == len(script.get_bases()) == 1
    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]
    assert not any(revision.is_merge_point or revision.is_branch_point for revision in script.walk_revisions())


def test_every_migration_says_why() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert all(len((revision.module.__doc__ or "").split()) > 10 for revision in script.walk_revisions())


def test_an_interrupted_migration_leaves_nothing_behind(empty: Engine) -> None:
    """F37: each is one transaction, on SQLite too."""
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE hold (x INTEGER)"))  # the first migration will stumble over it
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty)
    assert tables(empty) == {"hold"}
    with empty.begin() as connection:
        connection.execute(text("DROP TABLE hold"))
    upgrade(empty)
    assert is_current(empty)


def test_the_newest_migration_is_known_without_alembic() -> None:
    """A command asks for it before it does anything."""
    assert newest_revision() == ScriptDirectory.from_config(alembic_config()).get_current_head()
