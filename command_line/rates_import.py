"""callingcard rates import: a carrier's list read, shown beside the table, applied at a moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from command_line.actor import cli_actor
from command_line.errors import Failure, refusing
from command_line.form import id_of
from command_line.installation import now, open_engine, read_session, settings, writing_engine
from command_line.job_progress import progress_bar
from command_line.rates_preview import preview_json, show_preview
from command_line.refused_lines import write_refused
from command_line.series_files import FILE, ask
from command_line.show import console, emit_json, json_option
from models import ImportMode, RateTable
from services.rate_import.apply_import import AS_STAGED, ApplyOrder, apply_import
from services.rate_import.date_cells import DateOrder, DateReader
from services.rate_import.headings import Column
from services.rate_import.import_chunks import Write
from services.rate_import.prepare_import import ImportOrder, Prepared, prepare_import
from services.rate_import.price_cells import DecimalSign
from services.rate_import.refusals import CellRefused, FileRefused, ImportRefused, Reason
from services.rate_import.senders import remember_sender
from services.rate_import.stage_import import refuse_refused, refused_by_reason, stage_import

PARTLY_DONE = 3


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--table", required=True, help="Rate table, by its name.")
@click.option("--sender", help="Who sent it: the columns are remembered by this name.")
@click.option("--map", "columns", multiple=True, metavar="COLUMN=FIELD",
              help=f"What a column holds, by its heading or its number: {', '.join(Column)}.")  # fmt: skip
@click.option("--replace/--amend", "replaces", default=None,
              help="What the file has not: ends (replace) or stays (amend).")  # fmt: skip
@click.option("--at", metavar="MOMENT", help="From when the rates hold at the earliest; now if left out.")
@click.option("--sheet", help="Sheet of a workbook; the longest if left out.")
@click.option(
    "--dates",
    type=click.Choice([order.value for order in DateOrder]),
    help="Day or month first, where it cannot be told.",
)
@click.option(
    "--decimal", type=click.Choice([sign.value for sign in DecimalSign]), help="Decimal sign, where it cannot be told."
)
@click.option("--jump-percent", type=click.IntRange(1, 10_000), help="Flag prices that change by more.")
@click.option("--notice-days", type=click.IntRange(0, 365), help="Flag increases that come sooner.")
@click.option("--leave-out", "left_out", multiple=True, type=click.Choice([reason.value for reason in Reason]),
              help="Apply without the lines that are refused for this reason.")  # fmt: skip
@click.option(
    "--refused", "refused_file", type=FILE, help="Write the refused lines to this CSV, with number and reason."
)
@click.option("--preview", "is_preview", is_flag=True, help="Keep it as a preview, to be applied by import-apply.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def import_rates(*, file: Path, dry_run: bool, is_preview: bool, yes: bool, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options)
    """Import the rates of FILE (CSV, XLSX, XLS, ODS) into a table: nothing is applied before you have seen it.

    Exit status 3: applied without refused lines.
    """
    prepared = _prepared(file, asked)
    if not as_json:
        show_preview(prepared)
    if asked["refused_file"] is not None:
        write_refused(asked["refused_file"], prepared.preview.refused, as_json=as_json)
    if dry_run:
        _tell_dry(prepared, as_json=as_json)
        return
    if is_preview:
        _keep(prepared, asked["sender"], as_json=as_json)
        return
    left_out = prepared.facts.left_out
    _refuse(prepared, as_json=as_json)
    if not prepared.preview.changes:
        _tell(prepared, None, as_json=as_json)
        return
    if not yes:
        ask(f"Apply this to the rate table {asked['table']}?")
    import_id = _staged(prepared, asked["sender"])
    applied(import_id)
    _tell(prepared, import_id, as_json=as_json)
    if any(refusal.reason in left_out for refusal in prepared.preview.refused):
        raise click.exceptions.Exit(PARTLY_DONE)


def _prepared(file: Path, asked: dict[str, Any]) -> Prepared:
    try:
        with refusing(), read_session() as session:
            return prepare_import(session, file, _order(session, asked), progress_bar)
    except FileRefused as refused:
        raise Failure(str(refused)) from refused
    except OSError as failed:
        raise Failure(f"The file could not be read: {failed.strerror or failed}") from failed


def _order(session: Session, asked: dict[str, Any]) -> ImportOrder:
    wanted, moment = settings(), now()
    return ImportOrder(
        table_id=id_of(session, RateTable, "rate table", asked["table"]),
        mode=ImportMode.REPLACE if asked["replaces"] else ImportMode.AMEND,
        applies_at=moment if asked["at"] is None else moment_at(asked["at"], moment),
        now=moment,
        zone=wanted.zone,
        jump_percent=asked["jump_percent"] or wanted.rate_jump_percent,
        sender=asked["sender"],
        columns=dict(map(_column, asked["columns"])),
        sheet=asked["sheet"],
        dates=DateOrder(asked["dates"]) if asked["dates"] else None,
        decimal=DecimalSign(asked["decimal"]) if asked["decimal"] else None,
        notice_days=asked["notice_days"],
        left_out=frozenset(map(Reason, asked["left_out"])),
        ghost_above_100_allowed=wanted.allow_ghost_above_100,
    )


def _column(text: str) -> tuple[str, str]:
    name, sign, what = text.rpartition("=")
    if not sign or not name.strip():
        raise click.BadParameter(f"{text!r}: write COLUMN=FIELD, such as 'Rate (USD)=price_per_minute' or 3=code.")
    return name.strip(), what.strip()


def moment_at(text: str, now_: datetime) -> datetime:
    """In the platform's zone unless it names one; not in the past, where calls are charged already."""
    try:
        found = DateReader(settings().zone, DateOrder.DAY_FIRST).moment(text, "--at")
    except CellRefused as refused:
        raise click.BadParameter(str(refused), param_hint="--at") from refused
    if found is not None and found < now_:
        raise click.BadParameter(f"{text} is past: calls of then are charged already.", param_hint="--at")
    return (found or now_).astimezone(UTC)


