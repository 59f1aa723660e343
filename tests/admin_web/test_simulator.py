"""The simulator page: who may call, when it is switched on, what is audited, and what it says when nothing answers."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import ACCESS, NOW
from sqlalchemy import select

from admin_web.phones.browser_line import LEASE_SECONDS_MAX, BrowserLines
from admin_web.phones.mor_steps import StepState, step_states
from billing.rights import Role as OperatorRole
from models import AuditEntry
from services.calls.try_call import TryRefused
from services.store.settings import Settings
from telephony.instance import Instance, Role, save_instance
from telephony.web_phone import LINES
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from factories import World
    from flask import Flask

SECONDS_MAX = 30
NOBODY_LISTENS = 9
ORDER = {"access_number": ACCESS, "caller_id": "+37060000001", "carriers": "answer:60"}


@pytest.fixture
def phone(app: Flask, tmp_path: Path, database_url: str) -> Settings:
    """Switched on, with a call server that is away."""
    settings = Settings(
        state_dir=tmp_path, database_url=database_url, console_phone=True, fastagi_port=NOBODY_LISTENS, _env_file=None
    )
    app.config["SETTINGS"] = settings
    return settings


def news(visitor: Visitor) -> dict[str, Any]:
    told: dict[str, Any] = visitor.get("/simulator/news").get_json()
    return told


def wait_for_the_end(visitor: Visitor) -> dict[str, Any]:
    until = time.monotonic() + SECONDS_MAX
    while (told := news(visitor))["is_up"] or not told["events"]:
        assert time.monotonic() < until, told
        time.sleep(0.05)
    return told


def tried(world: World) -> list[tuple[str, str | None]]:
    return [
        (entry.object_id, entry.after["caller_id"])
        for entry in world.session.scalars(select(AuditEntry).where(AuditEntry.act == "call.tried"))
        if entry.after
    ]


def test_it_is_off_unless_a_setting_switches_it_on(world: World, signed_in: Callable[..., Visitor]) -> None:
    visitor = signed_in(OperatorRole.OWNER)
    assert "CALLINGCARD_CONSOLE_PHONE=true" in visitor.get("/simulator/").text
    refused = visitor.post("/cards/1-000000001", "/simulator/call", **ORDER)
    assert refused.status_code == 403
    assert tried(world) == []


@pytest.mark.usefixtures("phone")
def test_a_call_is_audited_before_it_is_placed(world: World, signed_in: Callable[..., Visitor]) -> None:
    visitor = signed_in(OperatorRole.SUPPORT)
    assert visitor.post("/simulator/", "/simulator/call", **ORDER).get_json() == {"why": None}
    told = wait_for_the_end(visitor)
    assert told["events"][-1] == {"kind": "over", "server_was_away": True}
    assert tried(world) == [(ACCESS, "+37060000001")]


@pytest.mark.usefixtures("phone")
def test_a_server_that_is_away_is_told_with_the_command_that_starts_it(
    world: World, signed_in: Callable[..., Visitor]
) -> None:
    del world
    text = text_of(signed_in().get("/simulator/"))
    assert "No call server answers at 127.0.0.1:9" in text
    assert "callingcard fastagi" in text


@pytest.mark.usefixtures("phone")
@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("access_number", "18009999999", "is no access number of this platform"),
        ("access_number", f"{ACCESS}&Local/1", "is no access number of this platform"),
        ("caller_id", "anonymous", "A caller id has at most 15 digits"),
        ("carriers", "perhaps", "is no outcome of a carrier"),
    ],
)
def test_what_cannot_be_called_is_refused_with_the_reason(
    world: World, signed_in: Callable[..., Visitor], field: str, value: str, why: str
) -> None:
    del world
    refused = signed_in().post("/simulator/", "/simulator/call", **{**ORDER, field: value})
    assert refused.status_code == 409
    assert why in refused.get_json()["why"]


@pytest.mark.usefixtures("phone")
def test_each_operator_has_a_line_of_its_own(world: World, signed_in: Callable[..., Visitor]) -> None:
    del world
    one, other = signed_in(OperatorRole.OWNER), signed_in(OperatorRole.SUPPORT)
    one.post("/simulator/", "/simulator/call", **ORDER)
    wait_for_the_end(one)
    assert news(other)["events"] == []


@pytest.mark.usefixtures("phone")
def test_keys_of_another_kind_are_refused_and_none_is_taken_without_a_call(
    world: World, signed_in: Callable[..., Visitor]
) -> None:
    del world
    visitor = signed_in()
    assert visitor.post("/simulator/", "/simulator/press", keys="12;rm").status_code == 400
    assert visitor.post("/simulator/", "/simulator/press", keys="12#").get_json() == {"is_up": False}


@pytest.fixture
def websocket(app: Flask, phone: Settings) -> None:
    """The browser phone is switched on, and no Asterisk was ever set up here."""
    app.config["SETTINGS"] = phone.model_copy(update={"phone_websocket_port": NOBODY_LISTENS})


@pytest.mark.usefixtures("phone")
def test_without_its_websocket_the_browser_phone_is_not_offered(
    world: World, signed_in: Callable[..., Visitor]
) -> None:
    visitor = signed_in()
    page = visitor.get("/simulator/")
    assert 'value="browser"' not in page.text
    assert "connect-src" not in page.headers["Content-Security-Policy"]
    refused = visitor.post("/simulator/", "/simulator/browser", **ORDER)
    assert (refused.status_code, refused.get_json()["why"]) == (409, "The browser phone is switched off here.")
    assert tried(world) == []


@pytest.mark.usefixtures("websocket")
def test_without_asterisk_the_browser_phone_says_what_starts_one(
    world: World, signed_in: Callable[..., Visitor]
) -> None:
    del world
    refused = signed_in().post("/simulator/", "/simulator/browser", **ORDER)
    assert (refused.status_code, refused.get_json()["why"]) == (
        409, "There is no Asterisk here. Start one: callingcard up"
    )  # fmt: skip


@pytest.mark.usefixtures("websocket")
def test_the_websocket_may_be_reached_from_this_page_only(
    app: Flask, world: World, signed_in: Callable[..., Visitor], tmp_path: Path
) -> None:
    """And only where set-up brought the SIP library."""
    del world
    visitor = signed_in()
    app.static_folder = str(tmp_path)
    assert "connect-src" not in visitor.get("/simulator/").headers["Content-Security-Policy"]
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "jssip.min.js").touch()
    policy = visitor.get("/simulator/").headers["Content-Security-Policy"]
    assert f"connect-src 'self' ws://127.0.0.1:{NOBODY_LISTENS}" in policy
    assert "unsafe" not in policy
    assert "connect-src" not in visitor.get("/calls/").headers["Content-Security-Policy"]


def test_lines_go_round_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four calls at once; who calls again gives the line before back; a line that nobody gave back is taken back."""
    console: list[str] = []
    settings = Settings(state_dir=tmp_path, phone_websocket_port=8088, _env_file=None)
    instance = an_instance(tmp_path)
    save_instance(instance)
    monkeypatch.setattr(BrowserLines, "_ask", lambda _self, _instance, command: console.append(command) or "success")
    lines = BrowserLines(settings, NOW)
    tickets = [lines.open(operator, "") for operator in range(1, 5)]
    assert [ticket.line for ticket in tickets] == list(LINES)
    assert tickets[0].url == f"ws://127.0.0.1:8088/{instance.secrets['websocket']}/ws"
    with pytest.raises(TryRefused, match="Every line"):
        lines.open(5, "")
    assert lines.open(2, "37060000001").line == LINES[1]
    assert f"database del callingcard_phone/auth {LINES[1]}" in console
    lines.end(3)
    assert lines.open(5, "").line == LINES[2]
    console.clear()
    (tmp_path / "platform" / "instance.json").rename(tmp_path / "platform" / "away")
    lines.end(1)  # nothing to close any more, and nothing breaks
    (tmp_path / "platform" / "away").rename(tmp_path / "platform" / "instance.json")
    BrowserLines(settings, NOW + timedelta(seconds=LEASE_SECONDS_MAX + 1)).sweep()
    taken_back = [command for command in console if command.startswith("database del")]
    assert sorted(taken_back) == [f"database del callingcard_phone/auth {line}" for line in LINES[1:]]


