"""callingcard series print: unused cards as sheets of paper, with PIN, access numbers and a QR code."""

from pathlib import Path
from typing import Any

import click

from billing.card_number import SERIAL_MAX
from command_line.actor import cli_actor, permitted
from command_line.installation import now, read_session, settings, write_session
from command_line.job_progress import progress_bar
from command_line.series_files import FILE, ask, told
from command_line.show import console, emit_json, json_option
from command_line.zip_seal import ZipSeal, zip_options
from services.keys.key_file import KeyFile
from services.series.print_cards import PrintOrder, permit_print, plan_print, print_cards
from services.store.new_file import new_file, refuse_standing

SERIAL = click.IntRange(0, SERIAL_MAX)


@click.command("print")
@click.argument("number", type=int)
@click.argument("file", type=FILE)
@click.option("--language", default="en", show_default=True, help="Of the words on the cards: en or es.")
@click.option("--first", "first_serial", type=SERIAL, default=0, help="First serial; the first card if left out.")
@click.option("--last", "last_serial", type=SERIAL, default=SERIAL_MAX, help="Last serial; the last if left out.")
@click.option("--per-page", "cards_a_page", type=int, default=10, show_default=True, help="Cards a page: 10 or 8.")
@click.option("--title", help="What stands above; the name of the card group if left out.")
@click.option(
    "--access",
    multiple=True,
    metavar="NUMBER[=TEXT]",
    help="Print only this access number, written as TEXT; may be repeated, the first is in the code.",
)
@click.option("--plus", "is_international", is_flag=True, help='Access numbers are international: "+" before them.')
@click.option("--qr/--no-qr", default=True, help="A QR code that dials.")
@click.option("--qr-with-pin", is_flag=True, help="Let the QR code key the PIN too: whoever scans it has the card.")
@zip_options
@click.option("--force", is_flag=True, help="Replace a file that exists.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def print_series(
    number: int,
    file: Path,
    *,
    access: tuple[str, ...],
    seal: ZipSeal,
    force: bool,
    yes: bool,
    as_json: bool,
    **asked: Any,  # noqa: ANN401 (the options above)
) -> None:
    """Write the unused cards of the series NUMBER with their PINs to FILE, a PDF for A4. This is audited."""
    texts = {name: text or None for name, _, text in (given.partition("=") for given in access)}
    order = PrintOrder(number, access=texts, **asked)
    with told():
        refuse_standing(file, replaces=force)
        actor, keys = cli_actor(), KeyFile(settings().keys_file)
        with read_session() as session:
            plan = plan_print(session, order)
        if not yes:
            ask(f"Write {plan.cards} cards with their PINs to {file}? Whoever reads it can use the cards.")
        with write_session() as session:
            answer = permit_print(session, plan, actor, keys, now())
        permit = permitted(answer)
        with new_file(file, replaces=force) as draft, read_session() as session, progress_bar("Cards") as progress:
            pages = print_cards(session, plan, draft, permit, settings().zone, progress)
            seal.close(draft, file, "pdf")
    if as_json:
        left_out = plan.cards_left_out
        emit_json({"file": file, "cards": plan.cards, "pages": pages, "cards_left_out": left_out} | seal.told)
        return
    console.print(f"{plan.cards} cards on {pages} sheets in {file}.")
    seal.tell()
    if plan.cards_left_out:
        console.print(f"{plan.cards_left_out} cards are left out: used, blocked, expired, or without a printable PIN.")
