"""A demo as `callingcard up` makes it: its data, its call server, the console with its phone; Asterisk if wanted."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from served_console import served_console
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from command_line.demo.instances import platform_spec, write_demo
from command_line.init import init
from command_line.trunk_plan import plan_from
from ivr_prompts.build import build
from ivr_prompts.espeak_voice import EspeakVoice
from ivr_prompts.language import load_language
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.keys.pin_keys import load_pin_keys
from services.operators.save_operator import OperatorRole, create_operator, set_password
from services.store.settings import Settings
from telephony.boot import boot
from telephony.configuration import write_instance
from tests.asterisk_fixtures import free_tcp_port, free_udp_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from telephony.program import AsteriskProgram

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
def demo_house(
    folder: Path,
    asterisk: AsteriskProgram | None = None,
    **more: Any,  # noqa: ANN401 (settings of many kinds)
) -> Iterator[House]:
    """`more` are settings beside those that every such house has."""
    more = {"fastagi_port": free_tcp_port(), **more}
    environment = {f"CALLINGCARD_{name.upper()}": str(value) for name, value in more.items()}
    environment |= {"CALLINGCARD_STATE_DIR": str(folder), "CALLINGCARD_DATABASE_URL": ""}
    made = CliRunner(env=environment).invoke(init, ["--demo", "--json"])
    assert made.exit_code == 0, made.output
    settings = Settings(state_dir=folder, console_phone=True, **more, _env_file=None)
    _make_operator(settings)
    with ExitStack() as running:
        if asterisk is not None:
            start_asterisk(settings, asterisk, running)
        running.enter_context(_call_server(settings, environment))
        if asterisk is not None:
            running.enter_context(_watcher(settings, environment))
        address = running.enter_context(served_console(settings))
        yield House(address, settings, json.loads(made.stdout)["cards"])


def start_asterisk(settings: Settings, asterisk: AsteriskProgram, running: ExitStack) -> None:
    """The platform with its websocket and real prompts, and the demo's carriers."""
    build(load_language("en"), settings.prompts_dir, EspeakVoice())
    settings.spool_folder.mkdir(parents=True)
    engine = make_engine(settings.database_url_or_default)
    with Session(engine) as session:
        spec = platform_spec(settings, plan_from(session, load_pin_keys(settings.keys_file)))
    engine.dispose()
    for instance in (write_demo(settings, asterisk), write_instance(spec, asterisk)):
        running.callback(boot(instance, asterisk).stop)


def asterisk_ports() -> dict[str, Any]:
    """Free ports for everything that two Asterisks listen on."""
    tcp = ("ami_port", "demo_ami_port", "phone_websocket_port")
    ports: dict[str, Any] = {name: free_tcp_port() for name in tcp}
    ports |= {"sip_port": free_udp_port(), "demo_sip_port": free_udp_port()}
    return ports | {"rtp_ports": "24000-24998", "demo_rtp_ports": "25000-25998"}


def _make_operator(settings: Settings) -> None:
    engine = make_engine(settings.database_url_or_default)
    with Session(engine) as session, session.begin():
        create_operator(session, NAME, OperatorRole(Role.OWNER), Actor("tests", Door.CLI), now())
        set_password(session, NAME, PASSWORD, Actor("tests", Door.CLI), now())
    engine.dispose()


@contextmanager
def _call_server(settings: Settings, environment: dict[str, str]) -> Iterator[None]:
    with (settings.state_dir / "fastagi.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "fastagi"], env={**os.environ, **environment}, stdout=log, stderr=log
        )
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


@contextmanager
def _watcher(settings: Settings, environment: dict[str, str]) -> Iterator[None]:
    """It tells of answers while calls are up."""
    with (settings.state_dir / "watcher.log").open("wb") as log:
        watcher = subprocess.Popen(
            [sys.executable, "-m", "fastagi.watcher"], env={**os.environ, **environment}, stdout=log, stderr=log
        )
    try:
        yield
    finally:
        watcher.terminate()
        watcher.wait(40)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
