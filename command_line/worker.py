"""callingcard worker: all jobs in a loop, for containers and for hosts without timers."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import click
import structlog
from sqlalchemy.exc import DBAPIError

from billing.schedule import next_night, next_of_interval
from command_line.asterisk_jobs import look_at_carriers, run_asterisk_job, waiting_asterisk_jobs
from command_line.asterisk_trunks import apply_accounts, wanted_spec
from command_line.card_file_jobs import write_card_files
from command_line.errors import Failure
from command_line.fees import stopped_by_signals
from command_line.filing_run import file_old_rows
from command_line.installation import now, read_session, settings
from command_line.job_run import JobDesk, job_desk, run_job
from command_line.list_exports import forget_exports, write_exports
from command_line.rate_jobs import finish_imports, forget_old_imports
from fastagi.logs import set_up_logs
from models.database import session_factory
from services.audit.audit import Actor, Door
from services.jobs.ask_job import fail_job
from services.jobs.asked_jobs import REFUSED, asked_jobs, asked_step
from services.keys.closed_keys import KeyClosed
from services.keys.key_file import KeyFile
from services.keys.pin_keys import KeysMissing
from services.keys.private_memory import leave_no_core
from services.money.note_verification import note_verification
from services.rate_import.import_jobs import run_import_job, waiting_imports
from services.reports.prove_platform import prove_platform
from services.reports.roll_up_calls import roll_up_calls
from services.routing.count_carriers import count_carriers
from services.series.generate_cards import generate_cards
from services.series.note_counts import note_series_counts, series_counts_due
from services.series.series_in_making import QuantityWrong, SeriesCancelled
from services.series.series_terms import SeriesRefused
from services.series.waiting_series import waiting_series
from services.store.settings import Settings
from services.upkeep.card_jobs import EXPIRE, FEES, LAPSE, CardJob
from services.upkeep.prune_guard import KEPT_DAYS_DEFAULT, prune_guard
from services.vouchers.generate_vouchers import generate_vouchers
from services.vouchers.make_vouchers import VouchersCancelled
from services.vouchers.voucher_rows import waiting_batches

VERIFY_EVERY_MINUTES = 60
VERIFY_LANES = 2  # fewer than the command's: the calls come first
LOOK_SECONDS_MAX = 60  # a clock that was set is noticed so soon
SERIES_EVERY = timedelta(seconds=5)  # an operator waits for the cards
ASKED_STEPS_MAX = 50  # of one job, before the others have their turn
AGAIN = timedelta(minutes=1)  # after a run that did not do everything
log = structlog.get_logger()


Run = Callable[[JobDesk, datetime, threading.Event], int]  # answers the exit status


@dataclass(frozen=True, slots=True)
class Planned:
    """Some work, and when it is due again after a run."""

    name: str
    run: Run
    following: Callable[[datetime], datetime]


@click.command()
@click.option("--once", is_flag=True, help="Run each job once and end; exit status 3 when not everything was done.")
def worker(*, once: bool) -> None:
    """Run all jobs until SIGTERM or Ctrl-C: fees every hour, expiry and lapse every night, reports every minute."""
    set_up_logs()
    leave_no_core()
    wanted = settings()
    stop = stopped_by_signals()
    with job_desk() as desk:
        log.info("worker started", jobs=",".join(planned.name for planned in plan(wanted)))
        if once:
            raise SystemExit(max(planned.run(desk, now(), stop) for planned in plan(wanted)))
        work_until(desk, plan(wanted), stop)
    log.info("worker stopped")


def plan(wanted: Settings) -> tuple[Planned, ...]:
    """In this order: what a card owes is booked before it expires, and it expires before the rest lapses. What the
    guard no longer needs goes last.
    """

    def night(last: datetime) -> datetime:
        return next_night(last, wanted.nightly_time, wanted.zone)

    jobs = (
        planned_job(FEES, lambda last: next_of_interval(last, wanted.fees_every_minutes)),
        planned_job(EXPIRE, night),
        planned_job(LAPSE, night),
        Planned("prune", _prune, night),
        Planned("rates", finish_imports, _in_a_minute),
        Planned("old-rates", forget_old_imports, night),
        Planned("old-exports", forget_exports, night),
        Planned("verify", _verify, lambda last: next_of_interval(last, VERIFY_EVERY_MINUTES)),
        Planned("series", _make_series, lambda last: last + SERIES_EVERY),
        Planned("vouchers", _make_vouchers, lambda last: last + SERIES_EVERY),
        Planned("asked", _do_asked, lambda last: last + SERIES_EVERY),
        Planned("rate imports", _import_rates, lambda last: last + SERIES_EVERY),
        Planned("exports", write_exports, lambda last: last + SERIES_EVERY),
        Planned("exports with PINs", write_card_files, lambda last: last + SERIES_EVERY),
        Planned("asterisk", _do_asterisk, lambda last: last + SERIES_EVERY),
        Planned("reports", _roll_up, _in_a_minute),
        Planned("carriers", _tell_of_carriers, _in_a_minute),
        Planned("series counts", _count_series, _in_a_minute),
        Planned("filing", file_old_rows, lambda last: last + SERIES_EVERY),
    )
    return (*jobs, Planned("trunks", _follow, _in_a_minute)) if wanted.asterisk_follows_accounts else jobs


def planned_job(job: CardJob, following: Callable[[datetime], datetime]) -> Planned:
    def run(desk: JobDesk, at: datetime, stop: threading.Event) -> int:
        return run_job(desk, job, at, stop, _silent).exit_status

    return Planned(job.name, run, following)


def _prune(desk: JobDesk, at: datetime, _stop: threading.Event) -> int:
    pruned = desk.write(lambda session: prune_guard(session, at, KEPT_DAYS_DEFAULT))
    log.info("guard pruned", counters=pruned.counters, failed_entries=pruned.failed_entries, budgets=pruned.budgets)
    return 0


def _make_series(desk: JobDesk, _at: datetime, stop: threading.Event) -> int:
    """Series ordered in the console; one that cannot be made now is told, and tried again in a minute."""
    for job_id in desk.read(waiting_series):
        if stop.is_set():
            return 3
        try:
            keys = KeyFile(settings().keys_file)
            cards = generate_cards(session_factory(desk.writer), keys, job_id, now)
        except SeriesCancelled:
            log.info("series cancelled", job_id=job_id)
            continue
        except (SeriesRefused, KeyClosed, KeysMissing, QuantityWrong) as stopped:
            log.error("series not made", job_id=job_id, why=str(stopped))  # noqa: TRY400 (told in one line)
            return 1
        log.info("series made", job_id=job_id, cards=cards)
    return 0


def _make_vouchers(desk: JobDesk, _at: datetime, stop: threading.Event) -> int:
    """Batches ordered in the console, or left by a command that was killed."""
    for batch_id in desk.read(waiting_batches):
        if stop.is_set():
            return 3
        try:
            keys = KeyFile(settings().keys_file)
            vouchers = generate_vouchers(session_factory(desk.writer), keys, batch_id, now)
        except VouchersCancelled:
            log.info("vouchers cancelled", batch_id=batch_id)
            continue
        except (KeyClosed, KeysMissing) as stopped:
            log.error("vouchers not made", batch_id=batch_id, why=str(stopped))  # noqa: TRY400 (told in one line)
            return 1
        log.info("vouchers made", batch_id=batch_id, vouchers=vouchers)
    return 0


def _do_asked(desk: JobDesk, at: datetime, stop: threading.Event) -> int:
    """What operators asked for in the console, some steps of each, so that nothing else waits long."""
    for job_id, kind in desk.read(asked_jobs):
        for _ in range(ASKED_STEPS_MAX):
            if stop.is_set():
                return 3
            try:
                has_more = desk.write(partial(asked_step, job_id=job_id, kind=kind, now=at, zone=settings().zone))
            except REFUSED as refused:
                desk.write(partial(fail_job, job_id=job_id, why=str(refused), now=at))
                log.error("asked job refused", job_id=job_id, why=str(refused))  # noqa: TRY400 (told in one line)
                break
            if not has_more:
                log.info("asked job ended", job_id=job_id, kind=kind)
                break
    return 0


def _import_rates(desk: JobDesk, _at: datetime, stop: threading.Event) -> int:
    """Files that operators upload in the console: read, applied or undone, one after the other."""
    for job_id in desk.read(waiting_imports):
        if stop.is_set():
            return 3
        run_import_job(desk.read, desk.write, job_id, now, settings().zone)
        log.info("rate import job ended", job_id=job_id)
    return 0


def _do_asterisk(desk: JobDesk, _at: datetime, stop: threading.Event) -> int:
    for job_id, kind in desk.read(waiting_asterisk_jobs):
        if stop.is_set():
            return 3
        run_asterisk_job(desk.write, job_id, kind, now)
        log.info("asterisk job ended", job_id=job_id, kind=kind)
    return 0


def _roll_up(desk: JobDesk, at: datetime, stop: threading.Event) -> int:
    roll_up_calls(desk.write, at, settings().zone, is_stopped=stop.is_set)
    return 0


def _tell_of_carriers(desk: JobDesk, at: datetime, _stop: threading.Event) -> int:
    desk.write(lambda session: count_carriers(session, at))
    look_at_carriers(desk.write, at)
    return 0


def _count_series(desk: JobDesk, at: datetime, _stop: threading.Event) -> int:
    """Counted while nothing is locked; then written."""
    counts = desk.read(lambda session: series_counts_due(session, at))
    desk.write(lambda session: note_series_counts(session, counts, at))
    return 0


def _follow(_desk: JobDesk, _at: datetime, _stop: threading.Event) -> int:
    """Accounts that cannot be written leave Asterisk as it is, and are told every minute until they are corrected."""
    wanted = settings()
    try:
        changes = apply_accounts(wanted, wanted_spec(wanted))
    except Failure as refused:
        log.error("trunks not applied", why=refused.message)  # noqa: TRY400 (told in one line)
        return 1
    if changes.is_any:
        log.info("trunks applied", files=",".join(change.name for change in changes.files))
    return 0


def _in_a_minute(last: datetime) -> datetime:
    return last + AGAIN


def _verify(desk: JobDesk, at: datetime, _stop: threading.Event) -> int:
    """The ledger is proved every hour; what is broken is told until it is mended."""
    begun = time.monotonic()
    try:
        with read_session(connections=VERIFY_LANES) as session:
            breaches = prove_platform(session, lanes=VERIFY_LANES)
    except Failure as refused:  # the database is away
        log.error("ledger not verified", why=refused.message)  # noqa: TRY400 (told in one line)
        return 1
    for breach in breaches:
        log.error("invariant broken", breach=str(breach))
    seconds = int(time.monotonic() - begun)
    me = Actor("worker", Door.JOB)
    desk.write(lambda session: note_verification(session, len(breaches), seconds, me, at, breaches))
    log.info("ledger verified", breaches=len(breaches), seconds=seconds)
    return 0


def work_until(desk: JobDesk, jobs: tuple[Planned, ...], stop: threading.Event) -> None:
    """Each job at once, which catches up with what was missed, and then by its plan."""
    due = {planned.name: now() for planned in jobs}
    while not stop.is_set():
        for planned in jobs:
            if due[planned.name] <= now() and not stop.is_set():
                due[planned.name] = _run(desk, planned, stop)
        wait_seconds = (min(due.values()) - now()).total_seconds()
        stop.wait(min(max(wait_seconds, 0), LOOK_SECONDS_MAX))


def _run(desk: JobDesk, planned: Planned, stop: threading.Event) -> datetime:
    """When it is due again. A database that is away ends no worker: it tries again in a minute."""
    begun = now()
    try:
        status = planned.run(desk, begun, stop)
    except DBAPIError as lost:
        log.error("job failed", job=planned.name, why=str(lost.orig))  # noqa: TRY400 (told in one line)
        return now() + AGAIN
    return now() + AGAIN if status else planned.following(begun)


def _silent(_done: int, _total: int) -> None:
    """A worker's log has one line for each run."""
