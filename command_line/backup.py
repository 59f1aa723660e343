"""callingcard backup, callingcard restore: copy the database while calls go on, and put a copy back."""

import time
from pathlib import Path

import click
from sqlalchemy.orm import Session

from command_line.errors import Failure
from command_line.installation import database_url, settings
from command_line.show import console, emit_json, json_option
from models.database_url import parse_database_url
from services.money.verify_ledger import Breach, verify_ledger
from services.store.backup import BackupFailed, back_up
from services.store.backup import restore as put_back
from services.store.database_roles import renew_rights
from services.store.engines import read_engine, write_engine
from services.store.migrate import upgrade
from services.store.settings import Settings

BYTES_A_MB = 1_000_000


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def backup(file: Path, *, as_json: bool) -> None:
    """Copy the database to FILE while calls go on. The keys of PINs are not in it: keep them apart."""
    wanted = settings()
    begun = time.monotonic()
    try:
        back_up(database_url(wanted), file)
    except BackupFailed as failed:
        raise Failure(f"No backup was made: {failed}") from failed
    size, seconds = file.stat().st_size, round(time.monotonic() - begun, 2)
    if as_json:
        emit_json({"file": str(file), "bytes": size, "seconds": seconds, "keys_file": str(wanted.keys_file)})
        return
    console.print(f"{file}: {size // BYTES_A_MB} MB in {seconds} s.")
    console.print(f"Keep a copy of {wanted.keys_file} too, in another place: without it no PIN can be checked.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@json_option
def restore(file: Path, *, as_json: bool) -> None:
    """Put the copy in FILE where no database is, bring it to this release, and prove its ledger."""
    wanted = settings()
    url = wanted.database_url_or_default
    if url.startswith("sqlite"):
        Path(str(parse_database_url(url).database)).parent.mkdir(parents=True, exist_ok=True)
    try:
        put_back(url, file)
    except BackupFailed as failed:
        raise Failure(f"Nothing was restored: {failed}") from failed
    breaches = _proved(wanted)
    if as_json:
        emit_json({"file": str(file), "clean": not breaches, "breaches": [str(breach) for breach in breaches]})
    else:
        for breach in breaches:
            console.print(f"[red]BROKEN[/] {breach}")
        console.print("Restored." + ("" if breaches else " The ledger verifies."))
        console.print("Calls since the backup are in Asterisk's event log: callingcard watch lists them as alarms.")
    if breaches:
        raise SystemExit(1)


def _proved(wanted: Settings) -> list[Breach]:
    engine = write_engine(wanted)
    upgrade(engine)
    with Session(engine) as session, session.begin():
        renew_rights(session)
    engine.dispose()
    reading = read_engine(wanted)
    with Session(reading) as session:
        breaches = verify_ledger(session)
    reading.dispose()
    return breaches
