"""What machines are told of the platform: figures, health and readiness."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from factories import NOW, a_world, answered
from sqlalchemy.orm import Session

from fastagi.watcher.observed import observer
from models.database import make_read_engine
from services.audit.audit import Actor, Door
from services.live.note_sighting import note_sighting
from services.live.sighting import SeenCall, Sighting
from services.money.note_verification import last_verification, note_verification

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from fastagi.watcher.ami_link import AmiLink


@dataclass
class Named:
    name: str = "north"


@dataclass
class Link:
    """All that readiness asks of a link."""

    why: str = ""
    asterisk: Named = field(default_factory=Named)

    @property
    def is_up(self) -> bool:
        return not self.why


@pytest.fixture
def link() -> Link:
    return Link()


@pytest.fixture
def address(engine: Engine, database_url: str, tmp_path: Path, link: AmiLink) -> Iterator[str]:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group={"calls_max": 2})
        world.call("call-1")
        world.settle(answered("call-1", 5))
        world.call("call-2")
        note_sighting(session, Sighting("north", 500, [SeenCall(call_id="call-2")], frozenset(), 3))
        note_verification(session, 0, 3, Actor("worker", Door.JOB), NOW)
        session.commit()
    (tmp_path / "one.txt").write_text("half a line")
    observed = observer(make_read_engine(database_url), [link], tmp_path, Counter(beats=7))
    yield f"http://127.0.0.1:{observed.listen('127.0.0.1', 0)}"
    observed.close()


def page(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 (our own loopback)
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_figures_of_holds_asterisks_and_what_waits(address: str) -> None:
    status, text = page(f"{address}/metrics")
    assert status == 200
    lines = text.splitlines()
    for line in (
        'callingcard_holds_open{currency="USD"} 1.0',
        'callingcard_asterisk_up{asterisk="north"} 1.0',
        'callingcard_asterisk_channels{asterisk="north"} 3.0',
        "callingcard_reconciler_backlog 0.0",
        "callingcard_call_alarms_open 0.0",
        "callingcard_spool_waiting 1.0",
        "callingcard_verify_breaches 0.0",
        "callingcard_verify_seconds 3.0",
        'callingcard_events_total{event="beats"} 7.0',
    ):
        assert line in lines, text
    assert "# HELP callingcard_holds_open Calls whose money is held" in lines


def test_ready_tells_why_not_and_health_goes_on(address: str, link: Link) -> None:
    assert page(f"{address}/ready") == (200, "ready\n")
    link.why = "the connection was lost"
    assert page(f"{address}/ready") == (503, "Asterisk north: the connection was lost\n")
    assert page(f"{address}/health") == (200, "alive\n")
    assert page(f"{address}/nowhere")[0] == 404


def test_the_newest_proof_replaces_the_one_before(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        assert last_verification(session) is None
        for breaches in (2, 0):
            note_verification(session, breaches, 3, Actor("worker", Door.JOB), NOW)
        proof = last_verification(session)
    assert proof is not None
    assert (proof.at, proof.breaches) == (NOW, 0)
