"""`callingcard watch` as a process beside the plant, and what it has noted."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

from sqlalchemy import select

from command_line.demo.processes import Service
from models import CallAlarm
from services.live.live_report import asterisk_states, live_calls
from tests.asterisk_fixtures import free_tcp_port

if TYPE_CHECKING:
    from house import House

    from billing.judge_call import AlarmKind

HEARTBEAT_SECONDS = 2
BEATS = 'callingcard_events_total{event="beats"}'


class Watch:
    """`callingcard watch` as a process, on the plant's Asterisk."""

    def __init__(self, house: House, name: str = "north", *, ami_port: int | None = None) -> None:
        self.house = house
        self.name = name
        self.ami_port = ami_port
        self.observe_port = free_tcp_port()
        self.log = house.state / "log" / "watcher.log"
        self.service: Service | None = None
        self.sees_spool = True
        self.sees_log = True  # Asterisk's event log

    def start(self) -> None:
        instance = self.house.plant.platform.instance
        file = self.house.state / "asterisks.toml"
        file.touch(mode=0o600)
        cel_file = instance.cel_file if self.sees_log else self.house.state / "no-log" / "cel.csv"
        file.write_text(
            f"[{self.name}]\nport = {self.ami_port or instance.ami_port}\n"
            f'watcher_secret = "{instance.secrets["watcher"]}"\n'
            f'console_secret = "{instance.secrets["console"]}"\ncel_file = "{cel_file}"\n'
        )
        environment = {
            "CALLINGCARD_STATE_DIR": str(self.house.state),
            "CALLINGCARD_DATABASE_URL": self.house.serving_url,
            "CALLINGCARD_SPOOL_DIR": str(self.house.plant.spool if self.sees_spool else self.house.state / "no-spool"),
            "CALLINGCARD_ASTERISKS_FILE": str(file),
            "CALLINGCARD_WATCH_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
            "CALLINGCARD_WATCH_OBSERVE_PORT": str(self.observe_port),
        }
        self.service = Service("watcher", "fastagi.watcher", self.log, environment)
        self.service.wait_for_line("watcher started")

    def kill(self) -> None:
        """kill -9."""
        assert self.service is not None
        self.service.process.kill()
        self.service.process.wait()
        self.service = None

    def stop(self) -> None:
        if self.service is not None:
            self.service.stop()
            assert self.service.process.returncode == 0
            self.service = None

    def loses_the_spool(self) -> None:
        """So that a test can lose a line before anybody reads it."""
        self.stop()
        self.sees_spool = False
        self.start()

    def beats(self) -> int:
        """How many lists of channels and rounds of the reconciler it has done."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.observe_port}/metrics", timeout=10) as page:
            (line,) = [line for line in page.read().decode().splitlines() if line.startswith(BEATS)]
        return int(float(line.split()[1]))

    def sees_up(self) -> bool:
        with self.house.look() as session:
            return [state.is_up for state in asterisk_states(session) if state.name == self.name] == [True]

    def sees_talking(self, call_id: str) -> bool:
        with self.house.look() as session:
            return any(call.call_id == call_id and call.answered_at for call in live_calls(session))

    def alarms(self, call_id: str) -> list[AlarmKind]:
        with self.house.look() as session:
            return list(session.scalars(select(CallAlarm.kind).where(CallAlarm.call_id == call_id)))
