"""Imports of rates that are asked for in the console: read and compared, applied, undone, by the worker, with progress.

A file stands in the state directory from its upload until its preview is staged or thrown away.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.states import JobState
from models import ImportMode, ImportState, Job, RateImport
from services.audit.audit import Actor
from services.jobs.ask_job import UNFINISHED, actor_of, ask_job, fail_job
from services.rate_import.apply_import import ApplyOrder, apply_import
from services.rate_import.date_cells import DateOrder
from services.rate_import.import_chunks import Write
from services.rate_import.prepare_import import ImportOrder, Prepared, prepare_import
from services.rate_import.price_cells import DecimalSign
from services.rate_import.refusals import FileRefused, ImportRefused, Reason
from services.rate_import.senders import remember_sender
from services.rate_import.stage_import import stage_import
from services.rate_import.undo_import import undo_import
from services.store.fields import FieldsRefused

READ, APPLY, UNDO = "rates_read", "rates_apply", "rates_undo"
KINDS: Final = (READ, APPLY, UNDO)
REFUSED_TOLD_MAX: Final = 10_000  # lines: a page shows some, the file all of them
PROGRESS_STEPS: Final = 20  # a row is written so often, not for each chunk

Read = Callable[[Callable[[Session], Any]], Any]  # runs a query in one moment of the database


def waiting_imports(session: Session) -> list[int]:
    """The oldest first."""
    query = select(Job.id).where(Job.kind.in_(KINDS), Job.state.in_(UNFINISHED)).order_by(Job.id)
    return list(session.scalars(query))


def ask_apply(session: Session, import_id: int, at: datetime | None, token: str, actor: Actor, now: datetime) -> int:
    """The id of the job. `at`: from when the rates hold; None: from the moment they were compared for, or from now on
    where that is past. `token` is that of the form.
    """
    found = session.get_one(RateImport, import_id)
    if at is not None and at < now:
        raise ImportRefused(f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC is past: calls of then are charged already.")
    asked: dict[str, Any] = {"import_id": import_id}
    if found.state is ImportState.STAGED:
        asked["at"] = (at or max(found.applies_at, now)).astimezone(UTC).isoformat()
    return ask_job(session, APPLY, f"{import_id}:{token}", 0, asked, actor, now)


def run_import_job(read: Read, write: Write, job_id: int, now: Callable[[], datetime], zone: tzinfo) -> None:
    """What is refused ends the job with its sentence; one that was killed is begun anew or gone on with."""
    job: Job = read(lambda session: session.get_one(Job, job_id))
    progress = _Told(write, job_id)
    write(lambda session: _set(session, job_id, state=JobState.RUNNING))
    try:
        if job.kind == READ:
            result = _read(read, write, job, now, zone, progress)
        else:
            import_id = job.parameters["import_id"]
            if job.kind == APPLY:
                apply_import(write, import_id, actor_of(job), now, progress, _apply_order(job.parameters))
            else:
                undo_import(write, import_id, actor_of(job), now, progress)
            result = {"import_id": import_id}
    except (FileRefused, ImportRefused, FieldsRefused) as refused:
        why = str(refused)
        write(lambda session: fail_job(session, job_id, why, now()))
        return
    ended = {"state": JobState.DONE, "finished_at": now(), "result": result}
    write(lambda session: _set(session, job_id, **ended, done=Job.total))


def _read(
    read: Read, write: Write, job: Job, now: Callable[[], datetime], zone: tzinfo, progress: "_Told"
) -> dict[str, Any]:
    """A preview without refused lines is staged; with some the operator says first what becomes of them."""
    asked, file = job.parameters, Path(job.parameters["file"])
    order = order_from(asked, now(), zone)
    prepared: Prepared = read(partial(_prepared, file=file, order=order))
    facts, preview = replace(prepared.facts, file_name=asked["name"]), prepared.preview
    told = {
        "counts": {name: count for name, count in sorted(preview.counts.items()) if count},
        "columns": dict(facts.columns),
        "headings": _headings(prepared),
        "notes": list(facts.notes),
        "refused": [[one.line, one.reason.value, one.sentence] for one in preview.refused[:REFUSED_TOLD_MAX]],
        "refused_count": len(preview.refused),
    }
    open_ones = [one for one in preview.refused if one.reason not in facts.left_out]
    if open_ones or not preview.changes:
        return told
    if asked.get("sender"):
        remember = partial(remember_sender, name=asked["sender"], columns=facts.columns, options=facts.options)
        facts = replace(facts, rate_sender_id=write(remember))
    import_id = stage_import(write, facts, preview, actor_of(job), progress)
    file.unlink(missing_ok=True)
    return {**told, "import_id": import_id}


def _apply_order(asked: dict[str, Any]) -> ApplyOrder:
    return ApplyOrder(at=datetime.fromisoformat(asked["at"]) if asked.get("at") else None)


def _prepared(session: Session, file: Path, order: ImportOrder) -> Prepared:
    return prepare_import(session, file, order)


def order_from(asked: dict[str, Any], now: datetime, zone: tzinfo) -> ImportOrder:
    """What the form asked for, in JSON's values."""
    at = datetime.fromisoformat(asked["applies_at"]) if asked.get("applies_at") else now
    return ImportOrder(
        table_id=asked["table_id"],
        mode=ImportMode(asked["mode"]),
        applies_at=max(at, now),
        now=now,
        zone=zone,
        jump_percent=asked["jump_percent"],
        sender=asked.get("sender"),
        columns=asked.get("columns") or {},
        sheet=asked.get("sheet"),
        dates=DateOrder(asked["dates"]) if asked.get("dates") else None,
        decimal=DecimalSign(asked["decimal"]) if asked.get("decimal") else None,
        notice_days=asked.get("notice_days"),
        left_out=frozenset(map(Reason, asked.get("left_out", ()))),
        ghost_above_100_allowed=asked.get("ghost_above_100_allowed", False),
    )


def _headings(prepared: Prepared) -> list[str]:
    return list(prepared.columns.by_heading())


class _Told:
    """Progress as a row that pages read."""

    def __init__(self, write: Write, job_id: int) -> None:
        self.write, self.job_id, self.last = write, job_id, -1

    def __call__(self, done: int, total: int) -> None:
        step = done * PROGRESS_STEPS // max(1, total)
        if step != self.last:
            self.last = step
            self.write(lambda session: _set(session, self.job_id, done=min(done, total), total=total))


def _set(session: Session, job_id: int, **values: Any) -> None:  # noqa: ANN401 (columns)
    session.execute(update(Job).where(Job.id == job_id).values(values))
