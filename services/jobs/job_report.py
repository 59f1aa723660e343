"""Jobs as rows of a list and as one: what was asked for, how far it is, what came out."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import Job
from services.jobs.ask_job import UNFINISHED
from services.jobs.cancel_job import AS_A_WHOLE, is_cancellable

HIDDEN = frozenset(  # who asked, and how it goes on: of no use to readers
    {
        *("actor", "operator_id", "reseller_id", "distributor_id"),
        *("password_sealed",),
        *("after_serial", "after_card_id", "next_serial", "runs", "place"),
    }
)


def job_rows() -> Select[*tuple[Any, ...]]:
    return select(
        Job.id, Job.state, Job.kind, Job.key, Job.done, Job.total, Job.asked_by, Job.asked_at, Job.finished_at
    )


def find_job_report(session: Session, job_id: int) -> dict[str, Any] | None:
    job = session.get(Job, job_id)
    if job is None:
        return None
    columns = ("id", "kind", "key", "done", "total", "asked_by", "asked_at", "finished_at")
    return {
        **{name: getattr(job, name) for name in columns},
        "state": job.state.value,
        "is_unfinished": job.state in UNFINISHED,
        "is_cancellable": is_cancellable(job),
        "leaves_nothing": job.kind in AS_A_WHOLE,
        "asked_for": _plain(job.parameters.get("terms", job.parameters)),
        "result": _plain(job.result or {}),
    }


def unfinished_jobs(session: Session, series_id: int) -> list[Job]:
    """Acts on the cards of a series that are still going on."""
    query = select(Job).where(Job.kind == "card_act", Job.state.in_(UNFINISHED)).order_by(Job.id)
    return [job for job in session.scalars(query) if job.parameters["series_id"] == series_id]


def newest_jobs(session: Session, kinds: Sequence[str], newest: int = 20) -> Sequence[Job]:
    return session.scalars(select(Job).where(Job.kind.in_(kinds)).order_by(Job.id.desc()).limit(newest)).all()


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """What can be read in a table: counts by word as one text, nothing that is empty."""
    told = {name: value for name, value in values.items() if name not in HIDDEN and value not in (None, "", {}, [])}
    return {name: _text(value) for name, value in told.items()}


def _text(value: Any) -> str:  # noqa: ANN401 (JSON's values)
    if isinstance(value, dict):
        return ", ".join(f"{name} {count}" for name, count in value.items())
    return str(value)
