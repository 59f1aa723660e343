"""callingcard verify: prove the ledger, or show what is broken."""

import time
from dataclasses import asdict

import click

from command_line.installation import read_session
from command_line.show import console, emit_json, json_option
from services.money.verify_ledger import CHECKS
from services.reports.prove_platform import prove_platform

LANES = 4  # connections at one moment; PostgreSQL shares its cores among them


@click.command()
@json_option
def verify(*, as_json: bool) -> None:
    """Prove every invariant of money, holds, calls and cards; exit status 1 and the evidence when one is broken."""
    begun = time.monotonic()
    with read_session(connections=LANES) as session:
        breaches = prove_platform(session, lanes=LANES)
    seconds = round(time.monotonic() - begun, 2)
    if as_json:
        emit_json({"clean": not breaches, "seconds": seconds, "breaches": [asdict(breach) for breach in breaches]})
    else:
        for breach in breaches:
            console.print(f"[red]BROKEN[/] {breach}")
        if not breaches:
            console.print(f"The ledger verifies: {len(CHECKS) + 3} invariants hold ({seconds} s).")
    if breaches:
        raise SystemExit(1)
