"""Write a preview into the database: beside the rates and in short transactions, so that no call waits for it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Dialect, select, update
from sqlalchemy.orm import Session

from models import ImportMode, ImportState, Rate, RateChange, RateImport, RateImportRefusal, RateTable
from services.audit.audit import Act, Actor, note
from services.rate_import.compare import Change, Comparing, Preview
from services.rate_import.import_chunks import Write
from services.rate_import.import_run import ImportRun, freed
from services.rate_import.refusals import ImportRefused, Reason, RefusedLine
from services.rate_import.sheet import Progress, nothing_shown
from services.rate_import.table_rates import rate_columns
from services.store.bulk_insert import insert_columns, stored_by

REFUSALS_KEPT_MAX: Final = 10_000
SENTENCE_MAX: Final = 500
PLAIN: Final = frozenset({int, str, type(None), bool})


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """What is kept of an import besides its changes. `left_out`: reasons whose refused lines may be missing."""

    rate_table_id: int
    rate_sender_id: int | None
    table_revision: int
    file_name: str
    file_sha256: str
    comparing: Comparing
    columns: Mapping[str, str]
    options: Mapping[str, Any]
    notes: Sequence[str]
    left_out: frozenset[Reason] = frozenset()


def stage_import(
    write: Write, facts: ImportFacts, preview: Preview, actor: Actor, progress: Progress = nothing_shown
) -> int:
    """The id of the import, which is kept until it is applied or forgotten. One that was killed on the way changes
    nothing, and the worker forgets it.
    """
    changes = sorted(preview.changes, key=lambda change: (change.key, change.valid_from))  # all of a code together
    run: ImportRun = write(lambda session: _begin(session, write, facts, preview, actor))
    dialect: Dialect = write(lambda session: session.get_bind().dialect)
    with freed(run):
        done = 0
        while done < len(changes):
            some = changes[done : done + run.pace.rows]
            columns = _columns(dialect, some)  # before the transaction begins
            columns["position"] = list(range(done, done + len(some)))
            run.step(partial(_insert, import_id=run.import_id, columns=columns))
            done += len(some)
            progress(done, len(changes))
            if done < len(changes):
                run.pace.rest()
        run.step(lambda session, _most: _end(session, run.import_id, preview.refused, facts, actor))
    return run.import_id


def refused_by_reason(refused: Sequence[RefusedLine]) -> dict[str, int]:
    return dict(sorted(Counter(refusal.reason.value for refusal in refused).items()))


def refuse_refused(refused: Mapping[str, int], left_out: Collection[str]) -> None:
    """All or nothing, unless the operator has said which lines may be missing."""
    rest = {reason: lines for reason, lines in refused.items() if reason not in left_out}
    if rest:
        raise ImportRefused(
            f"{sum(rest.values())} lines are refused ({', '.join(sorted(rest))}), so nothing is applied. Correct the "
            "file, or leave them out by their reason."
        )


def _begin(session: Session, write: Write, facts: ImportFacts, preview: Preview, actor: Actor) -> ImportRun:
    row = RateImport(
        rate_table_id=facts.rate_table_id,
        rate_sender_id=facts.rate_sender_id,
        state=ImportState.STAGING,
        mode=ImportMode(facts.comparing.mode),
        applies_at=facts.comparing.applies_at,
        table_revision=facts.table_revision,
        file_name=facts.file_name[:255],
        file_sha256=facts.file_sha256,
        counts={name: count for name, count in sorted(preview.counts.items()) if count}
        | {"refused": len(preview.refused)},
        columns=dict(facts.columns),
        options={
            **facts.options,
            "left_out": sorted(facts.left_out),
            "refused": refused_by_reason(preview.refused),
        },
        notes=list(facts.notes),
        made_by=str(actor),
        made_at=facts.comparing.now,
    )
    session.add(row)
    session.flush()
    run = ImportRun(write, row.id)
    run.take(session)
    return run


def _insert(session: Session, _most: int, *, import_id: int, columns: Mapping[str, Sequence[Any]]) -> None:
    insert_columns(session, RateChange, columns, {"rate_import_id": import_id})


def _columns(dialect: Dialect, changes: Sequence[Change]) -> dict[str, list[Any]]:
    rows = [_row(change) for change in changes]
    columns: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in rows[0]}
    stored = stored_by(dialect, Rate.__table__.c.valid_from.type)  # SQLite's moments are texts
    for name, values in columns.items():
        kinds = {type(value) for value in values}
        if datetime in kinds:
            known = {moment: stored(moment) if stored and moment is not None else moment for moment in set(values)}
            columns[name] = [known[moment] for moment in values]
        elif type(None) in kinds and int in kinds:  # COPY wants one type of a column
            columns[name] = [None if value is None else str(value) for value in values]
        assert kinds <= PLAIN | {datetime}, name  # noqa: S101
    return columns


def _row(change: Change) -> dict[str, Any]:
    return {
        "act": change.act.value,
        "verdict": change.verdict.value,
        "line": change.line,
        "rate_id": change.rate_id,
        "valid_until_before": change.valid_until_before,
        "price_before_micros": change.price_before,
        "is_jump": change.is_jump,
        "is_short_notice": change.is_short_notice,
        "valid_from": change.valid_from,
        "valid_until": change.valid_until,
        **rate_columns(change.key, change.terms),
    }


def _end(session: Session, import_id: int, refused: Sequence[RefusedLine], facts: ImportFacts, actor: Actor) -> None:
    kept = refused[:REFUSALS_KEPT_MAX]
    if kept:
        columns: dict[str, list[Any]] = {
            "line": [refusal.line for refusal in kept],
            "reason": [refusal.reason.value for refusal in kept],
            "sentence": [refusal.sentence[:SENTENCE_MAX] for refusal in kept],
        }
        insert_columns(session, RateImportRefusal, columns, {"rate_import_id": import_id})
    session.execute(update(RateImport).where(RateImport.id == import_id).values(state=ImportState.STAGED))
    told = {"file": facts.file_name, "sha256": facts.file_sha256, "table": facts.rate_table_id}
    note(session, actor, Act("rates.staged", "rate_import", str(import_id), after=told), facts.comparing.now)


def table_revision(session: Session, table_id: int) -> int:
    """Read before the rates themselves: a change in between is found when the import is applied."""
    revision: int = session.scalars(select(RateTable.revision).where(RateTable.id == table_id)).one()
    return revision
