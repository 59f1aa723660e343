"""callingcard asterisk trunks: how the running Asterisk fares with each carrier."""

from dataclasses import asdict
from typing import Any

import click
from rich.table import Table

from command_line.asterisk_trunks import target_of
from command_line.demo.instances import program
from command_line.errors import Failure
from command_line.installation import settings
from command_line.show import console, emit_json, json_option
from command_line.trunk_plan import trunk_plan
from telephony.trunk_states import Reach, Registration, trunk_states
from telephony.trunks import Trunk

COLOURS = {Reach.SILENT: "red", Reach.NOT_REGISTERED: "red", Registration.FAILED: "red", Registration.TRYING: "yellow"}


@click.command()
@json_option
def trunks(*, as_json: bool) -> None:
    """Show whether each carrier answers, and whether it took our registration."""
    wanted = settings()
    known = {trunk.name: trunk for trunk in trunk_plan().trunks}
    target = target_of(wanted, program(wanted))
    if not target.is_running:
        raise Failure("Asterisk does not answer on its console.", "callingcard up")
    states = trunk_states(target.console, known.values())
    if as_json:
        emit_json([{**asdict(state), **_place(known[state.name])} for state in states])
        return
    table = Table("Trunk", "Protocol", "Host", "Port", "Reach", "Registration", box=None)
    for state in states:
        place = _place(known[state.name])
        words = (_coloured(state.reach), _coloured(state.registration))
        table.add_row(state.name, place["protocol"], place["host"], str(place["port"] or "-"), *words)
    console.print(table)
    if any(state.reach is Reach.UNKNOWN for state in states):
        console.print("Asterisk does not know all of them yet: callingcard asterisk diff, callingcard asterisk apply")


def _place(trunk: Trunk) -> dict[str, Any]:
    if trunk.found_as:
        return {"protocol": trunk.transport.value, "host": f"where {trunk.found_as} registers", "port": None}
    return {"protocol": trunk.transport.value, "host": trunk.host, "port": trunk.port_or_default}


def _coloured(word: Reach | Registration) -> str:
    colour = COLOURS.get(word)
    return f"[{colour}]{word}[/]" if colour else str(word)
