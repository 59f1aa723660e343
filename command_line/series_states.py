"""callingcard series stop, activate, delete, edit, and release, sell, unsell, block, unblock for its cards."""

from collections.abc import Callable
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from billing.card_acts import CardAct, SeriesAct
from billing.card_number import SERIAL_MAX
from command_line.actor import cli_actor
from command_line.card_act_options import block_options, how_options, sale_of, sale_options
from command_line.change_cards import run_order
from command_line.errors import Failure
from command_line.installation import now, open_engine, writing_engine
from command_line.own_rows import series_id
from command_line.show import console, emit_json, json_option
from services.cards.card_order import ActRefused, CardOrder
from services.cards.card_range import CardRange
from services.products.plan_agreement import PlanDisagrees
from services.series.change_series_state import change_series_state, prepare_series_act

Command = TypeVar("Command", bound=Callable[..., Any])
SERIAL = click.IntRange(0, SERIAL_MAX)


def range_options(command: Command) -> Command:
    """The series, and the serials if not all."""
    command = click.option("--to", "last", type=SERIAL, default=SERIAL_MAX, help="Last serial; all if left out.")(
        command
    )
    command = click.option("--from", "first", type=SERIAL, default=0, help="First serial; all if left out.")(command)
    return click.argument("number", type=int)(command)


def many(act: CardAct, number: int, first: int, last: int) -> Callable[[Session], CardOrder]:
    return lambda session: CardOrder(act, CardRange(series_id(session, number), first, last))


@click.command()
@range_options
@how_options
def release(number: int, *, first: int, last: int, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Make the cards of series NUMBER ready: inactive becomes pending."""
    run_order(many(CardAct.RELEASE, number, first, last), dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@range_options
@sale_options
@how_options
def sell(
    number: int,
    *,
    first: int,
    last: int,
    place: str | None,
    distributor: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Sell the cards of series NUMBER: they are ready, and their place or distributor is noted."""

    def order(session: Session) -> CardOrder:
        cards = CardRange(series_id(session, number), first, last)
        return CardOrder(CardAct.SELL, cards, sale=sale_of(session, place, distributor))

    run_order(order, dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@range_options
@how_options
def unsell(number: int, *, first: int, last: int, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Take back sales and releases of cards of series NUMBER that no one has used."""
    run_order(many(CardAct.TAKE_BACK, number, first, last), dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@range_options
@block_options
@how_options
def block(
    number: int, *, first: int, last: int, reason: str, end_calls: bool, dry_run: bool, yes: bool, as_json: bool
) -> None:
    """Block the cards of series NUMBER. Calls that are up go on unless --end-calls is given."""

    def order(session: Session) -> CardOrder:
        cards = CardRange(series_id(session, number), first, last)
        return CardOrder(CardAct.BLOCK, cards, reason=reason, ends_calls=end_calls)

    run_order(order, dry_run=dry_run, yes=yes, as_json=as_json)


@click.command()
@range_options
@how_options
def unblock(number: int, *, first: int, last: int, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Unblock the cards of series NUMBER: each is what it was before."""
    run_order(many(CardAct.UNBLOCK, number, first, last), dry_run=dry_run, yes=yes, as_json=as_json)


def _marking(act: SeriesAct, told: str) -> click.Command:
    @click.command(act.value, help=told)
    @click.argument("number", type=int)
    @click.option("--reason", help="Why, for the audit log.")
    @json_option
    def mark(number: int, *, reason: str | None, as_json: bool) -> None:
        try:
            marked = _mark(act, number, reason)
        except (ActRefused, PlanDisagrees) as refused:
            raise Failure(str(refused)) from refused
        if as_json:
            emit_json(marked)
            return
        console.print(f"Series {number} is {marked['status']}.")
        if marked["calls_up"]:
            console.print(f"Calls that are up go on for the time that they hold: {marked['calls_up']}.")

    return mark


def _mark(act: SeriesAct, number: int, reason: str | None) -> dict[str, Any]:
    """The fees of many cards are dealt with in transactions of their own, before the mark."""
    engine = writing_engine()
    at = now()
    with open_engine(engine):
        with Session(engine) as session:
            marked_id = series_id(session, number)
        last: int | None = 0
        while last is not None:
            with Session(engine) as session, session.begin():
                last = prepare_series_act(session, marked_id, act, cli_actor(), at, after_card_id=last)
        with Session(engine) as session, session.begin():
            marked = change_series_state(session, marked_id, act, cli_actor(), at, reason=reason, is_prepared=True)
    return {"number": number, "status": marked.status.value, "calls_up": marked.calls_up}


stop = _marking(
    SeriesAct.STOP, "Refuse the cards of series NUMBER until it is activated again (a deleted one comes back)."
)
activate = _marking(SeriesAct.ACTIVATE, "Let the cards of the stopped series NUMBER call again.")
delete = _marking(SeriesAct.DELETE, "Mark series NUMBER as deleted: nothing is erased, its cards are refused.")
