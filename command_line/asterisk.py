"""callingcard asterisk: the Asterisk that carries the calls."""

from dataclasses import asdict
from pathlib import Path

import click

from command_line.asterisk_state import trunks
from command_line.asterisk_trunks import apply, diff, render
from command_line.demo.instances import platform_folder, program
from command_line.errors import Failure
from command_line.installation import settings
from command_line.show import console, emit_json, json_option
from ivr_prompts.language import languages
from services.store.settings import Settings
from telephony.boot import console as ask_console
from telephony.check import Finding, Severity, check_asterisk
from telephony.instance import InstanceRefused, read_instance
from telephony.program import AsteriskNotFound, AsteriskProgram, find_asterisk


@click.group()
def asterisk() -> None:
    """The Asterisk that carries the calls."""


for verb in (render, diff, apply, trunks):
    asterisk.add_command(verb)


@asterisk.command()
def fetch() -> None:
    """Get a private copy of Asterisk into the state directory, unless the system has one that is new enough."""
    found = program(settings())
    console.print(f"Asterisk {found.version} in {found.root}")


@asterisk.command()
@click.option(
    "--etc", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of its configuration."
)
@json_option
def check(etc: Path | None, *, as_json: bool) -> None:
    """Tell what an Asterisk lacks to carry prepaid calls, with the cure of each thing; exit status 1 on an error.

    Without --etc the private instance that `callingcard up` runs is checked, its modules too.
    """
    wanted = settings()
    found = _findings(wanted, _program(wanted), etc)
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if as_json:
        emit_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            colour = "red" if finding.severity is Severity.ERROR else "yellow"
            console.print(f"[{colour}]{finding.severity}[/] {finding.what}\n  -> {finding.cure}")
        if not found:
            console.print("This Asterisk has all that prepaid calls need.")
    if errors:
        raise SystemExit(1)


def _program(wanted: Settings) -> AsteriskProgram:
    try:
        return find_asterisk(root=wanted.asterisk_root, state=wanted.state_dir.resolve())
    except AsteriskNotFound as missing:
        raise Failure(str(missing), "callingcard asterisk fetch") from missing


def _findings(wanted: Settings, found: AsteriskProgram, etc: Path | None) -> list[Finding]:
    if etc is not None:
        return check_asterisk(found, etc, prompts=wanted.prompts_dir, languages=languages())
    try:
        instance = read_instance(platform_folder(wanted))
    except InstanceRefused as missing:
        raise Failure(
            "There is no private Asterisk here yet.", "callingcard up, or name a folder with --etc"
        ) from missing
    return check_asterisk(
        found,
        instance.etc,
        prompts=wanted.prompts_dir,
        languages=languages(),
        console=lambda command: ask_console(instance, found, command),
    )
