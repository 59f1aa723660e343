"""callingcard series export and voucher export: cards and vouchers as files. PINs only when asked for, and audited."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from command_line.actor import cli_actor, permitted
from command_line.errors import Failure
from command_line.installation import now, read_session, settings, write_session
from command_line.job_progress import progress_bar
from command_line.own_rows import series_id
from command_line.show import console, emit_json, json_option
from command_line.zip_seal import ZIP, ZipSeal, zip_options
from services.keys.key_file import KeyFile
from services.keys.pin_keys import KeysMissing
from services.series.export_series import (
    ExportRefused,
    PinUnreadable,
    export_series,
    note_export,
    permit_export,
    series_to_export,
)
from services.store.new_file import FileStands, new_file, refuse_standing
from services.store.sheet_writer import RowsMiscounted, SheetForm
from services.vouchers.export_vouchers import (
    export_vouchers,
    note_voucher_export,
    permit_voucher_export,
    vouchers_to_export,
)

Command = Callable[..., Any]
FILE = click.Path(dir_okay=False, path_type=Path)
REFUSED = (ExportRefused, FileStands, KeysMissing, PinUnreadable, RowsMiscounted)


def file_options(secrets: str) -> Callable[[Command], Command]:
    """The options that both exports share."""
    options = (
        click.option(
            "--format",
            "form",
            type=click.Choice([form.value for form in SheetForm]),
            help="By the ending of FILE if left out; else csv.",
        ),
        click.option(f"--with-{secrets}", "with_secrets", is_flag=True, help="Write them too; this is audited."),
        click.option("--force", is_flag=True, help="Replace a file that exists."),
        click.option("--yes", is_flag=True, help="Do not ask."),
        json_option,
    )

    def decorate(command: Command) -> Command:
        command = zip_options(command)
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.command("export")
@click.argument("number", type=int)
@click.argument("file", type=FILE)
@file_options("pins")
def export_cards(
    number: int,
    file: Path,
    form: str | None,
    *,
    with_secrets: bool,
    seal: ZipSeal,
    force: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Write all cards of the series NUMBER to FILE: MOR's columns, status and expiry. Only you can read the file."""
    with told():
        refuse_standing(file, replaces=force)
        actor, keys = cli_actor(), KeyFile(settings().keys_file) if with_secrets else None
        with read_session() as session:
            if not with_secrets:  # with PINs the permit asks whose they are, and notes a refusal
                series_id(session, number)
            series = series_to_export(session, number)
        sheet = chosen_form(form, file)
        if with_secrets and not yes:
            ask(f"Write the PINs of {series.cards} cards to {file}? Whoever reads it can use the cards.")
        with write_session() as session:
            answer = permit_export(session, series, sheet, actor, keys, now()) if keys else None
            if answer is None:
                note_export(session, series, sheet, actor, now())
        permit = permitted(answer) if answer else None
        with new_file(file, replaces=force) as draft, read_session() as session, progress_bar("Cards") as progress:
            export_series(session, series, draft, sheet, settings().zone, permit, progress)
            seal.close(draft, file, sheet.value)
    erased = series.pins_erased if with_secrets else 0
    if as_json:
        emit_json({"file": file, "cards": series.cards, "with_pins": with_secrets, "pins_erased": erased} | seal.told)
        return
    console.print(f"{series.cards} cards in {file}" + (", with their PINs." if with_secrets else ", without PINs."))
    seal.tell()
    if erased:
        console.print(f"{erased} of them have no printable PIN any more: that cell is empty.")


@click.command("export")
@click.argument("name")
@click.argument("file", type=FILE)
@file_options("codes")
def export_batch(
    name: str,
    file: Path,
    form: str | None,
    *,
    with_secrets: bool,
    seal: ZipSeal,
    force: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Write all vouchers of the batch NAME to FILE. Only you can read the file."""
    with told():
        refuse_standing(file, replaces=force)
        actor, keys = cli_actor(), KeyFile(settings().keys_file) if with_secrets else None
        with read_session() as session:
            batch = vouchers_to_export(session, name)
        sheet = chosen_form(form, file)
        if with_secrets and not yes:
            ask(f"Write the codes of {batch.quantity} vouchers to {file}? Whoever reads it can redeem them.")
        with write_session() as session:
            answer = permit_voucher_export(session, batch, sheet, actor, keys, now()) if keys else None
            if answer is None:
                note_voucher_export(session, batch, sheet, actor, now())
        permit = permitted(answer) if answer else None
        with new_file(file, replaces=force) as draft, read_session() as session, progress_bar("Vouchers") as progress:
            export_vouchers(session, batch, draft, sheet, settings().zone, permit, progress)
            seal.close(draft, file, sheet.value)
    if as_json:
        emit_json({"file": file, "vouchers": batch.quantity, "with_codes": with_secrets} | seal.told)
    else:
        codes = "with their codes" if with_secrets else "without codes"
        console.print(f"{batch.quantity} vouchers in {file}, {codes}.")
        seal.tell()


def ask(question: str) -> None:
    click.confirm(question, abort=True, err=True)


def chosen_form(form: str | None, file: Path) -> SheetForm:
    """By the option, else by the file's ending."""
    if form is not None:
        return SheetForm(form)
    named = file.with_suffix("") if file.suffix.lower() == ZIP else file
    return SheetForm.XLSX if named.suffix.lower() == ".xlsx" else SheetForm.CSV


@contextmanager
def told() -> Iterator[None]:
    """What a file or an export refuses, as a sentence."""
    try:
        yield
    except REFUSED as refused:
        raise Failure(str(refused)) from refused
    except OSError as failed:
        raise Failure(f"The file could not be written: {failed.strerror or failed}", "Choose another place") from failed
