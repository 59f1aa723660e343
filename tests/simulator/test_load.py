"""The load driver: every call is made and counted, and faults do what they say."""

import json
from pathlib import Path

import pytest
from agi_server import Desk, offer, serving
from click.testing import CliRunner

from simulator.call_log import CallEnd
from simulator.load import main, read_calls, run_load
from simulator.load_call import step_name
from simulator.load_plan import Faults, LoadPlan, LoadReport, ScriptedCall

CALLS = [ScriptedCall("18005550100", "37060000001", "1005668240#123456789012370612345678#", "503,answer:65")]


NO_FAULTS = Faults()


def loaded(faults: Faults = NO_FAULTS, total: int = 12) -> tuple[LoadReport, Desk]:
    desk = Desk([offer() for _ in range(total)], calls_each=1)
    with serving(desk.card_call, desk.settle) as address:
        return run_load(LoadPlan(address, CALLS, total, 4, faults)), desk


def test_every_call_is_made_and_settled() -> None:
    report, desk = loaded()
    assert (report.calls, report.failed, report.unconfirmed) == (12, 0, 0)
    assert (report.settlements, report.talk_ms) == (12, 12 * 65_000)
    assert report.dial_statuses == {"CONGESTION": 12, "ANSWER": 12}
    assert len(desk.settled) == 12
    assert report.waits_by_step()["head settle"]["count"] == 12
    assert report.calls_per_second > 0


def test_callers_who_hang_up_in_a_question_leave_nothing_open() -> None:
    report, desk = loaded(Faults(hang_up_at_step=5))
    assert report.ends == {CallEnd.HUNG_UP: 12}
    assert (report.failed, desk.settled) == (0, [])


def test_callers_who_hang_up_after_the_hold_are_settled_by_the_handler() -> None:
    desk = Desk([offer() for _ in range(3)], calls_each=1)
    with serving(desk.card_call, desk.settle) as address:
        for step in range(1, 24):
            desk.offers = [offer()]
            report = run_load(LoadPlan(address, CALLS, 1, 1, Faults(hang_up_at_step=step)))
            assert report.unconfirmed == 0, step


def test_a_connection_that_is_cut_counts_as_failed() -> None:
    report, _ = loaded(Faults(cut_at_step=3))
    assert report.ends == {CallEnd.SERVICE_UNAVAILABLE: 12}
    assert report.failed == 12


def test_slow_replies_only_take_time() -> None:
    report, _ = loaded(Faults(reply_ms_max=3), total=4)
    assert report.failed == 0


def test_a_server_that_is_away_fails_every_call() -> None:
    report = run_load(LoadPlan(("127.0.0.1", 9), CALLS, 3, 2))
    assert (report.calls, report.failed, report.steps) == (3, 3, 0)


def test_a_plan_without_calls_is_refused() -> None:
    with pytest.raises(ValueError, match="calls are needed"):
        run_load(LoadPlan(("127.0.0.1", 9), [], 1, 1))


def test_the_driver_runs_as_a_program(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    calls.write_text("18005550100/37060000001 1005668240#123456789012370612345678# 404\n")
    desk = Desk([offer() for _ in range(3)], calls_each=1)
    with serving(desk.card_call, desk.settle) as address:
        result = CliRunner().invoke(main, [str(address[1]), str(calls), "--total", "3", "--at-once", "1"])
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["calls"], told["failed"], told["ends"]) == (3, 0, {"goodbye": 3})


def test_calls_are_read_from_lines() -> None:
    assert read_calls("18005550100/- 1# busy\n18005550100/4420 2# 404\n") == [
        ScriptedCall("18005550100", "", "1#", "busy"), ScriptedCall("18005550100", "4420", "2#", "404")
    ]  # fmt: skip


def test_steps_are_few_enough_to_count_by() -> None:
    commands = ['SET VARIABLE CARD_CALL "x"', "GET FULL VARIABLE ${A}:${B}", 'EXEC Read "K,/p/a"', "ANSWER"]
    assert [step_name(command) for command in commands] == [
        "SET VARIABLE CARD_CALL", "GET FULL VARIABLE", "EXEC Read", "ANSWER"
    ]  # fmt: skip
