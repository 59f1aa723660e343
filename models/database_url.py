"""URLs of databases: SQLite's, and PostgreSQL's with one host or with several, of which one is writable at a time."""

import re
from dataclasses import dataclass

from sqlalchemy import make_url
from sqlalchemy.engine import URL

POSTGRESQL = "postgresql+psycopg"  # the driver by its name: what postgresql:// means has changed before
PORT_DEFAULT = "5432"
HOSTS_MAX = 8
WORDS = "sqlite:///FILE, or postgresql+psycopg://USER@HOST,HOST/NAME (one host or several, each with :PORT if not 5432)"
_SHAPE = re.compile(r"(?P<scheme>[a-z0-9+]+)://(?P<authority>[^/?]*)(?P<rest>.*)", re.DOTALL)
_HOST = re.compile(r"(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:\[\],]+)(?::(?P<port>[0-9]{1,5}))?")
_SCHEMES = frozenset({"postgresql", "postgres", POSTGRESQL})


class DatabaseUrlRefused(ValueError):
    """The URL cannot be used; the sentence says what is expected, and never repeats a password."""


@dataclass(frozen=True, slots=True)
class DatabaseHost:
    """One server of those that a URL names."""

    host: str
    port: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_database_url(text: str | URL) -> URL:
    """Several hosts, as libpq writes them (postgresql://user@one:5432,two/name): the one that is writable is used,
    unless target_session_attrs says otherwise.
    """
    if isinstance(text, URL):
        return text
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise DatabaseUrlRefused(f"this is no URL of a database: use {WORDS}")
    if shape["scheme"].partition("+")[0] == "sqlite":
        return make_url(text)
    if shape["scheme"] not in _SCHEMES:
        raise DatabaseUrlRefused(f"{shape['scheme']} is not served: use {WORDS}")
    user, at, places = shape["authority"].rpartition("@")
    url = make_url(f"{POSTGRESQL}://{user}{at}{shape['rest']}")
    return _with_hosts(url, places) if places else url


def database_hosts(url: URL) -> list[DatabaseHost]:
    """Every server that the URL names, in its order."""
    if url.host:
        return [DatabaseHost(url.host, str(url.port or PORT_DEFAULT))]
    hosts, ports = _words(url, "host"), _words(url, "port")
    if len(ports) < len(hosts):
        ports = (ports or [PORT_DEFAULT]) * len(hosts)
    return [DatabaseHost(host, port or PORT_DEFAULT) for host, port in zip(hosts, ports, strict=False)]


def only_host(url: URL, host: DatabaseHost) -> URL:
    """The same database on this server alone, whether it is writable or not."""
    return url.difference_update_query(["host", "port", "target_session_attrs"]).set(
        host=host.host, port=int(host.port)
    )


def for_reading(url: URL) -> URL:
    """A session that only reads would be taken for one on a server that cannot write: ask for the primary instead."""
    if url.query.get("target_session_attrs") != "read-write":
        return url
    return url.update_query_dict({"target_session_attrs": "primary"})


def libpq_url(url: URL) -> str:
    """For PostgreSQL's own programs, without the password, which goes by the environment."""
    bare = url._replace(password=None)  # set() takes None for "as it is"
    return bare.set(drivername="postgresql").render_as_string(hide_password=False)


def _with_hosts(url: URL, places: str) -> URL:
    found = [_HOST.fullmatch(place) for place in places.split(",")]
    if not all(found) or len(found) > HOSTS_MAX:
        raise DatabaseUrlRefused(f"{places!r} names no hosts: use {WORDS}")
    hosts = [(one["host"].strip("[]"), one["port"]) for one in found if one]
    if len(hosts) == 1:
        host, port = hosts[0]
        return url.set(host=host, port=int(port) if port else None)
    query = {"host": ",".join(host for host, _ in hosts), "port": ",".join(port or PORT_DEFAULT for _, port in hosts)}
    if "target_session_attrs" not in url.query:
        query["target_session_attrs"] = "read-write"
    return url.update_query_dict(query)


def _words(url: URL, name: str) -> list[str]:
    value = url.query.get(name, ())
    return [word for one in ([value] if isinstance(value, str) else value) for word in one.split(",")]
