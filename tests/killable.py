"""Long work in a process of its own, in chunks so small that a kill meets it half-way.

Run: python killable.py generate|rotate|vouchers|expiry|import|undo URL KEY_FILE [JOB_BATCH_OR_IMPORT_ID].
It says "begun" when the first chunk is about to be made; expiry when it is made.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.database import make_engine, session_factory
from services.audit.audit import Actor, Door
from services.keys import reseal
from services.keys.key_file import KeyFile
from services.keys.rotate_keys import rotate_keys
from services.rate_import import import_chunks
from services.rate_import.finish_import import finish_import
from services.rate_import.undo_import import undo_import
from services.series import recompute_expiry, series_in_making
from services.series.apply_expiry import apply_expiry_step
from services.series.generate_cards import generate_cards
from services.vouchers.generate_vouchers import generate_vouchers

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session, sessionmaker

HOUSE = Path(__file__).parents[1]


def start(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, *map(str, words)],
        cwd=HOUSE,
        env={"PYTHONPATH": str(HOUSE)},
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    """SIGKILL so long after it has begun."""
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    time.sleep(seconds)
    process.kill()
    process.wait()
    process.stdout.close()


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=60)
    assert process.returncode == 0


def main(work: str, url: str, key_file: str, job_id: str = "0") -> None:
    series_in_making.CARDS_A_CHUNK = 200
    reseal.ROWS_A_CHUNK = 50
    recompute_expiry.CARDS_A_CHUNK = 10
    sessions = session_factory(make_engine(url, pool_size=1))
    file = Path(key_file)
    is_told = []

    def progress(_done: int, _total: int) -> None:
        if not is_told:
            is_told.append(True)
            sys.stdout.write("begun\n")
            sys.stdout.flush()

    def clock() -> datetime:
        return datetime.now(UTC)

    if work == "generate":
        generate_cards(sessions, KeyFile(file), int(job_id), clock, progress)
    elif work == "vouchers":
        generate_vouchers(sessions, KeyFile(file), int(job_id), clock, progress)
    elif work in {"import", "undo"}:
        import_chunks.PAUSE_MS, import_chunks.ROWS_MOST = 0, 100
        run = {"import": finish_import, "undo": undo_import}[work]
        run(writer(sessions), int(job_id), Actor("test", Door.JOB), clock, progress)
    elif work == "expiry":
        apply_expiry(sessions, int(job_id), clock, progress)
    else:
        rotate_keys(sessions, file, Actor("test", Door.JOB), clock, progress=progress)


def writer(sessions: sessionmaker[Session]) -> Callable[[Callable[[Session], object]], object]:
    """Each work in a transaction of its own."""

    def write(work: Callable[[Session], object]) -> object:
        with sessions.begin() as session:
            return work(session)

    return write


def apply_expiry(
    sessions: sessionmaker[Session], job_id: int, clock: Callable[[], datetime], progress: Callable[[int, int], None]
) -> None:
    """As the command line and the nightly jobs do it: a transaction a step."""
    goes_on = True
    while goes_on:
        with sessions.begin() as session:
            goes_on = apply_expiry_step(session, job_id, clock(), UTC)
        progress(0, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
