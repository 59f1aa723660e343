"""callingcard audit: who changed or read what; prove that the log is whole, and export it."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from command_line.errors import Failure
from command_line.installation import read_session
from command_line.show import console, emit_json, json_option
from services.audit.audit import broken_links
from services.audit.audit_report import COLUMNS, ENTRIES_SHOWN_MAX, AuditFilter, audit_entries, every_audit_entry
from services.store.safe_cells import write_csv

Command = Callable[..., Any]
SHOWN = ("number", "happened_at", "actor", "door", "act", "object_kind", "object_id", "reason")
DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])


def filters(command: Command) -> Command:
    """The options that choose entries."""
    options = (
        click.option("--since", type=DAY, help="From this day or moment on (UTC)."),
        click.option("--until", type=DAY, help="Before this day or moment (UTC)."),
        click.option("--actor", help="Only acts of this operator, card or job."),
        click.option("--act", help="Only this act, for example guard.unlock."),
        click.option("--object-kind", help="Only acts on this kind of object, for example card."),
        click.option("--object-id", help="Only acts on the object of this id."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def audit() -> None:
    """The audit log: append-only, each entry chained to the one before."""


@audit.command("list")
@filters
@click.option("--newest", type=click.IntRange(1, ENTRIES_SHOWN_MAX), default=50, show_default=True, help="How many.")
@json_option
def list_(newest: int, *, as_json: bool, **wanted: Any) -> None:  # noqa: ANN401 (the options of filters)
    """List acts, the newest first."""
    with read_session() as session:
        found = audit_entries(session, _filter(**wanted), newest)
    if as_json:
        emit_json([{**entry, "happened_at": entry["happened_at"].isoformat()} for entry in found])
    elif found:
        table = Table(*(name.replace("_", " ") for name in SHOWN), box=None)
        for entry in found:
            table.add_row(*("-" if entry[name] is None else str(entry[name]) for name in SHOWN))
        console.print(table)
    else:
        console.print("No entries.")


@audit.command()
@json_option
def verify(*, as_json: bool) -> None:
    """Prove that no entry was changed, removed or put in between; exit status 1 and the places where one was."""
    with read_session() as session:
        broken = list(broken_links(session))
    if as_json:
        emit_json({"clean": not broken, "broken": broken})
    else:
        for sentence in broken:
            console.print(f"[red]BROKEN[/] {sentence}")
        if not broken:
            console.print("The audit log is whole.")
    if broken:
        raise SystemExit(1)


@audit.command()
@filters
@click.option("--csv", "file", type=click.Path(dir_okay=False, path_type=Path), required=True, help="File; - = stdout.")
def export(file: Path, **wanted: Any) -> None:  # noqa: ANN401 (the options of filters)
    """Write all entries to a CSV file, the oldest first. Cells that a spreadsheet would run are made harmless."""
    with read_session() as session:
        entries = every_audit_entry(session, _filter(**wanted))
        if str(file) == "-":
            write_csv(sys.stdout, COLUMNS, entries)
            return
        try:
            with file.open("x", encoding="utf-8", newline="") as out:
                written = write_csv(out, COLUMNS, entries)
        except FileExistsError as exists:
            raise Failure(f"{file} exists already.", "Choose another name, or remove it") from exists
    console.print(f"{written} entries in {file}")


def _filter(since: datetime | None, until: datetime | None, **equal: str | None) -> AuditFilter:
    return AuditFilter(_utc(since), _utc(until), **equal)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
