"""The worker's job on files of cards and vouchers: write them, for their owner's eyes only, and remove old ones."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from billing.rights import Right
from command_line.export_run import ExportStopped, run_export
from command_line.installation import now, settings
from command_line.job_run import JobDesk
from models import Job, Operator
from services.audit.audit import Actor
from services.jobs.card_file import card_file
from services.jobs.card_file_job import (
    CardFileJob,
    acting,
    card_file_place,
    end_card_file,
    find_card_file,
    forget_card_files,
    opened_zip_password,
    waiting_card_files,
)
from services.jobs.list_export import PART, note_export
from services.keys.key_file import KeyFile
from services.keys.permit import PermitRefused
from services.keys.pin_keys import FILE_MODE, KeysMissing
from services.operators.operator_facts import find_operator_by
from services.series.export_series import ExportRefused, PinUnreadable
from services.store.encrypted_zip import zip_in_place
from services.store.sheet_writer import RowsMiscounted

REFUSED = (ExportRefused, KeysMissing, PinUnreadable, RowsMiscounted)
TOLD_EVERY_CARDS = 20_000
log = structlog.get_logger()


def write_card_files(desk: JobDesk, at: datetime, stop: threading.Event) -> int:
    exports = settings().exports_dir
    forgotten = desk.read(lambda session: forget_card_files(session, exports, at))
    if forgotten:
        log.info("exports with PINs forgotten", files=forgotten)
    for job_id in desk.read(waiting_card_files):
        if stop.is_set():
            return 3
        _write_one(desk, exports, job_id, stop)
    return 0


def _write_one(desk: JobDesk, exports: Path, job_id: int, stop: threading.Event) -> None:
    found = desk.read(partial(find_card_file, job_id=job_id))
    if found is None:
        return
    run_export(
        desk,
        job_id,
        card_file_place(exports, job_id, found[1].ending),
        lambda: _write(desk, exports, *found, stop),
        lambda session, cards, at: end_card_file(session, job_id, cards, at),
        REFUSED,
    )


def _write(desk: JobDesk, exports: Path, job: Job, asked: CardFileJob, stop: threading.Event) -> int:
    """How many cards the file holds. It is written beside its place, and is there whole or not at all."""
    who, keys = _who(desk, job, asked), KeyFile(settings().keys_file) if asked.order.has_secrets else None
    password = opened_zip_password(keys.current(), job) if keys else None
    file = desk.read(lambda session: card_file(session, asked.order))
    permit = desk.write(lambda session: file.permit(session, who, keys, now()))
    if isinstance(permit, PermitRefused):
        raise ExportRefused(permit.sentence)
    told = _Told(desk, job.id, stop)
    with _part(exports, job.id, asked) as part:
        try:
            desk.read(lambda session: file.write(session, part, permit, desk.zone, told))
        except BaseException:
            if told.is_stopped:  # a writer of sheets tells it in words of its own
                raise ExportStopped from None
            raise
        if password is not None:
            zip_in_place(part, asked.order.file_name, password)
    return file.count


def _who(desk: JobDesk, job: Job, asked: CardFileJob) -> Actor:
    operator = desk.read(lambda session: find_operator_by(session, Operator.id == asked.operator_id))
    if operator is None or not operator.is_enabled or not asked.is_of(operator):
        raise ExportRefused("Whoever asked for the file may not sign in any more, or works on other cards now.")
    if Right.SEE_CARDS not in operator.rights:
        raise ExportRefused("Whoever asked for the file may not see cards any more.")
    return acting(job, operator)


@contextmanager
def _part(exports: Path, job_id: int, asked: CardFileJob) -> Iterator[Path]:
    """For our eyes from its first byte on; it takes its place at the end, an error leaves nothing."""
    place = card_file_place(exports, job_id, asked.ending)
    part = place.with_suffix(PART)
    part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE))
    try:
        yield part
        part.chmod(FILE_MODE)
        part.rename(place)
    finally:
        part.unlink(missing_ok=True)


class _Told:
    """How far it is, some times a second; raises ExportStopped when nobody wants it any more."""

    def __init__(self, desk: JobDesk, job_id: int, stop: threading.Event) -> None:
        self._desk, self._job_id, self._stop = desk, job_id, stop
        self._next, self.is_stopped = 0, False

    def __call__(self, done: int, total: int) -> None:
        if done < self._next and done != total:
            return
        self._next = done + TOLD_EVERY_CARDS
        is_wanted = self._desk.write(partial(note_export, job_id=self._job_id, done=done, total=total))
        if self._stop.is_set() or not is_wanted:
            self.is_stopped = True
            raise ExportStopped
