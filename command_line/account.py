"""callingcard account: who sends calls to us, who takes ours; list and show."""

from typing import Any

import click
from rich.table import Table
from sqlalchemy.orm import Session

from command_line.account_edit import ACCOUNT_EDITS
from command_line.account_gateway import gateway
from command_line.account_password import password
from command_line.errors import Failure
from command_line.form import id_of
from command_line.installation import read_session
from command_line.show import console, emit_json, json_option
from models import Client
from services.accounts.account_report import (
    PAGE_ROWS_MAX,
    AccountFilter,
    AccountState,
    SearchField,
    account_list,
    account_report,
)
from services.accounts.find_account import find_account_id
from services.store.keyset import PlaceRefused, Wanted
from services.store.version_check import NotThere


@click.group()
def account() -> None:
    """Accounts of clients. ACCOUNT is its number, its endpoint, or its name if only one has it."""


@account.command("list")
@click.option("--client", "client_name", help="Only those of this client.")
@click.option("--search", help="Keywords: a part of a text, an address that a subnet holds.")
@click.option(
    "--in",
    "search_field",
    type=click.Choice([field.value for field in SearchField]),
    help="In which field; all without it.",
)
@click.option(
    "--state", type=click.Choice([state.value for state in AccountState]), help="Without it: active and inactive."
)
@click.option("--originators/--no-originators", default=None, help="Only those that may (not) send calls to us.")
@click.option("--carriers/--no-carriers", default=None, help="Only those that (do not) take calls from us.")
@click.option("--rows", type=click.IntRange(1, PAGE_ROWS_MAX), default=50, show_default=True, help="Rows of a page.")
@click.option("--after", help="The place of the next page, as this command tells it.")
@json_option
def list_(rows: int, after: str | None, *, as_json: bool, **asked: Any) -> None:  # noqa: ANN401 (the filters)
    """List accounts by their numbers."""
    try:
        with read_session() as session:
            found = account_list(session, _filter(session, asked), Wanted(rows, after=after))
    except PlaceRefused as refused:
        raise Failure(str(refused)) from refused
    if as_json:
        emit_json({"accounts": found.rows, "count": found.page.count, "after": found.page.after})
        return
    table = Table("ID", "Client", "Account", "Name/ANI/IP", "Tech prefix", "Originator", "Terminator", box=None)
    for row in found.rows:
        ident = f"{row['ident_by']}: {row['ident'] or '-'}" + (f" via {row['gateways']}" if row["gateways"] else "")
        cells = (str(row["id"]), row["client"], row["account"], ident, row["tech_prefix"] or "-")
        table.add_row(*cells, _originator(row), _terminator(row))
    console.print(table)
    if found.page.after:
        console.print(f"{found.page.count} accounts; more: --after {found.page.after}")


@account.command()
@click.argument("account")
@json_option
def show(account: str, *, as_json: bool) -> None:
    """Show every setting of ACCOUNT, which tables apply, and the calls that it carries now."""
    try:
        with read_session() as session:
            report = account_report(session, find_account_id(session, account))
    except NotThere as missing:
        raise Failure(str(missing), "callingcard account list") from missing
    if as_json:
        emit_json(report)
        return
    table = Table(show_header=False, box=None)
    for key, value in report.items():
        told = {"originator": _originator, "terminator": _terminator}.get(key)
        table.add_row(key.replace("_", " "), told(report) if told else _shown(value))
    console.print(table)


def _filter(session: Session, asked: dict[str, Any]) -> AccountFilter:
    client_name, field, state = asked["client_name"], asked["search_field"], asked["state"]
    return AccountFilter(
        client_id=id_of(session, Client, "client", client_name) if client_name else None,
        search=asked["search"],
        search_field=SearchField(field) if field else None,
        state=AccountState(state) if state else None,
        originators=asked["originators"],
        terminators=asked["carriers"],
    )


def _originator(row: dict[str, Any]) -> str:
    """One cell: rate table, routing plan, tag, capacity (JA-9)."""
    role = row["originator"]
    if role is None:
        return "off"
    return ", ".join([_named(role["rate_table"]), _named(role["routing_plan"]), *_tag_and_capacity(role)])


def _terminator(row: dict[str, Any]) -> str:
    """One cell: rate table, tag, capacity, protocol, proxy, port (JA-10)."""
    role = row["terminator"]
    if role is None:
        return "off"
    host = f"{role['proxy']} port {role['port']}" if role["proxy"] else "where it registers"
    place = f"{role['protocol']} {host}"
    return ", ".join([_named(role["rate_table"]), *_tag_and_capacity(role), place])


def _named(term: dict[str, Any]) -> str:
    """JA-19."""
    return f"{term['name'] or 'none'}{' (of the client)' if term['of'] == 'client' else ''}"


def _tag_and_capacity(role: dict[str, Any]) -> list[str]:
    tag = [f"tag {role['tag']}"] if role["tag"] else []
    return [*tag, "no limit" if role["capacity"] is None else f"{role['capacity']} calls"]


def _shown(value: Any) -> str:  # noqa: ANN401 (JSON's values)
    if value is None:
        return "-"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


for command in (*ACCOUNT_EDITS, password, gateway):
    account.add_command(command)
