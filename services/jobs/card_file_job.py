"""Files of cards and vouchers by the worker: asked for by right, written by the rights of that moment, taken once by
whoever asked, and removed after a day whether they were taken or not. With a password they are an encrypted ZIP.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.rights import Right, RightMissing
from billing.states import JobState
from models import Job
from services.audit.audit import Act, Actor, note
from services.jobs.ask_job import UNFINISHED, JobRefused, actor_of, ask_job, lock_job
from services.jobs.card_file import FileOf, FileOrder
from services.keys.pin_keys import PinKeys
from services.operators.operator_facts import OperatorFacts
from services.series.export_series import ExportRefused

CARD_FILE: Final = "pin_export"  # as jobs of the release before are called, too
KEPT: Final = timedelta(hours=24)
FOLDER: Final = "pins"  # within that of the other exports, which sweeps its own files only
SEALED: Final = "password_sealed"


@dataclass(frozen=True, slots=True)
class CardFileJob:
    """`operator_id` asked, bounded to the cards of a reseller or a distributor, if any."""

    order: FileOrder
    is_zip: bool
    operator_id: int
    reseller_id: int | None
    distributor_id: int | None

    @property
    def ending(self) -> str:
        return "zip" if self.is_zip else self.order.form

    @property
    def file_name(self) -> str:
        return f"{self.order.file_name}.zip" if self.is_zip else self.order.file_name

    def is_of(self, operator: OperatorFacts) -> bool:
        """Whoever asked, still bound to the same cards."""
        mine = (operator.id, operator.reseller_id, operator.distributor_id)
        return mine == (self.operator_id, self.reseller_id, self.distributor_id)


def export_key(order: FileOrder, token: str) -> str:
    """Of the job: two presses of one button are one; two buttons of one page are two."""
    return f"{order.of.value}:{order.name}:{order.form}:{token}"[:120]


def seal_zip_password(keys: PinKeys, key: str, password: str) -> str:
    """Until the file is written: bound to the job, opened by the key file only."""
    return b64encode(keys.encrypt(password, f"zip {key}")).decode("ascii")


def ask_card_file(
    session: Session,
    order: FileOrder,
    count: int,
    operator_id: int,
    key: str,
    sealed: str | None,
    actor: Actor,
    now: datetime,
) -> int:
    """The id of the job. The audit log names who asked; the export itself is noted before its first PIN is read."""
    if order.has_secrets and Right.EXPORT_PINS not in actor.rights:
        raise RightMissing(Right.EXPORT_PINS)
    who = {"operator_id": operator_id, "reseller_id": actor.reseller_id, "distributor_id": actor.distributor_id}
    file = {"file_of": order.of.value, "name": order.name, "format": order.form, "with_secrets": order.has_secrets}
    as_zip = {"encrypted_zip": sealed is not None, SEALED: sealed}
    parameters = {**file, "print_terms": dict(order.terms), **as_zip, **who}
    return ask_job(session, CARD_FILE, key, count, parameters, actor, now)


def is_sealed_by(session: Session, job_id: int, sealed: str) -> bool:
    """Whether the job is the one that this password was drawn for: of two presses at once one is late."""
    parameters: dict[str, Any] = session.scalars(select(Job.parameters).where(Job.id == job_id)).one()
    return bool(parameters.get(SEALED) == sealed)


def opened_zip_password(keys: PinKeys, job: Job) -> str | None:
    sealed = job.parameters.get(SEALED)
    if sealed is None:
        return None
    try:
        return keys.decrypt(b64decode(sealed), f"zip {job.key}")
    except InvalidTag as broken:
        why = (
            "The password of the ZIP opens with no key of the key file: the keys were replaced. Ask for the file again."
        )
        raise ExportRefused(why) from broken


def waiting_card_files(session: Session) -> list[int]:
    """The oldest first; also one whose worker was killed: its file is written anew."""
    query = select(Job.id).where(Job.kind == CARD_FILE, Job.state.in_(UNFINISHED)).order_by(Job.id)
    return list(session.scalars(query))


def find_card_file(session: Session, job_id: int) -> tuple[Job, CardFileJob] | None:
    job = session.get(Job, job_id)
    if job is None or job.kind != CARD_FILE:
        return None
    asked: dict[str, Any] = job.parameters
    who = (asked["operator_id"], asked["reseller_id"], asked["distributor_id"])
    return job, CardFileJob(_order(asked), asked.get("encrypted_zip", False), *who)


def _order(asked: dict[str, Any]) -> FileOrder:
    """A job of the release before knew whole series with PINs only."""
    if "file_of" not in asked:
        return FileOrder(FileOf.SERIES, str(asked["series"]), asked["format"])
    terms = asked["print_terms"]
    return FileOrder(FileOf(asked["file_of"]), asked["name"], asked["format"], asked["with_secrets"], terms)


def acting(job: Job, operator: OperatorFacts) -> Actor:
    """Who asked, with the rights that it has now."""
    asked = actor_of(job)
    mine = (frozenset(operator.rights), operator.reseller_id, operator.distributor_id)
    return Actor(asked.name, asked.door, asked.address, *mine)


def end_card_file(session: Session, job_id: int, cards: int, now: datetime) -> bool:
    """The file is whole, and the password is needed no more; False: it was cancelled at the last moment."""
    job = lock_job(session, job_id)
    if job.state not in UNFINISHED:
        return False
    result = {"rows": cards, "kept_until": (now + KEPT).isoformat(timespec="minutes")}
    values = {"state": JobState.DONE, "done": cards, "total": cards, "finished_at": now, "result": result}
    asked = {name: value for name, value in job.parameters.items() if name != SEALED}
    session.execute(update(Job).where(Job.id == job_id).values(**values, parameters=asked))
    return True


def take_card_file(session: Session, job_id: int, order: FileOrder, actor: Actor, now: datetime) -> None:
    """Once: commit it before the file is handed out."""
    if order.has_secrets and Right.EXPORT_PINS not in actor.rights:
        raise RightMissing(Right.EXPORT_PINS)
    job = lock_job(session, job_id)
    if not can_be_taken(job, now):
        raise JobRefused("This file was taken already, or is not kept any more: ask for a new one.")
    taken = {**(job.result or {}), "taken_at": now.isoformat(timespec="seconds")}
    session.execute(update(Job).where(Job.id == job_id).values(result=taken))
    facts = {"of": order.name, "rows": job.total, "format": order.form, "with_secrets": order.has_secrets}
    act = "series.pins_taken"
    if order.of is FileOf.SHEETS:
        act = "series.sheets_taken"
    elif order.of is FileOf.VOUCHERS:
        act = "voucher_batch.codes_taken"
    note(session, actor, Act(act, "job", str(job_id), after=facts), now)


def can_be_taken(job: Job, now: datetime) -> bool:
    is_kept = job.finished_at is not None and job.finished_at > now - KEPT
    return job.state is JobState.DONE and is_kept and "taken_at" not in (job.result or {})


def card_file_place(exports: Path, job_id: int, ending: str) -> Path:
    return exports.joinpath(FOLDER, f"{job_id}.{ending}")


def forget_card_files(session: Session, exports: Path, now: datetime) -> int:
    """Remove every file that nobody may take any more; how many there were. No query where there is none."""
    files = [file for file in exports.joinpath(FOLDER).glob("*.*") if file.is_file()]
    if not files:
        return 0
    jobs = session.scalars(select(Job).where(Job.kind == CARD_FILE, Job.state.in_((*UNFINISHED, JobState.DONE))))
    kept = {str(job.id) for job in jobs if job.state in UNFINISHED or can_be_taken(job, now)}
    old = [file for file in files if file.name.partition(".")[0] not in kept]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)
