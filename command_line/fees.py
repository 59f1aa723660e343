"""callingcard fees: maintenance fees, expiry and lapse, each by hand or by a timer."""

import signal
import threading

import click
from rich.progress import Progress
from rich.table import Table

from command_line.installation import now
from command_line.job_run import JobDesk, JobEnd, JobRun, forecast, job_desk, run_job
from command_line.show import console, emit_json, json_option, money
from fastagi.logs import set_up_logs
from services.keys.private_memory import leave_no_core
from services.upkeep.card_jobs import EXPIRE, FEES, LAPSE, CardJob
from services.upkeep.job_step import JobStep

dry_run_option = click.option("--dry-run", is_flag=True, help="Tell what would be done; write nothing.")


@click.group()
def fees() -> None:
    """Maintenance fees, expiry and lapse. Each may be run twice, late, or killed: the result is the same."""


@fees.command()
@dry_run_option
@json_option
def run(*, dry_run: bool, as_json: bool) -> None:
    """Book the maintenance fees that are due. Exit status 3: not everything was done, the next run does the rest."""
    _do(FEES, dry_run=dry_run, as_json=as_json)


@fees.command()
@dry_run_option
@json_option
def expire(*, dry_run: bool, as_json: bool) -> None:
    """Mark the cards as expired whose last day is over (their calls are refused by their dates in any case)."""
    _do(EXPIRE, dry_run=dry_run, as_json=as_json)


@fees.command()
@dry_run_option
@json_option
def lapse(*, dry_run: bool, as_json: bool) -> None:
    """Take what is left on the cards whose grace is over."""
    _do(LAPSE, dry_run=dry_run, as_json=as_json)


def stopped_by_signals() -> threading.Event:
    """Set by SIGTERM or Ctrl-C: the chunk at hand is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _do(job: CardJob, *, dry_run: bool, as_json: bool) -> None:
    set_up_logs()
    leave_no_core()
    with job_desk() as desk:
        if dry_run:
            _forecast(desk, job, as_json=as_json)
            return
        with Progress(console=console, transient=True, disable=as_json or not console.is_terminal) as bar:
            task = bar.add_task(job.doing)
            ended = run_job(
                desk,
                job,
                now(),
                stopped_by_signals(),
                lambda done, total: bar.update(task, completed=done, total=total),
            )
    _show(ended.step, ended.as_json() if as_json else None)
    if not as_json:
        _tell(ended)
    if ended.exit_status:
        raise SystemExit(ended.exit_status)


def _forecast(desk: JobDesk, job: CardJob, *, as_json: bool) -> None:
    """The run itself first finishes new dates of cards, which a dry run cannot know: it names the series."""
    unfinished = desk.read(job.unprepared)
    step = forecast(desk, job, now())
    document = {"job": job.name, "dry_run": True, **step.as_json()}
    if unfinished:
        document["dates_unfinished"] = unfinished
    _show(step, document if as_json else None)
    if unfinished and not as_json:
        series = ", ".join(map(str, unfinished))
        console.print(f"[yellow]The new dates of series {series} are not all written yet: the run does that first,[/]")
        console.print("[yellow]so that what it then finds may differ from this.[/]")


def _show(step: JobStep, document: object) -> None:
    if document is not None:
        emit_json(document)
        return
    if not step.by_series:
        console.print("No card is waiting for this.")
        return
    table = Table("series", "cards", "amount", box=None)
    for number, share in sorted(step.by_series.items()):
        table.add_row(str(number), str(share.cards), money(share.amount_micros, share.currency))
    console.print(table)
    sums = ", ".join(money(amount, currency) for currency, amount in sorted(step.amounts.items()))
    console.print(f"{step.cards} cards, {sums}")


def _tell(run: JobRun) -> None:
    match run.end:
        case JobEnd.BUSY:
            console.print(f"[yellow]{run.owner} is running this job already.[/]")
        case JobEnd.STOPPED | JobEnd.PARTLY:
            console.print("[yellow]Not everything was done; the next run does the rest.[/]")
        case JobEnd.DONE:
            pass
