"""callingcard card recharge, adjust, transfer, statement: the money of one card."""

import secrets
from dataclasses import asdict
from typing import Any

import click
from rich.table import Table

from command_line.actor import cli_actor
from command_line.amount import AMOUNT
from command_line.card import card
from command_line.errors import Failure
from command_line.installation import now, read_session, settings, write_session
from command_line.own_rows import known_card
from command_line.show import console, emit_json, json_option, money
from services.cards.card_statement import LINES_SHOWN_MAX, Statement, card_statement
from services.cards.check_replacement import ReplacementRefused
from services.cards.replace_card import replace_card
from services.money.adjust_balance import AdjustmentRefused, adjust_balance
from services.money.recharge_card import RechargeRefused, recharge_card
from services.money.wallet_balance import NEWEST


@click.command()
@click.argument("number")
@click.argument("amount", type=AMOUNT)
@click.option("--reference", required=True, help="Names the payment, such as its receipt: it is booked once.")
@click.option("--reason", help="A note for the ledger and the audit log.")
@json_option
def recharge(number: str, amount: int, reference: str, reason: str | None, *, as_json: bool) -> None:
    """Add a payment of AMOUNT to the rechargeable card NUMBER. The same command again changes nothing."""
    try:
        with write_session() as session:
            card_id, zone = known_card(session, number).card_id, settings().zone
            done = recharge_card(session, card_id, amount, reference, cli_actor(), now(), zone, reason=reason)
    except RechargeRefused as refused:
        raise Failure(str(refused)) from refused
    _tell(asdict(done), "Recharged before" if done.is_repeat else "Recharged", as_json=as_json)


@click.command()
@click.argument("number")
@click.option("--add", type=AMOUNT, help="Give this amount.")
@click.option("--take", type=AMOUNT, help="Take this amount, at most what is available.")
@click.option("--reason", required=True, help="Why, for the ledger and the audit log.")
@click.option("--token", help="Makes the command repeatable: with the same token it moves money once.")
@json_option
def adjust(number: str, add: int | None, take: int | None, reason: str, token: str | None, *, as_json: bool) -> None:
    """Give or take money on the card NUMBER."""
    if (add is None) == (take is None):
        raise click.UsageError("Give either --add or --take.")
    amount_micros = add if add is not None else -(take or 0)
    try:
        with write_session() as session:
            card_id = known_card(session, number).card_id
            chosen = token or secrets.token_hex(16)
            done = adjust_balance(session, card_id, amount_micros, reason, chosen, cli_actor(), now())
    except AdjustmentRefused as refused:
        raise Failure(str(refused)) from refused
    _tell(asdict(done), "Adjusted before" if done.is_repeat else "Adjusted", as_json=as_json)


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--reason", required=True, help="Why, for the ledgers and the audit log.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def transfer(old: str, new: str, reason: str, *, yes: bool, as_json: bool) -> None:
    """Replace the lost card OLD by the unused card NEW: balance, dates, phone, short numbers and language move, and OLD
    is blocked. The same command again changes nothing.
    """
    if not yes:
        click.confirm(f"Replace card {old} by {new}? This cannot be undone", abort=True, err=True)
    try:
        with write_session() as session:
            old_id, new_id = known_card(session, old).card_id, known_card(session, new).card_id
            done = replace_card(session, old_id, new_id, reason, cli_actor(), now())
    except ReplacementRefused as refused:
        raise Failure(str(refused)) from refused
    _tell(asdict(done), "Replaced before" if done.is_repeat else "Replaced", as_json=as_json)


@click.command()
@click.argument("number")
@click.option(
    "--newest", type=click.IntRange(1, LINES_SHOWN_MAX), default=50, show_default=True, help="How many lines."
)
@click.option("--before", type=int, default=NEWEST, help="Only lines before this one: the cursor of an earlier page.")
@json_option
def statement(number: str, newest: int, before: int, *, as_json: bool) -> None:
    """Show every movement of the card NUMBER with the balance after it, the newest last."""
    with read_session() as session:
        card = known_card(session, number)
        page = card_statement(session, card, before=before, newest=newest)
    if as_json:
        emit_json({"number": card.number, "currency": card.currency, **asdict(page)})
        return
    console.print(statement_table(page, card.currency))
    if page.older_before is not None:
        console.print(f"Older: callingcard card statement {number} --before {page.older_before}")


money_verbs = (recharge, adjust, transfer, statement)


def _tell(done: dict[str, Any], act: str, *, as_json: bool) -> None:
    if as_json:
        emit_json(done)
        return
    amount, balance = (money(done[name], done["currency"]) for name in ("amount_micros", "balance_micros"))
    console.print(f"{act}: {amount}; the balance {'was then' if done['is_repeat'] else 'is'} {balance}.")


def statement_table(page: Statement, currency: str) -> Table:
    table = Table("at", "what", box=None)
    table.add_column("amount", justify="right")
    table.add_column("balance", justify="right")
    table.add_column("about")
    table.add_row("", "opening", "", money(page.opening_micros, currency), "")
    for line in page.lines:
        about = line.call_id or (f"card {line.other_card}" if line.other_card else line.reason or line.reference)
        amount, balance = money(line.amount_micros, currency), money(line.balance_micros, currency)
        table.add_row(f"{line.at:%Y-%m-%d %H:%M:%S}", line.kind.value.replace("_", " "), amount, balance, about)
    return table


for verb in money_verbs:
    card.add_command(verb)
