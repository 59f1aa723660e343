"""callingcard route: plans, carriers, rules and the test of a number: what they print, write and refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from factories import BRITAIN, NOW, World, a_world
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import JobState
from command_line import route_test_call
from command_line.__main__ import main
from command_line.installation import settings
from models import Account, AuditEntry, CardGroup, Job, RoutingPlan
from services.keys.pin_keys import create_pin_keys
from services.routing.try_carrier import CARRIER_TEST, end_carrier_test

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

CARD = "1-000000001"


@pytest.fixture
def world(engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path))
    create_pin_keys(settings().keys_file)
    with Session(engine, autoflush=False) as session:
        made = a_world(session)
        session.commit()
        yield made


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["route", *words])


def good(*words: str) -> Any:  # noqa: ANN401 (whatever JSON can hold)
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 1, result.output
    return result.stderr


def test_a_plan_is_made_changed_shown_and_deleted(world: World) -> None:
    saved = good("save", "Mobile", "--strategy", "share", "--price-cap-percent", "30", "--routes-max", "2")
    assert saved["version"] == 1
    good("carrier", "Mobile", "test.cheap", "--weight", "70")
    good("carrier", "Mobile", "test.second", "--weight", "30")
    shown = good("show", "Mobile")
    assert (shown["strategy"], shown["price_cap_percent"], shown["routes_max"]) == ("share", 30, 2)
    assert [(one["endpoint"], one["weight"]) for one in shown["carriers"]] == [("test.cheap", 70), ("test.second", 30)]
    assert "30 % above the cheapest" in run("show", "Mobile").stdout
    good("save", "Mobile", "--new-name", "Mobiles", "--price-cap-percent", "none", "--no-loss-guard")
    (row,) = [plan for plan in good("list") if plan["name"] == "Mobiles"]
    assert (row["price_cap_percent"], row["loss_guard"], row["carriers"]) == (None, False, 2)
    good("carrier", "Mobiles", "test.second", "--remove")
    assert [one["endpoint"] for one in good("show", "Mobiles")["carriers"]] == ["test.cheap"]
    assert run("delete", "Mobiles").exit_code == 0
    world.session.rollback()
    acts = world.session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)).all()
    assert len(acts) == 6


def test_a_rule_changes_what_a_plan_does_for_a_prefix_and_a_tag(world: World) -> None:
    name = plan_of_the_card(world)
    first = good("rule", name, "44", "--strategy", "priority", "--carrier", "test.dear:1", "--carrier", "test.cheap:2")
    assert [route["endpoint"] for route in tried()] == ["test.dear", "test.cheap"]
    assert good("rule", name, "44", "--routes-max", "1")["version"] > first["version"]
    assert [route["endpoint"] for route in tried()] == ["test.dear"]
    good("rule", name, "any", "--tag", "wholesale", "--is-blocked")
    assert [route["endpoint"] for route in tried()] == ["test.dear"]  # a card has no tag
    good("rule", name, "44", "--remove")
    assert tried()[0]["endpoint"] == "test.cheap"
    good("rule", name, "44", "--is-blocked")
    assert tried() == []
    told = run("test", BRITAIN, "--card", CARD).stdout
    assert "blocked for this number" in told
    assert "No carrier takes this call." in told
    assert "blocked" in run("show", name).stdout


def test_the_test_of_a_number_tells_prices_margin_and_why_a_carrier_is_passed_over(world: World) -> None:
    carriers = {one["endpoint"]: one for one in good("test", BRITAIN, "--card", CARD)["routes"]}
    for one in carriers.values():
        assert one["margin_micros"] == one["sell_micros"] - one["buy_micros"]
    world.set(Account, world.carriers["test.cheap"], terminator_capacity=0)
    world.session.commit()
    (cheap,) = [one for one in good("test", BRITAIN, "--card", CARD)["routes"] if one["endpoint"] == "test.cheap"]
    assert (cheap["place"], cheap["reason"], cheap["lines"]) == (None, "full", "0 of 0")
    assert "every line is busy" in run("test", BRITAIN, "--card", CARD).stdout
    assert "has no rate" in run("test", "999888777", "--card", CARD).stdout
    assert "the caller is refused: destination-invalid" in run("test", "abc", "--card", CARD).stdout


def test_what_cannot_be_is_refused_with_what_to_change(world: World) -> None:
    name = plan_of_the_card(world)
    assert "no routing plan called 'Nowhere'" in refused("carrier", "Nowhere", "test.cheap")
    assert "There is no routing plan 'Nowhere'" in refused("show", "Nowhere")
    for words in (("carrier", name, "nobody"), ("rule", name, "44", "--carrier", "nobody")):
        assert "no carrier nobody. There are: test.cheap, test.dear, test.second" in refused(*words)
    assert "is used by the card group" in refused("delete", name)
    assert "'44a' is no prefix" in refused("rule", name, "44a", "--is-blocked")
    assert "give a whole number from 1 to 3" in refused("save", name, "--routes-max", "9")
    assert "Another operator saved it meanwhile" in refused("save", name, "--version", "99", "--routes-max", "2")
    assert "The plan has no rule for 44" in refused("rule", name, "44", "--remove")
    assert "There is no card" in refused("test", BRITAIN, "--card", "1-999999999")
    assert "no rate table called 'Nothing'" in refused("test", BRITAIN, "--table", "Nothing", "--plan", name)
    for words in (("test", BRITAIN), ("test", BRITAIN, "--table", "x"), ("rule", name, "44", "--carrier", "a:b")):
        assert run(*words).exit_code == 2
    world.session.rollback()
    assert world.session.scalars(select(AuditEntry.number)).all() == []


def plan_of_the_card(world: World) -> str:
    query = select(RoutingPlan.name).join(CardGroup, CardGroup.routing_plan_id == RoutingPlan.id)
    name = world.session.scalars(query.where(CardGroup.id == world.group_id)).one()
    world.session.rollback()  # SQLite has one writer: the commands
    return name


def tried() -> list[dict[str, Any]]:
    return [route for route in good("test", BRITAIN, "--card", CARD)["routes"] if route["place"]]


def test_a_test_call_over_a_carrier_is_asked_of_the_worker(world: World) -> None:
    """console.md 11.2: by the console's own service, with its job and its line of the audit log."""
    told = good("test-call", "test.cheap", "+44 7700 900123", "--talk-seconds", "7", "--no-wait")
    assert (told["carrier"], told["state"]) == ("test.cheap", "waiting")
    job = world.session.get_one(Job, told["job"])
    assert (job.kind, job.parameters["terms"]["talk_seconds"]) == (CARRIER_TEST, 7)
    assert world.session.scalars(select(AuditEntry.act).where(AuditEntry.act == "carrier.tested")).all()
    world.session.commit()
    assert "There is no carrier nobody." in refused("test-call", "nobody", "447700900123")
    assert "Write 3 to 15 digits" in refused("test-call", "test.cheap", "44x")


def test_a_test_call_is_told_as_the_worker_left_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 0 only when it was answered."""
    ends = {"answered": "yes", "ended": "ANSWER", "cause": "16"}

    def worker(_seconds: float) -> None:
        for job_id in world.session.scalars(select(Job.id).where(Job.state == JobState.WAITING)):
            end_carrier_test(world.session, job_id, ends, NOW)
        world.session.commit()

    monkeypatch.setattr(route_test_call.time, "sleep", worker)
    assert good("test-call", "test.cheap", "447700900123")["answered"] == "yes"
    ends["answered"] = "no"
    unanswered = run("test-call", "test.second", "447700900123")
    assert (unanswered.exit_code, "answered" in unanswered.output) == (1, True)
