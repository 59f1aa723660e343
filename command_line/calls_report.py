"""callingcard calls report, rollup and export: what the calls brought, and the calls themselves as a file."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from command_line.actor import cli_actor
from command_line.call_filters import Day, call_filter, call_filter_options
from command_line.errors import Failure
from command_line.installation import now, read_session, settings, write_session
from command_line.job_progress import progress_bar
from command_line.series_files import FILE, chosen_form, told
from command_line.show import console, emit_json, json_option, money
from services.reports.days import day_of
from services.reports.export_calls import count_calls, export_calls, note_call_export
from services.reports.report_calls import Progress, report_calls
from services.reports.report_row import ReportRow
from services.reports.report_terms import ROWS_DEFAULT, ROWS_MAX, By, ReportRefused, ReportTerms
from services.reports.roll_up_calls import Work, roll_up_calls
from services.store.new_file import new_file, refuse_standing
from services.store.sheet_writer import SheetForm

DAYS_SHOWN = 30
SECONDS_DEFAULT = 120
ROWS_SHOWN_MAX = 100
ONLY = (By.DESTINATION, By.CARRIER, By.SERIES, By.ACCESS_NUMBER, By.ACCOUNT, By.CLIENT)


@click.command()
@click.option("--by", default="day", show_default=True, help="One or more, by commas: " + ", ".join(By) + ".")
@click.option("--from", "first", type=Day(), help=f"The first day.  [default: {DAYS_SHOWN} days]")
@click.option("--to", "last", type=Day(), help="The last day.  [default: today]")
@click.option("--destination", help="Only calls to this destination, by the name in the rates.")
@click.option("--carrier", help="Only calls that this carrier answered.")
@click.option("--series", type=int, help="Only cards of this series.")
@click.option("--access-number", help="Only calls over this access number.")
@click.option("--account", help="Only calls of this originator.")
@click.option("--client", help="Only calls of this client's originators.")
@click.option("--carrier-tag", help="Only calls that carriers with this tag answered.")
@click.option("--originator-tag", help="Only calls of originators with this tag.")
@click.option(
    "--rows", "rows_max", type=click.IntRange(1, ROWS_MAX), default=ROWS_DEFAULT, show_default=True, help="How many."
)
@click.option(
    "--seconds",
    "seconds_max",
    type=click.IntRange(1, 86_400),
    default=SECONDS_DEFAULT,
    show_default=True,
    help="How long the calls themselves may be read where no sum knows all that is asked.",
)
@json_option
def report(
    by: str,
    first: date | None,
    last: date | None,
    carrier_tag: str | None,
    originator_tag: str | None,
    rows_max: int,
    seconds_max: int,
    *,
    as_json: bool,
    **only: Any,  # noqa: ANN401 (what click gives)
) -> None:
    """Calls, answered share, lengths, revenue, cost and margin, by day and more; up to the last minute."""
    zone = settings().zone
    until = last or day_of(now(), zone)
    narrowed = {one: str(only[one.value]) for one in ONLY if only[one.value] is not None}
    terms = ReportTerms(
        _dimensions(by),
        first or until - timedelta(days=DAYS_SHOWN - 1),
        until,
        narrowed,
        carrier_tag,
        originator_tag,
        rows_max,
    )
    with _refused():
        terms.check()
        roll_up()
        with read_session() as session, progress_bar("Days") as progress:
            found = report_calls(session, terms, zone, _within(seconds_max, progress))
    if as_json:
        rows = [row.as_json() for row in found[:rows_max]]
        emit_json({"from": terms.first, "to": terms.last, "is_cut": len(found) > rows_max, "rows": rows})
    elif found:
        shown = min(rows_max, ROWS_SHOWN_MAX)
        console.print(_table(terms, found[:shown]))
        if len(found) > shown:
            console.print("... and more: narrow the report, or see all with --json and --rows.")
    else:
        console.print(f"No calls from {terms.first} to {terms.last}.")


def _within(seconds_max: int, progress: Progress) -> Progress:
    """Looks at the clock after each day."""
    ends = time.monotonic() + seconds_max

    def told(done: int, total: int) -> None:
        progress(done, total)
        if done < total and time.monotonic() > ends:
            raise Failure(
                f"After {seconds_max} seconds {done} of {total} days are read. No sum knows all of this together, so "
                "that the calls of each day are: some two seconds for 300,000 of them.",
                "Ask for fewer days or one thing less in --by, or wait longer with --seconds.",
            )

    return told


@click.command()
@json_option
def rollup(*, as_json: bool) -> None:
    """Bring the sums that reports are made of up to date; the worker does so every minute."""
    days = roll_up()
    if as_json:
        emit_json({"days": days})
    else:
        console.print(f"{days} days summed up.")


@click.command("export")
@click.argument("file", type=FILE)
@call_filter_options
@click.option(
    "--format", "form", type=click.Choice([form.value for form in SheetForm]), help="By FILE's ending, else csv."
)
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@click.option("--dry-run", is_flag=True, help="Only count the calls.")
@json_option
def export(file: Path, form: str | None, *, force: bool, dry_run: bool, as_json: bool, **chosen: Any) -> None:  # noqa: ANN401
    """Write calls to FILE (CSV or XLSX), one row each. Only you can read the file; the export is audited."""
    wanted, sheet = call_filter(**chosen), chosen_form(form, file)
    with told():
        refuse_standing(file, replaces=force)
        with read_session() as session:
            count = count_calls(session, wanted)
        if not dry_run:
            with write_session() as session:
                note_call_export(session, count, sheet, cli_actor(), now())
            with new_file(file, replaces=force) as draft, read_session() as session, progress_bar("Calls") as progress:
                count = export_calls(session, wanted, draft, sheet, settings().zone, progress)
    if as_json:
        emit_json({"file": file, "calls": count, "dry_run": dry_run})
    else:
        console.print(f"{count} calls would be written." if dry_run else f"{count} calls in {file}.")


def roll_up() -> int:
    def write(work: Work) -> Any:  # noqa: ANN401 (what the work answers)
        with write_session() as session:
            return work(session)

    with progress_bar("Days") as progress:
        return roll_up_calls(write, now(), settings().zone, progress=progress)


def _dimensions(text: str) -> tuple[By, ...]:
    try:
        return tuple(dict.fromkeys(By(word.strip().replace("-", "_")) for word in text.split(",")))
    except ValueError as unknown:
        raise click.BadParameter(f"{text!r}: choose among {', '.join(By)}.", param_hint="--by") from unknown


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except ReportRefused as refused:
        raise Failure(str(refused), "callingcard calls report --help") from refused


def _table(terms: ReportTerms, rows: list[ReportRow]) -> Table:
    table = Table(*(by.value.replace("_", " ") for by in terms.by), box=None)
    for name in ("calls", "answered", "ASR %", "ACD s", "minutes", "revenue", "tax", "cost", "margin", "delivered %"):
        table.add_column(name, justify="right")
    for row in rows:
        figures = row.figures
        amounts = (figures["cost_micros"], figures["tax_micros"], figures["buy_cost_micros"], row.margin_micros)
        table.add_row(
            *(value or "-" for value in row.of.values()),
            str(figures["calls"]),
            str(figures["answered"]),
            _percent(row.asr_per_mille),
            str(row.acd_seconds),
            str(figures["talk_seconds"] // 60),
            *(money(micros, row.currency) for micros in amounts),
            "-" if row.delivered_per_mille is None else _percent(row.delivered_per_mille),
        )
    return table


def _percent(per_mille: int) -> str:
    return f"{per_mille // 10}.{per_mille % 10}"
