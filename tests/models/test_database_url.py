"""URLs of databases: one host, several, and what is refused."""

from __future__ import annotations

import pytest

from models.database_url import (
    DatabaseUrlRefused,
    database_hosts,
    for_reading,
    libpq_url,
    only_host,
    parse_database_url,
)

TWO = "postgresql+psycopg://ivr:se%40cret@db1:5433,db2/cards"


def hosts(text: str) -> list[str]:
    return [str(host) for host in database_hosts(parse_database_url(text))]


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_driver_does_not_depend_on_how_postgresql_is_written(scheme: str) -> None:
    assert parse_database_url(f"{scheme}://ivr@db1/cards").drivername == "postgresql+psycopg"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://ivr@db1/cards", ["db1:5432"]),
        ("postgresql://ivr@db1:6000/cards", ["db1:6000"]),
        (TWO, ["db1:5433", "db2:5432"]),
        ("postgresql://ivr@[::1]:5433,[fe80::2]/cards", ["::1:5433", "fe80::2:5432"]),
        ("postgresql://ivr@/cards?host=db1,db2&port=5433,5434", ["db1:5433", "db2:5434"]),
        ("postgresql://ivr@/cards?host=db1,db2", ["db1:5432", "db2:5432"]),
        ("sqlite:////tmp/cards.sqlite", []),
    ],
)
def test_every_host_of_a_url_is_known(text: str, expected: list[str]) -> None:
    assert hosts(text) == expected


def test_of_several_hosts_the_writable_one_is_used_unless_another_is_asked_for() -> None:
    assert parse_database_url(TWO).query["target_session_attrs"] == "read-write"
    assert parse_database_url(f"{TWO}?target_session_attrs=any").query["target_session_attrs"] == "any"
    assert "target_session_attrs" not in parse_database_url("postgresql://ivr@db1/cards").query


def test_a_reader_asks_for_the_primary_since_its_own_session_writes_nothing() -> None:
    assert for_reading(parse_database_url(TWO)).query["target_session_attrs"] == "primary"
    standby = parse_database_url(f"{TWO}?target_session_attrs=standby")
    assert for_reading(standby) == standby


def test_one_host_alone_is_asked_whatever_it_is() -> None:
    url = parse_database_url(TWO)
    alone = only_host(url, database_hosts(url)[1])
    assert (alone.host, alone.port, dict(alone.query)) == ("db2", 5432, {})
    assert alone.password == "se@cret"


def test_postgresqls_own_programs_get_every_host_and_no_password() -> None:
    told = libpq_url(parse_database_url(TWO))
    assert told == "postgresql://ivr@/cards?host=db1%2Cdb2&port=5433%2C5432&target_session_attrs=read-write"


@pytest.mark.parametrize(
    "text",
    [
        "cards.sqlite",
        "mysql://ivr@db1/cards",
        "postgresql+psycopg2://ivr:geheim@db1/cards",
        "postgresql://ivr:geheim@db1:x,db2/cards",
        "postgresql://ivr@db1,,db2/cards",
        f"postgresql://ivr@{','.join(9 * ['db1'])}/cards",
    ],
)
def test_what_is_refused_is_told_with_what_is_expected_and_no_password(text: str) -> None:
    with pytest.raises(DatabaseUrlRefused, match="use sqlite:///FILE, or postgresql") as told:
        parse_database_url(text)
    assert "geheim" not in str(told.value)
