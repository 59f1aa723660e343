"""callingcard guard: who is locked, what was keyed wrong, and how to unlock."""

from dataclasses import asdict
from typing import Any

import click
from rich.table import Table

from billing.card_number import CardNumberRefused, keyed_number
from billing.states import EntryKind, GuardScope
from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.guard_block import block, unblock
from command_line.installation import now, read_session, write_session
from command_line.show import console, emit_json, json_option
from services.guard.guard_entry import withheld
from services.guard.guard_report import ROWS_SHOWN_MAX, FailureFilter, failed_entries, guard_status
from services.guard.unlock_guard import unlock_card, unlock_subject
from services.upkeep.prune_guard import KEPT_DAYS_DEFAULT, prune_guard


@click.group()
def guard() -> None:
    """The guard against guessing: locks, budgets, alarms (docs/guard.md)."""


guard.add_command(block)
guard.add_command(unblock)


@guard.command()
@json_option
def status(*, as_json: bool) -> None:
    """Show who is locked now, how much of today's budgets is spent, and which lines are in alarm."""
    with read_session() as session:
        found = guard_status(session, now())
    if as_json:
        emit_json(found)
        return
    for title, empty in (
        ("locks", "Nobody is locked."),
        ("blocked", "No phone is blocked."),
        ("budgets", "Nothing wrong was entered today."),
        ("alarms", "No access number and no trunk is in alarm."),
    ):
        console.print(_table(title.capitalize(), found[title]) if found[title] else empty)


@guard.command()
@click.option("--caller-id", help="Only those of this caller id (digits, no +).")
@click.option("--card", "card_number", help="Only those with the number of this card.")
@click.option("--access-number", help="Only those by this access number.")
@click.option("--kind", type=click.Choice([kind.value for kind in EntryKind]), help="Only those of this kind.")
@click.option("--newest", type=click.IntRange(1, ROWS_SHOWN_MAX), default=50, show_default=True, help="How many.")
@json_option
def failures(
    caller_id: str | None,
    card_number: str | None,
    access_number: str | None,
    kind: str | None,
    newest: int,
    *,
    as_json: bool,
) -> None:
    """List wrong entries, the newest first; what was keyed is not kept."""
    wanted = FailureFilter(caller_id, _card(card_number), access_number, EntryKind(kind) if kind else None, newest)
    with read_session() as session:
        found = failed_entries(session, wanted)
    if as_json:
        emit_json(found)
    else:
        console.print(_table("Wrong entries", found) if found else "No wrong entries.")


@guard.command()
@click.option("--caller-id", help="A caller id (digits, no +).")
@click.option("--withheld", "withheld_at", metavar="ACCESS_NUMBER", help="All withheld callers of an access number.")
@click.option("--card", "card_number", help="A card.")
@click.option("--access-number", help="An access number in alarm.")
@click.option("--trunk", help="A trunk in alarm.")
@click.option("--address", help="The address of a portal or console visitor.")
@click.option("--reason", help="Why, for the audit log.")
def unlock(reason: str | None, card_number: str | None, withheld_at: str | None, **named: str | None) -> None:
    """Unlock one caller, card, line or address, and forget the wrong entries counted against it."""
    if withheld_at is not None:
        named["caller_id"] = named["caller_id"] or withheld(withheld_at)
    chosen = [(GuardScope(name), subject) for name, subject in named.items() if subject]
    if len(chosen) + (card_number is not None) != 1:
        raise click.UsageError("Name exactly one: --caller-id, --withheld, --card, --access-number, --trunk, --address")
    with write_session() as session:
        if card_number is not None:
            subject, done = (
                f"card {card_number}",
                unlock_card(session, _digits(card_number), cli_actor(), now(), reason),
            )
        else:
            [(scope, name)] = chosen
            subject = f"{scope.value.replace('_', ' ')} {name}"
            done = unlock_subject(session, scope, name, cli_actor(), now(), reason) > 0
    if not done:
        raise Failure(f"Nothing is held against {subject}.", "callingcard guard status")
    console.print(f"Unlocked {subject}.")


@guard.command()
@click.option(
    "--days",
    type=click.IntRange(2, 3_650),
    default=KEPT_DAYS_DEFAULT,
    show_default=True,
    help="Days that are kept.",
)
@click.option("--dry-run", is_flag=True, help="Only count what would be removed.")
@json_option
def prune(days: int, *, dry_run: bool, as_json: bool) -> None:
    """Remove wrong entries and budgets of old days, and counters that hold nothing any more."""
    with write_session() as session:
        pruned = prune_guard(session, now(), days, dry_run=dry_run)
    if as_json:
        emit_json(asdict(pruned))
        return
    verb = "Would remove" if dry_run else "Removed"
    console.print(
        f"{verb} {pruned.counters} counters, {pruned.failed_entries} wrong entries and {pruned.budgets} budgets."
    )


def _card(number: str | None) -> str | None:
    return None if number is None else _digits(number)


def _digits(number: str) -> str:
    try:
        return keyed_number(number)
    except CardNumberRefused as refused:
        raise click.BadParameter(str(refused)) from refused


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(*(name.replace("_", " ") for name in rows[0]), title=title, title_justify="left", box=None)
    for row in rows:
        table.add_row(*("-" if value is None else str(value) for value in row.values()))
    return table
