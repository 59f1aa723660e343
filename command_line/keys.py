"""callingcard keys: rotate the keys of PINs and voucher codes, and show which are in use; never the keys themselves."""

import time
from dataclasses import asdict

import click
from rich.table import Table

from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.installation import now, open_engine, pin_keys, read_session, settings, writing_engine
from command_line.job_progress import progress_bar
from command_line.show import console, emit_json, json_option
from models.database import session_factory
from services.keys.closed_keys import KeyClosed
from services.keys.pin_keys import KeysMissing
from services.keys.reseal import SEALED_TABLES, keys_in_use
from services.keys.rotate_keys import RotationRunning, rotate_keys

LOOK_UP_SECONDS_MAX = 2  # a look-up that began with the old keys has ended by then


@click.group()
def keys() -> None:
    """The keys that protect PINs and voucher codes."""


@keys.command()
@json_option
def show(*, as_json: bool) -> None:
    """Show the numbers of the keys and how many secrets of each kind stand under each."""
    live = pin_keys()
    with read_session() as session:
        used = keys_in_use(session)
    numbers = sorted({*used, *(key.number for key in live.live())}, reverse=True)
    known = {key.number for key in live.live()}
    rows = [
        {
            "key": number,
            "in_file": number in known,
            "is_newest": number == live.number,
            **{table.name: used.get(number, {}).get(table.name, 0) for table in SEALED_TABLES},
        }
        for number in numbers
    ]
    if as_json:
        emit_json({"file": str(settings().keys_file), "keys": rows})
        return
    table = Table(box=None)
    for title in ("Key", "State", *(sealed.name.capitalize() for sealed in SEALED_TABLES)):
        table.add_column(title, justify="left" if title == "State" else "right")
    for row in rows:
        state = "newest" if row["is_newest"] else "older" if row["in_file"] else "MISSING in the file"
        table.add_row(str(row["key"]), state, *(str(row[sealed.name]) for sealed in SEALED_TABLES))
    console.print(table)


@keys.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def rotate(*, yes: bool, as_json: bool) -> None:
    """Make a new key, bring every PIN, voucher code, password of an account and second factor under it while calls go
    on, and drop the old key.

    The same command goes on after an interruption.
    """
    if not yes:
        question = "Rotate the keys? Keep the old key file as long as any backup of the database"
        click.confirm(question, abort=True, err=True)
    engine = writing_engine()
    try:
        with open_engine(engine), progress_bar("Secrets") as progress:
            rotation = rotate_keys(
                session_factory(engine), settings().keys_file, cli_actor(), now, _let_look_ups_end, progress
            )
    except (KeysMissing, KeyClosed, RotationRunning) as stopped:
        raise Failure(str(stopped)) from stopped
    if as_json:
        emit_json(asdict(rotation))
        return
    console.print(f"Key {rotation.key_number} is in use; {rotation.resealed} secrets were brought under it now.")
    if rotation.left:
        kept = ", ".join(map(str, rotation.kept))
        console.print(
            f"{rotation.left} secrets stay under key {kept}, since their encrypted copies were erased or do not open; "
            "that key stays in the file."
        )


def _let_look_ups_end() -> None:
    time.sleep(LOOK_UP_SECONDS_MAX)
