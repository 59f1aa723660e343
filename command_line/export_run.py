"""One export of the worker from its beginning to its end: refused, stopped, cancelled at the last moment, or whole."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog

from command_line.installation import now
from services.jobs.ask_job import fail_job

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from command_line.job_run import JobDesk

log = structlog.get_logger()


class ExportStopped(Exception):
    """The job was cancelled, or the worker is to end: the next one writes the file anew."""


def run_export(
    desk: JobDesk,
    job_id: int,
    file: Path,
    write: Callable[[], int],
    end: Callable[[Session, int, datetime], bool],
    refused_by: tuple[type[Exception], ...],
) -> None:
    """`write` makes the file and says how many rows it holds; `end` says whether anybody still wants it."""
    try:
        rows = write()
    except ExportStopped:
        log.info("export stopped", job_id=job_id)
    except refused_by as refused:
        desk.write(partial(fail_job, job_id=job_id, why=str(refused), now=now()))
        log.error("export refused", job_id=job_id, why=str(refused))  # noqa: TRY400 (told in one line)
    else:
        if not desk.write(lambda session: end(session, rows, now())):
            file.unlink(missing_ok=True)
        log.info("export ended", job_id=job_id, rows=rows)
