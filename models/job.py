"""Jobs: long work that can be killed anywhere and taken up again, and the lock that lets each run once at a time."""

from typing import Any

from sqlalchemy import JSON, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.states import JobState
from models.base import Base, Id, Moment, word


class Job(Base):
    """`key` names the work (series:45, fees:2026-11-22): asking for it twice gives the same job. `done` counts
    finished items.
    """

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        CheckConstraint("done BETWEEN 0 AND total", "done_in_range"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(120))
    state: Mapped[JobState] = mapped_column(word(JobState), default=JobState.WAITING)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    asked_by: Mapped[str] = mapped_column(String(120))
    asked_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]


class JobLock(Base):
    """Held by one process while it runs jobs of this name; a lock whose owner fell silent may be taken over."""

    __tablename__ = "job_lock"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    beat_at: Mapped[Moment]
