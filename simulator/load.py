"""The load driver: many scripted calls at once against a call server, with faults; python -m simulator.load."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Final

import click
import uvloop

from simulator.asterisk import CallFrom
from simulator.call_log import CallEnd
from simulator.handset import Handset
from simulator.load_call import LoadCall
from simulator.load_plan import Faults, LoadPlan, LoadReport, ScriptedCall

AT_ONCE_MAX: Final = 2_000
WITHHELD: Final = "-"
_EXPECTED_FIELDS: Final = 3


def run_load(plan: LoadPlan) -> LoadReport:
    """Make every call of the plan; blocks until all are over."""
    return uvloop.run(load(plan))


async def load(plan: LoadPlan) -> LoadReport:
    """The same on a running loop: `at_once` callers, each making one call after another."""
    if not plan.calls or not 0 < plan.at_once <= AT_ONCE_MAX:
        raise ValueError(f"calls are needed, and 1 to {AT_ONCE_MAX} of them at once")
    report = LoadReport()
    waiting = plan.handsets()
    begun, cpu_begun = time.perf_counter(), time.process_time()

    async def caller() -> None:
        for script, handset in waiting:
            await _one_call(plan, report, CallFrom(script.access_number, script.caller_id), handset)

    async with asyncio.TaskGroup() as callers:
        for _ in range(min(plan.at_once, plan.calls_total)):
            callers.create_task(caller())
    report.seconds = time.perf_counter() - begun
    report.own_cpu_seconds = time.process_time() - cpu_begun
    return report


async def _one_call(plan: LoadPlan, report: LoadReport, call: CallFrom, handset: Handset) -> None:
    begun = time.perf_counter()
    driver = LoadCall(plan, report, call, handset)
    report.calls += 1
    end: CallEnd | None = None
    try:
        async with asyncio.timeout(plan.call_seconds_max):
            end = await driver.run()
    except TimeoutError:
        report.timed_out += 1
    report.call_seconds.append(time.perf_counter() - begun)
    is_settled = driver.count()
    if not is_settled or end in {None, CallEnd.SERVICE_UNAVAILABLE}:
        report.failed += 1


def read_calls(text: str) -> list[ScriptedCall]:
    """One call a line: access number/caller id (- withheld), keys, carrier outcomes, separated by blanks."""
    calls = []
    for line in text.splitlines():
        fields = line.split()
        if len(fields) != _EXPECTED_FIELDS:
            raise click.UsageError("A line of the calls is: ACCESS_NUMBER/CALLER KEYS OUTCOMES")
        numbers, keys, carrier = fields
        access_number, _, caller_id = numbers.partition("/")
        calls.append(ScriptedCall(access_number, "" if caller_id == WITHHELD else caller_id, keys, carrier))
    return calls


@click.command()
@click.argument("port", type=click.IntRange(1, 65535))
@click.argument("calls", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--total", type=click.IntRange(1), default=1_000, show_default=True, help="Calls to make.")
@click.option("--at-once", type=click.IntRange(1, AT_ONCE_MAX), default=50, show_default=True)
@click.option("--hang-up-at-step", type=click.IntRange(1), help="Each caller hangs up in this command.")
@click.option("--cut-at-step", type=click.IntRange(1), help="Each connection ends at this command.")
@click.option("--reply-ms-max", type=click.IntRange(0), default=0, help="Each reply waits up to this long.")
@click.option("--seed", type=int, default=0, help="Of the dice for --reply-ms-max.")
def main(  # noqa: PLR0913 - one argument an option of the command
    port: int,
    calls: Path,
    *,
    host: str,
    total: int,
    at_once: int,
    hang_up_at_step: int | None,
    cut_at_step: int | None,
    reply_ms_max: int,
    seed: int,
) -> None:
    """Make the CALLS of a file (a line each: ACCESS_NUMBER/CALLER KEYS OUTCOMES) and report as JSON; 1 when any
    failed.
    """
    faults = Faults(hang_up_at_step, cut_at_step, reply_ms_max)
    plan = LoadPlan((host, port), read_calls(calls.read_text(encoding="utf-8")), total, at_once, faults, seed)
    report = run_load(plan)
    click.echo(json.dumps(report.as_json(), indent=2))
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()
