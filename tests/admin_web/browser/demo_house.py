"""A demo as `callingcard up` makes it, without Asterisk: its data, its call server, and the console with its phone."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from admin_web.access import now
from admin_web.app import create_app
from admin_web.database import engines
from billing.rights import Role
from command_line.init import init
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator, set_password
from services.store.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME, PASSWORD = "Olga", "seven wet badgers"
START_SECONDS_MAX = 60


@dataclass(frozen=True, slots=True)
class House:
    """`cards` as `callingcard init --json` tells them."""

    address: str
    settings: Settings
    cards: list[dict[str, Any]]

    def card(self, place: int) -> dict[str, Any]:
        return [card for card in self.cards if not card["pin_only"]][place]


@contextmanager
def demo_house(folder: Path, **more: Any) -> Iterator[House]:  # noqa: ANN401 (settings of many kinds)
    """`more` are settings beside those that every such house has."""
    environment = {"CALLINGCARD_STATE_DIR": str(folder), "CALLINGCARD_DATABASE_URL": ""}
    made = CliRunner(env=environment).invoke(init, ["--demo", "--json"])
    assert made.exit_code == 0, made.output
    more = {"fastagi_port": free_port(), **more}
    settings = Settings(state_dir=folder, console_phone=True, **more, _env_file=None)
    _make_operator(settings)
    with ExitStack() as running:
        running.enter_context(_call_server(settings, environment))
        address = running.enter_context(_console(settings))
        yield House(address, settings, json.loads(made.stdout)["cards"])


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _make_operator(settings: Settings) -> None:
    engine = make_engine(settings.database_url_or_default)
    with Session(engine) as session, session.begin():
        create_operator(session, NAME, OperatorRole(Role.OWNER), Actor("tests", Door.CLI), now())
        set_password(session, NAME, PASSWORD, Actor("tests", Door.CLI), now())
    engine.dispose()


@contextmanager
def _call_server(settings: Settings, environment: dict[str, str]) -> Iterator[None]:
    wanted = {**os.environ, **environment, "CALLINGCARD_FASTAGI_PORT": str(settings.fastagi_port)}
    if settings.trace_file is not None:
        wanted["CALLINGCARD_TRACE_FILE"] = str(settings.trace_file)
    with (settings.state_dir / "fastagi.log").open("wb") as log:
        server = subprocess.Popen([sys.executable, "-m", "fastagi"], env=wanted, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START_SECONDS_MAX
        while not _listens(settings.fastagi_port):
            assert server.poll() is None, (settings.state_dir / "fastagi.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield
    finally:
        server.terminate()
        server.wait(40)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _console(settings: Settings) -> Iterator[str]:
    app = create_app(settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    for engine in engines(app):
        engine.dispose()
