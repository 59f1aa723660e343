"""The worker's jobs on imports of rates: go on with those that were killed, sweep, and forget what is old."""

import threading
from datetime import datetime
from typing import Final

import structlog

from command_line.installation import now, settings
from command_line.job_run import JobDesk
from services.audit.audit import Actor, Door
from services.rate_import.finish_import import finish_import, interrupted_imports
from services.rate_import.forget_import import forget_import, old_imports
from services.rate_import.refusals import ImportRefused
from services.rate_import.sweep_rates import sweep_rates, swept_tables
from services.store.fields import FieldsRefused

WORKER: Final = Actor("worker", Door.JOB)
log = structlog.get_logger()


def finish_imports(desk: JobDesk, _at: datetime, stop: threading.Event) -> int:
    """Forward, back or forgotten, each as it was about to be; then what was replaced is swept."""
    status = 0
    for import_id in desk.read(interrupted_imports):
        if stop.is_set():
            return 3
        try:
            state = finish_import(desk.write, import_id, WORKER, now)
        except (ImportRefused, FieldsRefused) as refused:
            log.error("import of rates not finished", import_id=import_id, why=str(refused))  # noqa: TRY400 (in one line)
            status = 1
        else:
            log.info("import of rates finished", import_id=import_id, state=state.value if state else "forgotten")
    for table_id in desk.read(swept_tables):
        log.info("replaced rates swept", table_id=table_id, rates=sweep_rates(desk.write, table_id))
    return status


def forget_old_imports(desk: JobDesk, at: datetime, stop: threading.Event) -> int:
    wanted = settings()
    for import_id in desk.read(
        lambda session: old_imports(session, at, wanted.rate_preview_days, wanted.rate_undo_days)
    ):
        if stop.is_set():
            return 3
        try:
            forget_import(desk.write, import_id, WORKER, now)
        except ImportRefused as refused:  # somebody is at work on it
            log.info("import of rates not forgotten", import_id=import_id, why=str(refused))
        else:
            log.info("import of rates forgotten", import_id=import_id)
    return 0
