"""A test call over one carrier in the console: by right, where it is switched on, audited, told on its job's page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.rights import Role
from billing.states import JobState
from command_line.asterisk_jobs import waiting_asterisk_jobs
from command_line.carrier_tests import step_carrier_test
from models import Account, AuditEntry, CallRecord, Hold, Job
from services.routing.note_reach import note_reach
from services.routing.try_carrier import CARRIER_TEST
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from factories import World
    from flask import Flask
    from sqlalchemy import Engine

TYPED = {"number": "+44 7700 900123", "caller_id": "37060000001", "talk_seconds": "7", "token": "t-1"}


@pytest.fixture
def page(app: Flask, world: World) -> str:
    """Switched on as the simulator is."""
    app.config["SETTINGS"] = app.config["SETTINGS"].model_copy(update={"console_phone": True})
    world.set(Account, world.carriers["test.cheap"], cut_prefix="44", add_prefix="0", terminator_tech_prefix="77")
    world.session.commit()
    return f"/carriers/{world.carriers['test.cheap']}/test"


class Console:
    """What Asterisk's console is told; it tells an end once it is asked for the second time."""

    def __init__(self, ends: str = "over:BUSY:17:800:") -> None:
        self.ends, self.told = ends, list[str]()

    def __call__(self, command: str) -> str:
        self.told.append(command)
        if command.startswith("dialplan show"):
            return "[ Context 'carrier-test' created by 'pbx_config' ]"
        if command.startswith("database get"):
            return f"Value: {self.ends}"
        return "Updated database successfully" if command.startswith("database put") else ""


def writer(engine: Engine) -> Callable[[Callable[[Session], Any]], Any]:
    def write(work: Callable[[Session], Any]) -> Any:  # noqa: ANN401
        with Session(engine, expire_on_commit=False) as session, session.begin():
            return work(session)

    return write


def test_an_operator_calls_over_exactly_one_carrier(
    signed_in: Callable[..., Visitor], page: str, engine: Engine
) -> None:
    """console.md 11.2: the number goes out as the carrier wants it, and pressing twice calls once."""
    owner, write, console, now = signed_in(Role.OPERATOR), writer(engine), Console(), datetime.now(UTC)
    assert "Place a test call" in text_of(owner.get("/carriers/"))
    asked = owner.post(page, page, **TYPED)
    assert asked.status_code == 302
    assert owner.post(page, page, **TYPED).location == asked.location
    ((job_id, kind),) = write(waiting_asterisk_jobs)
    assert kind == CARRIER_TEST
    step_carrier_test(write, console, job_id, now)
    assert f"database put callingcard_test {job_id + 10} test.cheap:7707700900123:45:7:37060000001" in console.told
    step_carrier_test(write, console, job_id, now)
    assert sum(command.startswith("channel originate") for command in console.told) == 1
    told = text_of(owner.get(asked.location))
    for part in ("Answered no", "Ended BUSY", "Cause 17", "7707700900123"):
        assert part.lower() in told.lower(), told
    with Session(engine) as session:
        assert session.scalars(select(AuditEntry.act).where(AuditEntry.act == "carrier.tested")).all() == [
            "carrier.tested"
        ]
        counted = [session.scalars(select(func.count()).select_from(table)).one() for table in (Hold, CallRecord)]
        assert counted == [0, 0], "no card pays, no report counts it"


def test_a_worker_that_was_killed_dials_nobody_twice(
    signed_in: Callable[..., Visitor], page: str, engine: Engine
) -> None:
    owner, write, silent, now = signed_in(), writer(engine), Console(""), datetime.now(UTC)
    owner.post(page, page, **TYPED)
    ((job_id, _),) = write(waiting_asterisk_jobs)
    for seconds in (0, 60, 200):
        step_carrier_test(write, silent, job_id, now + timedelta(seconds=seconds))
    assert sum(command.startswith("channel originate") for command in silent.told) == 1
    with Session(engine) as session:
        job = session.get_one(Job, job_id)
        assert (job.state, (job.result or {})["why"]) == (
            JobState.FAILED,
            "Asterisk did not tell how the call ended",
        )


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"number": "12"}, "Write 3 to 15 digits"),
        ({"number": ""}, "needed"),
        ({"caller_id": "me"}, "Write 3 to 15 digits"),
        ({"talk_seconds": "61"}, "60"),
    ],
)
def test_what_cannot_be_dialled_is_refused_at_its_field(
    signed_in: Callable[..., Visitor], page: str, typed: dict[str, str], why: str
) -> None:
    refused = signed_in().post(page, page, **{**TYPED, **typed})
    assert (refused.status_code, why in text_of(refused)) == (400, True)


def test_it_is_off_where_the_simulator_is(signed_in: Callable[..., Visitor], world: World) -> None:
    owner, page = signed_in(), f"/carriers/{world.carriers['test.cheap']}/test"
    told = owner.get(page)
    assert (told.status_code, "CALLINGCARD_CONSOLE_PHONE=true" in text_of(told)) == (200, True)
    assert 'name="number"' not in told.text
    assert owner.post("/carriers/", page, **TYPED).status_code == 403


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR])
def test_who_may_not_change_routes_is_offered_no_call(signed_in: Callable[..., Visitor], page: str, role: Role) -> None:
    visitor = signed_in(role)
    assert "Place a test call" not in text_of(visitor.get("/carriers/"))
    assert visitor.get(page).status_code == 403


def test_the_route_tester_leads_to_a_test_call_with_its_number(signed_in: Callable[..., Visitor], page: str) -> None:
    """console.md 11.2."""
    address = "/routes/?number=447911123456&card=1-000000001"
    operator = signed_in(Role.OPERATOR)
    assert f"{page}?number=447911123456" in operator.get(address).text
    assert 'value="447911123456"' in operator.get(f"{page}?number=447911123456").text
    assert "/test?number" not in signed_in(Role.SUPPORT).get(address).text


def test_the_list_of_carriers_says_when_nobody_asks_them(
    signed_in: Callable[..., Visitor], page: str, world: World
) -> None:
    """Whether carriers answer is told for the platform's own Asterisk only."""
    del page
    owner = signed_in(Role.OPERATOR)
    assert "Nobody asks the carriers now" in text_of(owner.get("/carriers/"))
    note_reach(world.session, [("test.cheap", "reachable", "not asked")], datetime.now(UTC))
    world.session.commit()
    assert "Nobody asks the carriers now" not in text_of(owner.get("/carriers/"))
