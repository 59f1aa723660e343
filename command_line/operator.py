"""callingcard operator: who may work in the console, in which role; the first owner is made here only."""

import sys
from collections.abc import Callable
from typing import Any

import click
from rich.table import Table
from sqlalchemy.orm import Session

from billing.rights import ROLE_RIGHTS, Role
from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.installation import now, read_session, write_session
from command_line.show import console, emit_json, json_option
from services.operators.drawn_password import DAYS_MAX, draw_password
from services.operators.operator_facts import OperatorFacts, operators
from services.operators.own_sessions import end_all_of
from services.operators.passwords import PasswordRefused
from services.operators.save_operator import (
    OperatorRefused,
    OperatorRole,
    change_role,
    create_operator,
    disable_operator,
    enable_operator,
    get_operator,
    set_password,
    unlock_operator,
)
from services.operators.second_factor import SecondFactorRefused, switch_off_second_factor

ROLE = click.Choice([role.value for role in Role])
REFUSED = (OperatorRefused, PasswordRefused, SecondFactorRefused)
draw_option = click.option(
    "--draw", "draws", is_flag=True, help="Draw the password and print it once; the operator replaces it."
)


@click.group()
def operator() -> None:
    """Operators of the console: their roles, passwords and sessions (docs/operators.md)."""


@operator.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List the operators."""
    with read_session() as session:
        found = operators(session)
    if as_json:
        emit_json([_plain(one) for one in found])
        return
    table = Table("Operator", "Role", "May sign in", "Second factor", box=None)
    for one in found:
        table.add_row(one.name, one.role.value, _yes(one.is_enabled), _yes(one.has_second_factor))
    console.print(table)


@operator.command()
@click.argument("name")
@json_option
def show(name: str, *, as_json: bool) -> None:
    """Show the operator NAME with the rights of its role."""
    try:
        with read_session() as session:
            one = get_operator(session, name)
    except OperatorRefused as refused:
        raise Failure(str(refused), "callingcard operator list") from refused
    if as_json:
        emit_json(_plain(one))
        return
    console.print(f"{one.name}: {one.role.value}, {'enabled' if one.is_enabled else 'disabled'}")
    console.print(", ".join(sorted(right.value.replace("_", " ") for right in one.rights)))


@operator.command()
@click.argument("name")
@click.option("--role", type=ROLE, default=Role.OPERATOR.value, show_default=True)
@click.option("--of", "whose", help="The reseller or distributor whose cards it works on.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@draw_option
@json_option
def create(name: str, role: str, whose: str | None, *, password_stdin: bool, draws: bool, as_json: bool) -> None:
    """Create the operator NAME; its password is asked for, never given as an argument."""
    if draws:
        _draw(name, lambda session: _created(session, name, role, whose), as_json=as_json)
        return
    password = _password(from_stdin=password_stdin)

    def act(session: Session) -> OperatorFacts:
        _created(session, name, role, whose)
        return set_password(session, name, password, cli_actor(), now())

    _save(act, as_json=as_json)


@operator.command("role")
@click.argument("name")
@click.argument("role", type=ROLE)
@click.option("--of", "whose", help="The reseller or distributor whose cards it works on.")
@json_option
def role_(name: str, role: str, whose: str | None, *, as_json: bool) -> None:
    """Give the operator NAME another ROLE."""
    _save(
        lambda session: change_role(session, name, OperatorRole(Role(role), whose), cli_actor(), now()), as_json=as_json
    )


@operator.command()
@click.argument("name")
@json_option
def disable(name: str, *, as_json: bool) -> None:
    """Let the operator NAME sign in no more, and end its sessions."""
    _save(lambda session: disable_operator(session, name, cli_actor(), now()), as_json=as_json)


@operator.command()
@click.argument("name")
@json_option
def enable(name: str, *, as_json: bool) -> None:
    """Let the operator NAME sign in again, and forgive its wrong passwords."""
    _save(lambda session: enable_operator(session, name, cli_actor(), now()), as_json=as_json)


@operator.command()
@click.argument("name")
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from standard input.")
@draw_option
@json_option
def password(name: str, *, from_stdin: bool, draws: bool, as_json: bool) -> None:
    """Set the password of the operator NAME; its sessions end."""
    if draws:
        _draw(name, lambda session: get_operator(session, name), as_json=as_json)
        return
    given = _password(from_stdin=from_stdin)
    _save(lambda session: set_password(session, name, given, cli_actor(), now()), as_json=as_json)


@operator.command()
@click.argument("name")
@json_option
def unlock(name: str, *, as_json: bool) -> None:
    """Forgive the operator NAME its wrong passwords."""
    _save(lambda session: unlock_operator(session, name, cli_actor(), now()), as_json=as_json)


@operator.command("sign-out")
@click.argument("name")
def sign_out(name: str) -> None:
    """End every session of the operator NAME."""
    try:
        with write_session() as session:
            ended = end_all_of(session, get_operator(session, name), cli_actor(), now())
    except OperatorRefused as refused:
        raise Failure(str(refused), "callingcard operator list") from refused
    console.print(f"{ended} sessions of {name} have ended.")


@operator.command("reset-2fa")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
def reset_2fa(name: str, *, yes: bool, as_json: bool) -> None:
    """Switch the second factor of the operator NAME off, app and security keys: for whoever lost them and the codes.

    The operator sets a new one up in the console; where its role needs one (CALLINGCARD_CONSOLE_SECOND_FACTOR_ROLES),
    at the next sign-in.
    """
    if not yes:
        click.confirm(f"Let {name} in by the password alone", abort=True, err=True)

    def act(session: Session) -> OperatorFacts:
        switch_off_second_factor(session, get_operator(session, name), cli_actor(), now())
        return get_operator(session, name)

    _save(act, as_json=as_json)


def _created(session: Session, name: str, role: str, whose: str | None) -> OperatorFacts:
    return create_operator(session, name, OperatorRole(Role(role), whose), cli_actor(), now())


def _draw(name: str, act: Callable[[Session], OperatorFacts], *, as_json: bool) -> None:
    """The password stands in the answer alone, after everything is written."""
    try:
        with write_session() as session:
            act(session)
            drawn = draw_password(session, name, cli_actor(), now())
    except REFUSED as refused:
        raise Failure(str(refused)) from refused
    if as_json:
        emit_json({"name": name, "password": drawn, "days": DAYS_MAX})
    else:
        console.print(f"Password of {name}, shown this once: {drawn}", highlight=False, soft_wrap=True)
        console.print(f"It lets in for {DAYS_MAX} days, and the console asks for an own one first.")


def _save(act: Callable[[Session], OperatorFacts], *, as_json: bool) -> None:
    try:
        with write_session() as session:
            saved = act(session)
    except REFUSED as refused:
        raise Failure(str(refused)) from refused
    if as_json:
        emit_json(_plain(saved))
    else:
        console.print(f"{saved.name}: {saved.role.value}, {'enabled' if saved.is_enabled else 'disabled'}.")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    given: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return given


def _plain(one: OperatorFacts) -> dict[str, Any]:
    return {
        "name": one.name,
        "role": one.role.value,
        "is_enabled": one.is_enabled,
        "has_second_factor": one.has_second_factor,
        "has_app": one.has_app,
        "has_security_key": one.has_passkey,
        "rights": sorted(right.value for right in ROLE_RIGHTS[one.role]),
    }


def _yes(flag: bool) -> str:  # noqa: FBT001 (a value)
    return "yes" if flag else "no"
