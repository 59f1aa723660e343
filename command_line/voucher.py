"""callingcard voucher: make, list, block and redeem vouchers. A code is read from a prompt or standard input only."""

import sys
import time
from datetime import datetime, tzinfo
from typing import Any

import click
from rich.table import Table
from sqlalchemy.orm import Session

from billing.expiry import expires_at
from command_line.actor import cli_actor
from command_line.amount import AMOUNT
from command_line.errors import Failure
from command_line.installation import now, open_engine, pin_keys, read_session, settings, write_session, writing_engine
from command_line.job_progress import progress_bar
from command_line.series_files import export_batch
from command_line.show import console, emit_json, json_option, money
from models import VoucherBatch
from models.database import session_factory
from services.cards.card_report import find_card_by_number
from services.keys.closed_keys import KeyClosed
from services.keys.key_file import KeyFile
from services.keys.pin_keys import KeysMissing
from services.vouchers.block_vouchers import VoucherBlockRefused, block_vouchers, unblock_vouchers
from services.vouchers.generate_vouchers import generate_vouchers
from services.vouchers.make_vouchers import NewVoucherBatch, VouchersRefused, open_voucher_batch
from services.vouchers.redeem_voucher import SENTENCES, Redeemed, redeem_voucher
from services.vouchers.voucher_report import find_voucher_batch, voucher_batch_report, voucher_batches, voucher_report

serials_options = (
    click.option("--first", type=click.IntRange(min=1), help="First serial; the whole batch if left out."),
    click.option("--last", type=click.IntRange(min=1), help="Last serial; the first one alone if left out."),
)


@click.group()
def voucher() -> None:
    """Vouchers: codes that add credit to rechargeable cards."""


