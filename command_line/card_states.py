"""callingcard card release, sell, unsell, block, unblock, unlock and why: what may be done with one card."""

from collections.abc import Callable

import click
from rich.table import Table
from sqlalchemy.orm import Session

from billing.card_acts import CardAct
from command_line.actor import cli_actor
from command_line.card_act_options import block_options, how_options, sale_of, sale_options
from command_line.change_cards import run_order
from command_line.installation import now, read_session, settings, write_session
from command_line.own_rows import known_card
from command_line.show import console, emit_json, json_option
from services.cards.card_order import CardOrder
from services.cards.card_range import CardRange
from services.cards.explain_card import explain_card
from services.cards.unlock_card import unlock_card


def one(act: CardAct, number: str) -> Callable[[Session], CardOrder]:
    return lambda session: CardOrder(act, CardRange.one(known_card(session, number)))


@click.command()
@click.argument("number")
@how_options
def release(number: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Make the card NUMBER ready: inactive becomes pending."""
    run_order(one(CardAct.RELEASE, number), dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@click.argument("number")
@sale_options
@how_options
def sell(number: str, *, place: str | None, distributor: str | None, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Sell the card NUMBER: it is ready, and its place or distributor is noted."""

    def order(session: Session) -> CardOrder:
        cards = CardRange.one(known_card(session, number))
        return CardOrder(CardAct.SELL, cards, sale=sale_of(session, place, distributor))

    run_order(order, dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@click.argument("number")
@how_options
def unsell(number: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take back the sale or the release of the card NUMBER, as long as no one has used it."""
    run_order(one(CardAct.TAKE_BACK, number), dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@click.argument("number")
@block_options
@how_options
def block(number: str, *, reason: str, end_calls: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Block the card NUMBER: lost, stolen, fraud. Calls that are up go on unless --end-calls is given."""

    def order(session: Session) -> CardOrder:
        cards = CardRange.one(known_card(session, number))
        return CardOrder(CardAct.BLOCK, cards, reason=reason, ends_calls=end_calls)

    run_order(order, dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@click.argument("number")
@how_options
def unblock(number: str, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Unblock the card NUMBER: it is what it was before."""
    run_order(one(CardAct.UNBLOCK, number), dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@click.argument("number")
def unlock(number: str) -> None:
    """Let the card NUMBER be tried again after wrong PINs."""
    with write_session() as session:
        was_locked = unlock_card(session, known_card(session, number).card_id, cli_actor(), now())
    console.print("It is unlocked." if was_locked else "It was not locked; nothing was written.")


@click.command()
@click.argument("number")
@json_option
def why(number: str, *, as_json: bool) -> None:
    """Tell what a caller with the card NUMBER would hear now, why, and which rule gave its expiry date."""
    with read_session() as session:
        told = explain_card(session, known_card(session, number), now(), settings().zone)
    if as_json:
        emit_json(told)
        return
    entries = ", ".join(
        f"{entry['at'][:16]} {entry['kind']} from {entry['caller'] or '-'}" for entry in told["wrong_entries"]
    )
    rows = {
        "Caller hears": told["hears"] or "nothing: the call goes on",
        "Why": told["why"],
        "Cure": told["cure"] or "-",
        "Expiry": told["expiry"],
        "IVR plans": ", ".join(told["plans"]) or "none accepts its group: it can be used nowhere",
        "Wrong entries": entries or "-",
    }
    table = Table(show_header=False, box=None)
    for name, value in rows.items():
        table.add_row(name, value)
    console.print(table)


CARD_STATES = (release, sell, unsell, block, unblock, unlock, why)
