"""The worker's job on long lists that operators want as files: write them, and forget old ones."""

import threading
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from flask import Flask

from admin_web.app import create_app
from admin_web.lists.export_job import ExportRefused, write_export
from command_line.export_run import ExportStopped, run_export
from command_line.installation import settings
from command_line.job_run import JobDesk
from services.jobs.list_export import (
    end_export,
    export_file,
    exports_kept,
    find_export,
    forget_files,
    note_export,
    waiting_exports,
)
from services.store.sheet_writer import RowsMiscounted
from web_base.database import engines

log = structlog.get_logger()


def write_exports(desk: JobDesk, _at: datetime, stop: threading.Event) -> int:
    waiting = desk.read(waiting_exports)
    if not waiting:
        return 0
    app, folder = create_app(settings()), settings().exports_dir
    try:
        for job_id in waiting:
            if stop.is_set():
                return 3
            _write_one(desk, app, folder, job_id, stop)
    finally:
        for engine in engines(app):
            engine.dispose()
    return 0


def forget_exports(desk: JobDesk, at: datetime, _stop: threading.Event) -> int:
    forgotten = forget_files(settings().exports_dir, desk.read(partial(exports_kept, now=at)))
    log.info("old exports forgotten", files=forgotten)
    return 0


def _write_one(desk: JobDesk, app: Flask, folder: Path, job_id: int, stop: threading.Event) -> None:
    def told(done: int, total: int) -> None:
        if stop.is_set() or not desk.write(partial(note_export, job_id=job_id, done=done, total=total)):
            raise ExportStopped

    found = desk.read(partial(find_export, job_id=job_id))
    if found is None:
        return
    run_export(
        desk,
        job_id,
        export_file(folder, job_id, found[1].form),
        lambda: write_export(app, *found, folder, told),
        lambda session, rows, at: end_export(session, job_id, rows, at),
        (ExportRefused, RowsMiscounted),
    )