def an_instance(folder: Path) -> Instance:
    platform = folder / "platform"
    platform.mkdir()
    secrets = {"websocket": "a-secret-path"}
    return Instance(platform, platform / "run", Role.PLATFORM, "127.0.0.1", 5060, 5038, secrets, ())


def heard(prompt: str) -> dict[str, Any]:
    return {"kind": "heard", "prompt": prompt}


def test_the_ten_steps_light_up_as_the_call_goes_on() -> None:
    """M-17 to M-26: MOR's ten steps; 1 and 2 are before the call."""
    done, now, waiting = StepState.DONE, StepState.NOW, StepState.WAITING
    before = [StepState.ELSEWHERE] * 2
    events: list[dict[str, Any]] = []
    assert step_states(events) == before + [waiting] * 8
    events += [{"kind": "answered"}, heard("welcome"), heard("enter-card-number"), heard("enter-pin")]
    assert step_states(events) == [*before, done, now, *[waiting] * 6]
    events += [heard("your-balance-is"), heard("enter-destination-end-with-hash"), heard("you-have")]
    assert step_states(events) == [*before, done, done, done, done, done, now, waiting, waiting]
    events += [{"kind": "dialled"}, {"kind": "settled", "confirmed": True}]
    assert step_states(events) == [*before, *[done] * 7, now]


def test_what_is_not_said_or_asked_is_shown_as_left_out() -> None:
    """A known phone is not asked (M-29), and the group says no balance and no time."""
    events = [{"kind": "answered"}, heard("enter-destination-end-with-hash"), {"kind": "dialled"}]
    states = step_states(events)
    assert [states[number - 1] for number in (4, 5, 6, 8)] == [
        StepState.SKIPPED, StepState.DONE, StepState.SKIPPED, StepState.SKIPPED
    ]  # fmt: skip
