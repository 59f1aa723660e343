"""The console as it is served in production: streams leave threads to pages, and end when the server stops."""

from __future__ import annotations

import http.client
import signal
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from factories import a_world
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.app import create_app
from billing.rights import Role
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator
from services.operators.sessions import open_session
from services.store.settings import Settings
from tests.admin_web.gunicorn_served import free_port, gunicorn_served
from web_base.database import engines

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.databases import SqliteDatabases

THREADS = 4
STOPS_SECONDS_MAX = 50  # a stream alone would hold its worker for the minute of gunicorn's patience


@pytest.fixture
def settings(sqlite_databases: SqliteDatabases, tmp_path: Path) -> Settings:
    return Settings(
        state_dir=tmp_path,
        database_url=sqlite_databases.create(),
        console_port=free_port(),
        database_connections=THREADS,
        console_workers=1,
        _env_file=None,
    )


@pytest.fixture
def cookie(settings: Settings) -> str:
    app = create_app(settings)
    with Session(engines(app)[0], autoflush=False) as session, session.begin():
        a_world(session)
        operator = create_operator(session, "Olga", OperatorRole(Role.OWNER), Actor("tests", Door.CLI), now())
        token = open_session(session, operator.id, now())
    for engine in engines(app):
        engine.dispose()
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return f"callingcard_console={signer.dumps({'token': token})}"


@pytest.fixture
def server(settings: Settings, cookie: str) -> Iterator[subprocess.Popen[bytes]]:
    del cookie
    served = {
        "STATE_DIR": settings.state_dir,
        "DATABASE_URL": settings.database_url or "",
        "CONSOLE_PORT": settings.console_port,
        "DATABASE_CONNECTIONS": THREADS,
        "CONSOLE_WORKERS": 1,
    }
    with gunicorn_served(served) as process:
        yield process


@pytest.fixture
def ask(settings: Settings, cookie: str) -> Iterator[Callable[[str], http.client.HTTPResponse]]:
    """By a line of its own each time; all are closed at the end."""
    with ExitStack() as lines:

        def asked(path: str) -> http.client.HTTPResponse:
            line = lines.enter_context(
                closing(http.client.HTTPConnection("127.0.0.1", settings.console_port, timeout=60))
            )
            line.request("GET", path, headers={"Cookie": cookie})
            return lines.enter_context(line.getresponse())

        yield asked


def test_streams_leave_threads_to_pages_and_end_when_the_server_stops(
    server: subprocess.Popen[bytes], ask: Callable[[str], http.client.HTTPResponse]
) -> None:
    """console.md 5.3: past the cap the stream answers 503; a stop waits for no stream."""
    streams = [ask("/live/stream") for _ in range(THREADS // 2)]
    assert [stream.status for stream in streams] == [200] * len(streams)
    assert [stream.readline().startswith(b"retry:") for stream in streams] == [True] * len(streams)
    assert ask("/live/stream").status == 503
    assert ask("/live/").status == 200
    server.send_signal(signal.SIGTERM)
    for stream in streams:
        assert b"No calls now." in stream.read()  # until its end: the line is closed in order, not cut
    assert server.wait(STOPS_SECONDS_MAX) == 0
