"""callingcard doctor: is everything there that a call needs, and if not, what to do."""

from collections.abc import Iterator
from dataclasses import asdict

import click
from rich.markup import escape

from command_line.doctor_hosts import look_at_hosts
from command_line.installation import settings
from command_line.looks.database import look_at_database
from command_line.looks.machine import look_at_asterisk, look_at_disk, look_at_keys, look_at_prompts, look_at_spool
from command_line.looks.services import look_at_ami, look_at_fastagi
from command_line.show import console, emit_json, json_option
from command_line.symptom import Symptom
from services.store.settings import Settings

LOOKS = (look_at_prompts, look_at_fastagi, look_at_asterisk, look_at_ami, look_at_spool)


@click.command()
@json_option
def doctor(*, as_json: bool) -> None:
    """Look at every part that a call needs; exit status 1 when one is missing."""
    found = list(look_at_all(settings()))
    if as_json:
        emit_json([asdict(symptom) for symptom in found])
    else:
        for symptom in found:
            _show(symptom)
    if not all(symptom.is_well for symptom in found):
        raise SystemExit(1)


def look_at_all(wanted: Settings) -> Iterator[Symptom]:
    yield look_at_disk(wanted)
    yield look_at_keys(wanted)
    yield look_at_hosts(wanted)
    yield from look_at_database(wanted)
    for look in LOOKS:
        yield look(wanted)


def _show(symptom: Symptom) -> None:
    mark = "[green]well[/] " if symptom.is_well else "[red]ill[/]  "
    console.print(f"{mark}  {escape(f'{symptom.what}: {symptom.state}')}")
    if symptom.cure:
        console.print(f"         -> {escape(symptom.cure)}")
