"""A primary with a synchronous standby, both real: which one is used, and what callingcard doctor says of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from databases import Cluster, migrated, started_cluster, url_of_both
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from command_line.__main__ import main
from command_line.doctor_hosts import look_at_hosts
from models.database import make_engine, make_read_engine
from services.store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from command_line.symptom import Symptom

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(180)]


@pytest.fixture
def pair() -> Iterator[tuple[Cluster, Cluster]]:
    for first in started_cluster():
        second = first.standby()
        yield first, second
        second.remove()


def looked_at(url: str) -> Symptom:
    return look_at_hosts(Settings(database_url=url, _env_file=None))


def port_of(url: str) -> int:
    engine = make_engine(url, pool_size=1)
    with engine.connect() as connection:
        port = connection.scalar(text("SHOW port"))
    engine.dispose()
    return int(str(port))


def test_the_writable_host_is_found_wherever_it_stands_and_doctor_names_each(pair: tuple[Cluster, Cluster]) -> None:
    """F6: the same URL before, during and after the change of the primary."""
    first, second = pair
    url = url_of_both(first, second, migrated(first.create_database()))
    turned = url_of_both(second, first, url.replace(f":{first.port},127.0.0.1:{second.port}", f":{second.port}"))
    assert port_of(url) == port_of(turned) == first.port
    here, there = f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"
    well = looked_at(url)
    assert (well.state, well.cure) == (f"{here} writable; {there} standby; commits wait for a standby", "")

    pool = make_engine(url, pool_size=2)
    readers = make_read_engine(url)
    with pool.connect() as one, readers.connect() as two:
        assert one.scalar(text("SHOW port")) == two.scalar(text("SHOW port")) == str(first.port)
    first.kill()
    with pytest.raises(DBAPIError), pool.connect() as dead:
        dead.execute(text("SELECT 1"))
    away = looked_at(url)
    assert f"{here} away" in away.state
    assert away.cure == f"Start the primary, or promote {there} (docs/production.md, A failover)"

    second.promote()
    with pool.begin() as one:  # the whole pool has forgotten its dead connections
        assert one.scalar(text("SHOW port")) == str(second.port)
        one.execute(text("CREATE TABLE afterwards (x int)"))
    with readers.connect() as two:  # a reader looks before it begins: nothing fails
        assert two.scalar(text("SHOW port")) == str(second.port)
    assert looked_at(url).cure.startswith(f"Start {here}")
    first.start()
    assert looked_at(url).cure.startswith("Two primaries: money may be written on both.")
    pool.dispose()
    readers.dispose()


def test_a_primary_that_stops_writing_is_left_for_the_one_that_writes(pair: tuple[Cluster, Cluster]) -> None:
    """A switch-over by hand: its connections live on, and each statement of them would fail for ever."""
    first, second = pair
    url = url_of_both(first, second, migrated(first.create_database()))
    pool = make_engine(url, pool_size=1)
    with pool.connect() as connection:
        connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"))
        connection.commit()
        with pytest.raises(DBAPIError) as refused:
            connection.execute(text("DELETE FROM hold"))
    assert refused.value.connection_invalidated
    with pool.begin() as connection:
        connection.execute(text("DELETE FROM hold"))
    pool.dispose()


def test_doctor_asks_for_a_standby_that_commits_wait_for(pair: tuple[Cluster, Cluster]) -> None:
    first, second = pair
    url = url_of_both(first, second, migrated(first.create_database()))
    first.wait_for_standby("")
    assert looked_at(url).cure.startswith(f"Set synchronous_standby_names on 127.0.0.1:{first.port}")


def test_a_url_that_is_wrong_is_a_sentence_of_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", "mysql://ivr:geheim@db1/cards")
    told = CliRunner().invoke(main, ["verify"])
    assert told.exit_code == 1
    assert "CALLINGCARD_DATABASE_URL: Value error, mysql is not served: use sqlite:///FILE" in told.output
    assert "geheim" not in told.output
