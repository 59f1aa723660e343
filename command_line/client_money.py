"""callingcard client pay, adjust, statement: the money of one client."""

import secrets
from dataclasses import asdict

import click
from sqlalchemy import select

from command_line.actor import cli_actor
from command_line.amount import AMOUNT
from command_line.card_money import statement_table
from command_line.form import id_of
from command_line.installation import now, read_session
from command_line.saving import saving
from command_line.show import console, emit_json, json_option, money
from models import Client, Wallet
from services.accounts.client_money import ClientMoney, ClientMoneyRefused, adjust_client_wallet, pay_client_wallet
from services.cards.card_statement import LINES_SHOWN_MAX, wallet_statement
from services.money.wallet_balance import NEWEST


@click.command()
@click.argument("name")
@click.argument("amount", type=AMOUNT)
@click.option("--reference", required=True, help="Names the payment, such as its receipt: it is booked once.")
@click.option("--to-client", is_flag=True, help="We paid the client; without it the client paid us.")
@click.option("--reason", help="A note for the ledger and the audit log.")
@json_option
def pay(name: str, amount: int, reference: str, reason: str | None, *, to_client: bool, as_json: bool) -> None:
    """Book a payment of AMOUNT from the client NAME. The same command again changes nothing."""
    with saving(ClientMoneyRefused) as session:
        client_id = id_of(session, Client, "client", name)
        signed = -amount if to_client else amount
        done = pay_client_wallet(session, client_id, signed, reference, cli_actor(), now(), reason=reason)
    _tell(done, "Paid", as_json=as_json)


@click.command()
@click.argument("name")
@click.option("--add", type=AMOUNT, help="Give this amount.")
@click.option("--take", type=AMOUNT, help="Take this amount, at most down to the credit limit.")
@click.option("--reason", required=True, help="Why, for the ledger and the audit log.")
@click.option("--token", help="Makes the command repeatable: with the same token it moves money once.")
@json_option
def adjust(name: str, add: int | None, take: int | None, reason: str, token: str | None, *, as_json: bool) -> None:
    """Give or take money in the wallet of the client NAME."""
    if (add is None) == (take is None):
        raise click.UsageError("Give either --add or --take.")
    signed = add if add is not None else -(take or 0)
    with saving(ClientMoneyRefused) as session:
        client_id = id_of(session, Client, "client", name)
        chosen = token or secrets.token_hex(16)
        done = adjust_client_wallet(session, client_id, signed, reason, chosen, cli_actor(), now())
    _tell(done, "Adjusted", as_json=as_json)


@click.command()
@click.argument("name")
@click.option(
    "--newest", type=click.IntRange(1, LINES_SHOWN_MAX), default=50, show_default=True, help="How many lines."
)
@click.option("--before", type=int, default=NEWEST, help="Only lines before this one: the cursor of an earlier page.")
@json_option
def statement(name: str, newest: int, before: int, *, as_json: bool) -> None:
    """Show every movement of the client NAME with the balance after it, the newest last."""
    with read_session() as session:
        client_id = id_of(session, Client, "client", name)
        wallet = select(Wallet.id, Wallet.currency).join(Client, Client.wallet_id == Wallet.id)
        wallet_id, currency = session.execute(wallet.where(Client.id == client_id)).one()
        page = wallet_statement(session, wallet_id, before=before, newest=newest)
    if as_json:
        emit_json({"client": name, "currency": currency, **asdict(page)})
        return
    console.print(statement_table(page, currency))
    if page.older_before is not None:
        console.print(f"Older: callingcard client statement {name!r} --before {page.older_before}")


CLIENT_MONEY = (pay, adjust, statement)


def _tell(done: ClientMoney, act: str, *, as_json: bool) -> None:
    if as_json:
        emit_json(asdict(done))
        return
    amount, balance = money(done.amount_micros, done.currency), money(done.balance_micros, done.currency)
    told, tense = (f"{act} before", "was then") if done.is_repeat else (act, "is")
    console.print(f"{told}: {amount}; the balance {tense} {balance}.")
