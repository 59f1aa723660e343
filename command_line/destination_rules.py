"""callingcard group deny, allow, rules and forget-rule: where the cards of a group, a series or all may call."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from rich.table import Table
from sqlalchemy.orm import Session

from billing.destination_rules import PrefixRefused
from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.form import id_of
from command_line.installation import now, read_session, write_session
from command_line.own_rows import series_id
from command_line.show import console, emit_json, json_option
from models import CardGroup
from services.products.destination_rules import (
    RuleOwner,
    RuleRefused,
    remove_destination_rule,
    rules_of,
    set_destination_rule,
)

Command = TypeVar("Command", bound=Callable[..., Any])


def owner_options(command: Command) -> Command:
    """For whom a rule holds: exactly one of three."""
    command = click.option("--platform", is_flag=True, help="For every card.")(command)
    command = click.option("--series", type=int, help="For the cards of this series, by its number.")(command)
    return click.option("--group", help="For the cards of this group, by its name.")(command)


@click.command()
@click.argument("prefixes", nargs=-1, required=True)
@owner_options
@click.option("--reason", required=True, help="Why, for whoever reads the list.")
def deny(prefixes: tuple[str, ...], *, reason: str, **whose: Any) -> None:  # noqa: ANN401 (owner_options)
    """Deny the destinations that begin with PREFIXES; this wins over every allowed prefix."""
    _set(prefixes, whose, reason, is_allowed=False)


@click.command()
@click.argument("prefixes", nargs=-1, required=True)
@owner_options
@click.option("--reason", required=True, help="Why, for whoever reads the list.")
def allow(prefixes: tuple[str, ...], *, reason: str, **whose: Any) -> None:  # noqa: ANN401 (owner_options)
    """Allow the destinations that begin with PREFIXES, and with the first such rule nothing else."""
    _set(prefixes, whose, reason, is_allowed=True)


@click.command("forget-rule")
@click.argument("prefixes", nargs=-1, required=True)
@owner_options
def forget_rule(prefixes: tuple[str, ...], **whose: Any) -> None:  # noqa: ANN401 (owner_options)
    """Remove the rules for PREFIXES."""
    try:
        with write_session() as session:
            owner = _owner(session, **whose)
            removed = [
                prefix for prefix in prefixes if remove_destination_rule(session, owner, prefix, cli_actor(), now())
            ]
    except PrefixRefused as refused:
        raise Failure(str(refused)) from refused
    if not removed:
        raise Failure("There is no such rule.", "callingcard group rules")
    console.print(f"Removed: {', '.join(removed)}.")


@click.command()
@owner_options
@json_option
def rules(*, as_json: bool, **whose: Any) -> None:  # noqa: ANN401 (owner_options)
    """List the denied and allowed prefixes of a group, a series or the platform."""
    with read_session() as session:
        found = rules_of(session, _owner(session, **whose))
    if as_json:
        emit_json(found)
    elif found:
        table = Table("Prefix", "Rule", "Reason", box=None)
        for rule in found:
            table.add_row(rule["prefix"], "allowed" if rule["is_allowed"] else "denied", rule["reason"])
        console.print(table)
    else:
        console.print("There is no rule: every destination with a rate may be called.")


def _set(prefixes: tuple[str, ...], whose: dict[str, Any], reason: str, *, is_allowed: bool) -> None:
    try:
        with write_session() as session:
            owner = _owner(session, **whose)
            stored = [
                set_destination_rule(session, owner, prefix, cli_actor(), now(), is_allowed=is_allowed, reason=reason)
                for prefix in prefixes
            ]
    except (PrefixRefused, RuleRefused) as refused:
        raise Failure(str(refused)) from refused
    console.print(f"{'Allowed' if is_allowed else 'Denied'}: {', '.join(stored)}.")


def _owner(session: Session, *, group: str | None, series: int | None, platform: bool) -> RuleOwner:
    if (group is not None) + (series is not None) + platform != 1:
        raise click.UsageError("Give one of --group NAME, --series NUMBER or --platform.")
    if group is not None:
        return RuleOwner(group_id=id_of(session, CardGroup, "card group", group))
    return RuleOwner() if series is None else RuleOwner(series_id=series_id(session, series))


RULE_COMMANDS = (deny, allow, forget_rule, rules)
