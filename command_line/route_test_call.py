"""callingcard route test-call: a real call over exactly one carrier, placed by the worker beside Asterisk."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import click
from sqlalchemy import select

from billing.states import JobState
from command_line.actor import cli_actor
from command_line.errors import Failure, refusing
from command_line.installation import now, read_session, write_session
from command_line.show import console, emit_json, json_option
from models import Account, Job
from services.jobs.ask_job import UNFINISHED
from services.routing.try_carrier import GRACE, ask_carrier_test

LOOK_SECONDS = 1.0
BEGIN_WITHIN = timedelta(seconds=60)  # the worker looks every five seconds
TALK_SECONDS = 5


@click.command("test-call")
@click.argument("carrier")
@click.argument("number")
@click.option("--caller-id", default="", help="The number that the carrier is shown.  [default: none]")
@click.option("--talk-seconds", type=int, default=TALK_SECONDS, show_default=True, help="Hung up so long after answer.")
@click.option("--no-wait", is_flag=True, help="Only ask for it; `callingcard worker` places it.")
@json_option
def test_call(carrier: str, number: str, *, caller_id: str, talk_seconds: int, no_wait: bool, as_json: bool) -> None:
    """Call NUMBER over CARRIER (its name in Asterisk) and no other: it costs what the carrier asks.

    No card pays for it and no report counts it; whoever answers hears silence. Exit status 1 unless it was answered.
    """
    values = {"number": number, "caller_id": caller_id, "talk_seconds": talk_seconds}
    with refusing(), write_session() as session:
        account_id = session.scalars(select(Account.id).where(Account.endpoint == carrier)).one_or_none()
        if account_id is None:
            raise Failure(f"There is no carrier {carrier}.", "callingcard account list names them.")
        job_id = ask_carrier_test(session, account_id, values, uuid4().hex, cli_actor(), now())
    job = _job(job_id) if no_wait else _ended(job_id, now)
    told = {"job": job_id, "carrier": carrier, "state": job.state.value, **(job.result or {})}
    if as_json:
        emit_json(told)
    else:
        for name, value in told.items():
            console.print(f"{name.replace('_', ' '):<10} {value}")
    if not no_wait and told.get("answered") != "yes":
        raise SystemExit(1)


def _ended(job_id: int, clock: Callable[[], datetime]) -> Job:
    """As the worker left it; without a worker it stays asked for, and that is said."""
    begun_until = clock() + BEGIN_WITHIN
    while (job := _job(job_id)).state in UNFINISHED:
        terms: dict[str, Any] = job.parameters["terms"]
        rings = timedelta(seconds=terms["ring_seconds"] + terms["talk_seconds"])
        until = begun_until if job.state is JobState.WAITING else begun_until + rings + 2 * GRACE
        if clock() > until:
            hint = "It is placed as soon as `callingcard worker` runs beside Asterisk."
            raise Failure(f"Nobody has taken up the test call (job {job_id}).", hint)
        time.sleep(LOOK_SECONDS)
    return job


def _job(job_id: int) -> Job:
    with read_session() as session:
        return session.get_one(Job, job_id)
