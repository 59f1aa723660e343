"""The simulator page: who may call, when it is switched on, what is audited, and what it says when nothing answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from factories import ACCESS
from sqlalchemy import select

from admin_web.mor_steps import StepState, step_states
from billing.rights import Role
from models import AuditEntry
from services.store.settings import Settings
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
    visitor = signed_in(Role.OWNER)
    assert "CALLINGCARD_CONSOLE_PHONE=true" in visitor.get("/simulator/").text
    refused = visitor.post("/cards/1-000000001", "/simulator/call", **ORDER)
    assert refused.status_code == 403
    assert tried(world) == []


@pytest.mark.usefixtures("phone")
def test_a_call_is_audited_before_it_is_placed(world: World, signed_in: Callable[..., Visitor]) -> None:
    visitor = signed_in(Role.SUPPORT)
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
    one, other = signed_in(Role.OWNER), signed_in(Role.SUPPORT)
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