@voucher.command()
@click.argument("name")
@click.option("--currency", required=True, help="ISO code, for example USD.")
@click.option("--value", type=AMOUNT, required=True, help="What each voucher adds, for example 10.00.")
@click.option("--quantity", type=int, required=True, help="Vouchers, 1 to 1,000,000.")
@click.option("--code-length", type=int, default=14, show_default=True, help="Digits of each code, 12 to 16.")
@click.option("--expires-on", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which they can be redeemed.")
@json_option
def make(*, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the options above)
    """Make the batch NAME. The same command after an interruption goes on with it. Until the batch is whole none of its
    vouchers is accepted.
    """
    begun = time.monotonic()
    engine = writing_engine()
    try:
        keys = KeyFile(settings().keys_file)
        with open_engine(engine), progress_bar(f"Vouchers {asked['name']}") as progress:
            sessions = session_factory(engine)
            with sessions.begin() as session:
                batch_id = open_voucher_batch(session, _terms(asked, settings().zone), cli_actor(), now())
            quantity = generate_vouchers(sessions, keys, batch_id, now, progress)
    except (VouchersRefused, KeyClosed, KeysMissing) as refused:
        raise Failure(str(refused)) from refused
    if as_json:
        seconds = round(time.monotonic() - begun, 2)
        emit_json({"name": asked["name"], "vouchers": quantity, "state": "done", "seconds": seconds})
    else:
        console.print(f"Batch {asked['name']} has all its {quantity} vouchers. Their codes leave by an export only.")


def _terms(asked: dict[str, Any], zone: tzinfo) -> NewVoucherBatch:
    last_day: datetime | None = asked["expires_on"]
    return NewVoucherBatch(
        name=asked["name"],
        currency=asked["currency"],
        value_micros=asked["value"],
        quantity=asked["quantity"],
        code_length=asked["code_length"],
        expires_at=None if last_day is None else expires_at(None, last_day.date(), None, zone),
    )


@voucher.command("list")
@json_option
def list_batches(*, as_json: bool) -> None:
    """List the batches, newest first, with their vouchers by state."""
    with read_session() as session:
        batches = voucher_batches(session)
    if as_json:
        emit_json(batches)
    elif batches:
        console.print(_table(batches))
    else:
        console.print("No vouchers yet. Make some: callingcard voucher make NAME --currency USD ...")


@voucher.command()
@click.argument("name")
@click.option(
    "--serial", type=click.IntRange(min=1), help="Only this voucher: its state, by which card it was redeemed."
)
@json_option
def show(name: str, serial: int | None, *, as_json: bool) -> None:
    """Show the batch NAME, or one voucher of it; never a code."""
    with read_session() as session:
        batch = _batch(session, name)
        report = voucher_batch_report(session, batch) if serial is None else voucher_report(session, batch, serial)
    if report is None:
        raise Failure(f"Batch {name} has no voucher {serial}.", f"callingcard voucher show {name}")
    if as_json:
        emit_json(report)
        return
    table = Table(show_header=False, box=None)
    for key, value in report.items():
        shown = money(value, report["currency"]) if key.endswith("_micros") else value
        table.add_row(key.removesuffix("_micros").replace("_", " "), "-" if shown is None else str(shown))
    console.print(table)


@voucher.command()
@click.argument("name")
@serials_options[0]
@serials_options[1]
@click.option("--reason", required=True, help="Why, for the audit log.")
def block(name: str, first: int | None, last: int | None, reason: str) -> None:
    """Block vouchers of the batch NAME that are not redeemed."""
    try:
        with write_session() as session:
            changed = block_vouchers(
                session, _batch(session, name).id, _serials(first, last), reason, cli_actor(), now()
            )
    except VoucherBlockRefused as refused:
        raise Failure(str(refused)) from refused
    console.print(f"{changed} vouchers are blocked.")


@voucher.command()
@click.argument("name")
@serials_options[0]
@serials_options[1]
def unblock(name: str, first: int | None, last: int | None) -> None:
    """Let blocked vouchers of the batch NAME be redeemed again."""
    try:
        with write_session() as session:
            changed = unblock_vouchers(session, _batch(session, name).id, _serials(first, last), cli_actor(), now())
    except VoucherBlockRefused as refused:
        raise Failure(str(refused)) from refused
    console.print(f"{changed} vouchers can be redeemed again.")


@voucher.command()
@click.argument("card_number")
@json_option
def redeem(card_number: str, *, as_json: bool) -> None:
    """Redeem a voucher on the card CARD_NUMBER; the code is asked for, or read from standard input."""
    code = click.prompt("Code", hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline()
    keys = pin_keys()
    with write_session() as session:
        card = find_card_by_number(session, card_number)
        if card is None:
            raise Failure(f"There is no card {card_number}.")
        digits = "".join(code.split())
        answer = redeem_voucher(session, keys, card, digits, now(), settings().zone, cli_actor())
    if not isinstance(answer, Redeemed):
        raise Failure(SENTENCES[answer])
    if as_json:
        emit_json({"amount_micros": answer.amount_micros, "balance_micros": answer.balance_micros})
    else:
        amount, balance = (money(micros, answer.currency) for micros in (answer.amount_micros, answer.balance_micros))
        console.print(f"Credited {amount}; the balance is {balance}.")


def _batch(session: Session, name: str) -> VoucherBatch:
    batch = find_voucher_batch(session, name)
    if batch is None:
        raise Failure(f"There is no batch {name}.", "callingcard voucher list")
    return batch


def _serials(first: int | None, last: int | None) -> range | None:
    if first is None:
        if last is not None:
            raise click.UsageError("--last needs --first.")
        return None
    end = first if last is None else last
    if end < first:
        raise click.UsageError("--last is below --first.")
    return range(first, end + 1)


def _table(batches: list[dict[str, Any]]) -> Table:
    table = Table("batch", "made", box=None)
    for name in ("value", "quantity", "ready", "redeemed", "blocked"):
        table.add_column(name, justify="right")
    table.add_column("expires")
    for batch in batches:
        table.add_row(
            batch["name"],
            (batch["made_at"] or "being made")[:10],
            money(batch["value_micros"], batch["currency"]),
            *(str(batch[name]) for name in ("quantity", "ready", "redeemed", "blocked")),
            (batch["expires_at"] or "-")[:19].replace("T", " "),
        )
    return table


voucher.add_command(export_batch)
