"""Acts on cards from the command line: told first, then done step by step with a progress bar, each step committed."""

from collections.abc import Callable
from typing import Any

import click
from sqlalchemy.orm import Session

from billing.card_acts import DONE_WORDS, CardAct, sentence
from command_line.actor import cli_actor
from command_line.errors import Failure
from command_line.installation import now, open_engine, read_session, writing_engine
from command_line.job_progress import progress_bar
from command_line.show import console, emit_json
from services.cards.card_order import ActRefused, CardOrder
from services.cards.change_card_state import ActDone, change_cards, preview_card_act

ASK_ABOVE_CARDS = 100
CALLS_SHOWN_MAX = 20
PARTLY = 3


def run_order(order_of: Callable[[Session], CardOrder], *, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Exit status 0: all done; 3: some cards were skipped; 1: none could be changed."""
    try:
        with read_session() as session:
            order = order_of(session)
            told = preview_card_act(session, order)
        if dry_run:
            _tell(order.act, told, as_json=as_json, dry_run=True)
            return
        if told.changed > ASK_ABOVE_CARDS and not yes:
            click.confirm(f"{told.changed} cards would be {DONE_WORDS[order.act]}. Go on?", abort=True, err=True)
        done = _steps(order, told.seen)
    except ActRefused as refused:
        raise Failure(str(refused)) from refused
    if not done.changed:
        raise Failure(_why_none(order, done))
    _tell(order.act, done, as_json=as_json, dry_run=False)
    if done.skipped:
        raise SystemExit(PARTLY)


def _steps(order: CardOrder, total: int) -> ActDone:
    done, after = ActDone(), None
    engine = writing_engine()
    with open_engine(engine), progress_bar("Cards") as progress:
        while True:
            with Session(engine) as session, session.begin():
                step = change_cards(session, order, cli_actor(), now(), after_serial=after)
            done += step.done
            progress(done.seen, total)
            if step.last_serial is None:
                return done
            after = step.last_serial


def _why_none(order: CardOrder, done: ActDone) -> str:
    if not done.skipped:
        return "There is no card in that range."
    if done.seen == 1:
        return sentence(order.act, next(iter(done.skipped)))
    return f"No card could be {DONE_WORDS[order.act]}: {_counts(done)}."


def _tell(act: CardAct, done: ActDone, *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        emit_json(_plain(act, done, dry_run=dry_run))
        return
    would = "would be " if dry_run else ""
    skipped = f", {sum(done.skipped.values())} skipped ({_counts(done)})" if done.skipped else ""
    console.print(f"{done.changed} {'card' if done.changed == 1 else 'cards'} {would}{DONE_WORDS[act]}{skipped}.")
    if dry_run:
        console.print("Dry run: nothing was written.")
    if done.calls:
        shown = ", ".join(call.call_id for call in done.calls[:CALLS_SHOWN_MAX])
        console.print(f"Calls that are up go on for the time that they hold: {len(done.calls)} ({shown}).")


def _plain(act: CardAct, done: ActDone, *, dry_run: bool) -> dict[str, Any]:
    return {
        "act": act.value,
        "changed": done.changed,
        "skipped": dict(done.skipped),
        "calls": [call.call_id for call in done.calls],
        "dry_run": dry_run,
    }


def _counts(done: ActDone) -> str:
    return ", ".join(f"{count} {why}" for why, count in sorted(done.skipped.items()))
