"""The spool: settlements that found no server at hang-up, one file a call, replayed until each is settled."""

import asyncio
import random
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from fastagi.database import DatabaseUnavailable
from fastagi.flow.settle import SettleDesk, settle_by
from fastagi.logs import call_named
from telephony.handover import SettleArguments, SettleArgumentsRefused

REPLAY_SECONDS = 3
FILES_A_ROUND_MAX = 500  # after a long outage the live settlements still get their turn
LINE_BYTES_MAX = 1_024
KEPT_SECONDS = 300  # no authorisation is under way for longer
WRITTEN_SECONDS = 30  # no line is being written for longer: its disk was full, or Asterisk died
PUT_ASIDE = "refused"  # what cannot be settled is kept here for the operator, never erased

log = structlog.get_logger()


async def replay_for_ever(folder: Path, desk: SettleDesk) -> None:
    """Settle what lies in the folder, every few seconds."""
    while True:
        try:
            await replay(folder, desk)
        except DatabaseUnavailable as lost:
            log.warning("spool waits for the database", why=str(lost))
        except OSError as unreadable:
            log.error("spool cannot be read", folder=str(folder), why=str(unreadable))  # noqa: TRY400 (told in one line)
        await asyncio.sleep(REPLAY_SECONDS)


async def replay(folder: Path, desk: SettleDesk, clock: Callable[[], float] = time.time) -> int:
    """How many files were settled and removed in this round; one that cannot be settled never stops the others."""
    settled = 0
    for file in await asyncio.to_thread(_waiting, folder):
        try:
            with call_named(file.stem):
                settled += await _replay_file(file, desk, clock)
        except FileNotFoundError:
            continue  # another server on the same folder was first
        except OSError as unusable:
            log.error("spooled settlement cannot be read", file=file.name, why=str(unusable))  # noqa: TRY400 (one line)
        except DatabaseUnavailable:
            raise
        except Exception:
            # An entry point: whatever is wrong with this one is told, its file is kept, and the others go on.
            log.exception("spooled settlement failed", file=file.name)
    return settled


async def _replay_file(file: Path, desk: SettleDesk, clock: Callable[[], float]) -> bool:
    """The first whole line counts; the file is removed after the commit."""
    line = _first_line(file)
    if line is None:
        if _is_old(file, clock, WRITTEN_SECONDS):
            _put_aside(file, "its line was never finished")
        return False
    try:
        arguments = SettleArguments.from_spool_line(line)
    except SettleArgumentsRefused as refused:
        _put_aside(file, str(refused))
        return False
    if await settle_by(arguments, desk):
        _remove(file)
        return True
    if _is_old(file, clock):
        if arguments.answered_at_ms is None:  # refused while the database was away: nothing was held, nothing is due
            log.info("spooled line of a call that was never placed", call_id=arguments.call_id)
            _remove(file)
        else:
            _put_aside(file, "no hold has this call id")
    return False


def waiting_calls(folder: Path, clock: Callable[[], float] = time.time) -> set[str]:
    """Calls that their lines will settle. A line that was never finished settles none, also where the disk is too full
    to put it aside.
    """
    return {file.stem for file in _files(folder) if _will_settle(file, clock)}


def _will_settle(file: Path, clock: Callable[[], float]) -> bool:
    try:
        return _first_line(file) is not None or not _is_old(file, clock, WRITTEN_SECONDS)
    except OSError:
        return True  # settled and removed at this moment, or not to be read now


def _waiting(folder: Path) -> list[Path]:
    """Any of them when there are many: those that cannot be settled must not stand before the others for ever."""
    files = _files(folder)
    return sorted(random.sample(files, FILES_A_ROUND_MAX)) if len(files) > FILES_A_ROUND_MAX else sorted(files)


def _files(folder: Path) -> list[Path]:
    return list(folder.glob("*.txt")) if folder.is_dir() else []


def _first_line(file: Path) -> str | None:
    """None while the line is still being written; one that is too long is cut, and then refused as garbage."""
    with file.open("rb") as lines:
        line = lines.readline(LINE_BYTES_MAX)
    is_whole = line.endswith(b"\n") or len(line) == LINE_BYTES_MAX
    return line.decode("ascii", "replace") if is_whole else None


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)  # another server on the same folder may have been first


def _is_old(file: Path, clock: Callable[[], float], seconds: int = KEPT_SECONDS) -> bool:
    return clock() - file.stat().st_mtime > seconds


def _put_aside(file: Path, why: str) -> None:
    log.error("spooled settlement put aside", file=file.name, why=why)
    aside = file.parent / PUT_ASIDE
    aside.mkdir(exist_ok=True)
    file.rename(aside / file.name)