def _refuse(prepared: Prepared, *, as_json: bool) -> None:
    try:
        refuse_refused(refused_by_reason(prepared.preview.refused), prepared.facts.left_out)
    except ImportRefused as refused:
        if as_json:
            emit_json({**preview_json(prepared), "error": str(refused)})
        raise Failure(str(refused), "Add --leave-out REASON to apply the rest") from refused


def _staged(prepared: Prepared, sender: str | None) -> int:
    facts = prepared.facts
    with importing() as write:
        if sender is not None:
            remember = partial(remember_sender, name=sender, columns=facts.columns, options=facts.options)
            facts = replace(facts, rate_sender_id=write(remember))
        with progress_bar("Staging") as progress:
            return stage_import(write, facts, prepared.preview, cli_actor(), progress)


def applied(import_id: int, order: ApplyOrder = AS_STAGED) -> None:
    with importing() as write, progress_bar("Applying") as progress:
        apply_import(write, import_id, cli_actor(), now, progress, order)


@contextmanager
def importing() -> Iterator[Write]:
    """Refusals become sentences for the operator."""
    try:
        with refusing(), transactions() as write:
            yield write
    except ImportRefused as refused:
        raise Failure(str(refused), "callingcard rates imports") from refused


@contextmanager
def transactions() -> Iterator[Write]:
    """Runs each work in a transaction of its own."""
    with open_engine(writing_engine()) as engine:

        def write(work: Callable[[Session], Any]) -> Any:  # noqa: ANN401 (what the work gives)
            with Session(engine, autoflush=False) as session, session.begin():
                return work(session)

        yield write


def _tell_dry(prepared: Prepared, *, as_json: bool) -> None:
    if as_json:
        emit_json({**preview_json(prepared), "dry_run": True})
    else:
        console.print("Dry run: nothing was written.")


def _keep(prepared: Prepared, sender: str | None, *, as_json: bool) -> None:
    """Also one with refused lines only, so that they can be told to the sender later."""
    if not prepared.preview.changes and not prepared.preview.refused:
        _tell(prepared, None, as_json=as_json)
        return
    import_id = _staged(prepared, sender)
    if as_json:
        emit_json({**preview_json(prepared), "dry_run": False, "preview": import_id})
        return
    days = settings().rate_preview_days
    words = "".join(f" --leave-out {reason}" for reason in refused_by_reason(prepared.preview.refused))
    console.print(f"Kept as preview {import_id} for {days} days; nothing has changed yet. To apply it: ", end="")
    console.print(f"callingcard rates import-apply {import_id}{words}")


def _tell(prepared: Prepared, import_id: int | None, *, as_json: bool) -> None:
    if as_json:
        emit_json({**preview_json(prepared), "dry_run": False, "import": import_id})
    elif import_id is None:
        console.print("The table says the same already: nothing was written.")
    else:
        console.print(f"Applied as import {import_id}. To take it back: callingcard rates undo {import_id}")
