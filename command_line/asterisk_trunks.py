"""callingcard asterisk render, diff, apply: Asterisk follows the accounts of the database."""

from pathlib import Path

import click

from command_line.demo.instances import platform_folder, platform_spec, program
from command_line.errors import Failure
from command_line.installation import settings
from command_line.show import console, emit_json, json_option
from command_line.trunk_plan import files_of, trunk_plan
from services.store.settings import Settings
from telephony.apply_trunks import Target, TrunksNotApplied, apply_trunks
from telephony.boot import console as ask_console
from telephony.instance import InstanceRefused, InstanceSpec, read_instance, save_trunks, write_private
from telephony.program import AsteriskProgram
from telephony.trial import try_trunks
from telephony.trunk_changes import TrunkChanges, trunk_changes, without_secrets

EXIT_CHANGES = 3


@click.command()
@click.option("--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Write the files there.")
@json_option
def render(folder: Path | None, *, as_json: bool) -> None:
    """Show the files of carriers and gateways as they follow from the accounts (passwords hidden), or write them."""
    files = files_of(wanted_spec(settings()))
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_private(folder / name, text)
        console.print(f"{len(files)} files written to {folder}")
        return
    shown = {name: without_secrets(text) for name, text in files.items()}
    if as_json:
        emit_json(shown)
        return
    for name, text in shown.items():
        console.print(f"=== {name}", style="bold")
        console.print(text, markup=False, highlight=False, end="")


@click.command()
@json_option
def diff(*, as_json: bool) -> None:
    """Tell what `asterisk apply` would change; exit status 3 if anything."""
    wanted = settings()
    changes = trunk_changes(target_of(wanted, program(wanted)).etc, files_of(wanted_spec(wanted)))
    if as_json:
        emit_json(changes_as_object(changes))
    else:
        tell(changes)
        if not changes.is_any:
            console.print("Asterisk knows the carriers and gateways of the database.")
    if changes.is_any:
        raise SystemExit(EXIT_CHANGES)


@click.command()
@click.option("--dry-run", is_flag=True, help="Try the files in a scratch Asterisk and change nothing.")
@json_option
def apply(*, dry_run: bool, as_json: bool) -> None:
    """Make the running Asterisk follow the accounts: tried in a scratch instance, then reloaded without dropping a
    call, and taken back if an endpoint did not come.
    """
    wanted = settings()
    changes = apply_accounts(wanted, wanted_spec(wanted), dry_run=dry_run)
    if as_json:
        emit_json({**changes_as_object(changes), "is_applied": changes.is_any and not dry_run})
        return
    tell(changes)
    if not changes.is_any:
        console.print("Nothing to do: Asterisk knows the carriers and gateways of the database.")
    else:
        console.print("A trial Asterisk takes these files." if dry_run else "Applied; no call was dropped.")


def wanted_spec(wanted: Settings) -> InstanceSpec:
    return platform_spec(wanted, trunk_plan())


def apply_accounts(wanted: Settings, spec: InstanceSpec, *, dry_run: bool = False) -> TrunkChanges:
    asterisk = program(wanted)
    target, files = target_of(wanted, asterisk), files_of(spec)
    changes = trunk_changes(target.etc, files)
    if not changes.is_any:
        return changes
    try:
        try_trunks(spec, asterisk)
        if dry_run:
            return changes
        applied = apply_trunks(target, files, spec.trunks)
    except TrunksNotApplied as refused:
        raise Failure(f"Not applied: {refused}.", "callingcard asterisk diff; callingcard asterisk check") from refused
    save_trunks(platform_folder(wanted), spec.trunks)
    return applied


def target_of(wanted: Settings, asterisk: AsteriskProgram) -> Target:
    try:
        instance = read_instance(platform_folder(wanted))
    except InstanceRefused as missing:
        cure = "callingcard up; for an Asterisk of your own: callingcard asterisk render --to FOLDER, and include these"
        raise Failure("There is no private Asterisk here yet.", cure) from missing
    return Target(instance.etc, lambda command: ask_console(instance, asterisk, command))


def tell(changes: TrunkChanges) -> None:
    for change in changes.files:
        console.print(change.diff, markup=False, highlight=False)
    if changes.is_unread:
        console.print("The files are up to date, but Asterisk was not made to read them.")


def changes_as_object(changes: TrunkChanges) -> dict[str, object]:
    files = [{"file": change.name, "diff": change.diff} for change in changes.files]
    return {"changes": files, "is_unread": changes.is_unread}
