"""callingcard group announce and announcements: the share of the minutes that is told for single destinations."""

import click

from command_line.actor import cli_actor
from command_line.errors import refusing
from command_line.form import NOTHING, id_of
from command_line.installation import now, read_session, settings, write_session
from command_line.show import console, emit_json, json_option
from models import CardGroup
from services.products.ghost_percents import ghost_percents, set_ghost_percent


@click.command()
@click.argument("group")
@click.argument("prefix")
@click.argument("percent")
def announce(group: str, prefix: str, percent: str) -> None:
    """Tell callers of the card GROUP so many PERCENT of the true minutes to PREFIX ('none': as the group says)."""
    if percent != NOTHING and not percent.isdecimal():
        raise click.BadParameter("give a whole number from 20 to 200, or 'none'", param_hint="percent")
    with refusing(), write_session() as session:
        set_ghost_percent(
            session,
            id_of(session, CardGroup, "card group", group),
            prefix,
            None if percent == NOTHING else int(percent),
            cli_actor(),
            now(),
            ghost_above_100_allowed=settings().allow_ghost_above_100,
        )
    told = "as the group says" if percent == NOTHING else f"{percent} %"
    console.print(f"Callers of {group} are told {told} of the minutes to {prefix}.")


@click.command()
@click.argument("group")
@json_option
def announcements(group: str, *, as_json: bool) -> None:
    """List the prefixes for which the card GROUP announces another share of the minutes."""
    with read_session() as session:
        found = ghost_percents(session, id_of(session, CardGroup, "card group", group))
    if as_json:
        emit_json(found)
        return
    for prefix, percent in found.items():
        console.print(f"{prefix}  {percent} %")
    if not found:
        console.print(f"{group} announces every destination as its own percent and those of the rates say.")


ANNOUNCEMENT_COMMANDS = (announce, announcements)
