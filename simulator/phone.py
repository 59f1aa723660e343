"""The terminal phone: prints a call as it happens, and lets a person press the keys and decide for the carriers."""

from typing import Final

import click
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from simulator.asterisk import CallFrom
from simulator.call_log import Answered, Dialled, Ended, Event, Heard, Keyed, NotDialled, SettleAsked
from simulator.carriers import CarrierOutcome, OutcomeRefused, parse_outcome
from simulator.handset import GONE, SILENT, DialAttempt, EntryRest, KeyEnd, KeyWait, Pressed
from simulator.key_script import HANG_UP, KeyScriptRefused, parse_key_script
from simulator.report import spoken_text

HELP: Final = (
    "Type keys and press Enter. '#' ends an entry; without it the entry times out. "
    "Only Enter: press nothing. h: hang up. PINs are not shown."
)
DEFAULT_OUTCOME: Final = "answer:60"


class Screen:
    """Prints a call event by event; prompts that follow one another are one sentence."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._heard: list[Heard] = []

    def show_start(self, call: CallFrom) -> None:
        who = call.caller_id or "a withheld number"
        self._console.print(Panel(f"{escape(call.access_number)}, called from {escape(who)}", title="Dialling"))

    def show(self, event: Event) -> None:
        """The listener of a call log."""
        if isinstance(event, Heard):
            self._heard.append(event)
            return
        self.show_heard()
        self._console.print(_line(event), highlight=False, soft_wrap=True)

    def show_heard(self) -> None:
        """What was spoken since the last event of another kind."""
        heard, self._heard = self._heard, []
        if heard:
            self._console.print(f"  {escape(spoken_text(heard))}", highlight=False, soft_wrap=True)
            ids = " ".join(f"{one.prompt_id} (missing)" if one.is_missing else one.prompt_id for one in heard)
            self._console.print(f"    [dim]{escape(ids)}[/]", highlight=False, soft_wrap=True)


class TerminalHandset:
    """Asks the person at the terminal, after the screen has shown what was spoken."""

    def __init__(self, console: Console, screen: Screen) -> None:
        self._console = console
        self._screen = screen
        self._rest = EntryRest()

    def interrupts(self) -> bool:
        return False  # text is there at once: the person has read the prompt when the keys are asked for

    def press(self, wait: KeyWait) -> Pressed:
        if wait.goes_on:
            return self._rest.press(wait)
        if wait.is_pause:
            return SILENT
        self._screen.show_heard()
        self._drop_rest()
        entry = self._ask(wait)
        if not entry:
            return SILENT
        if entry == HANG_UP:
            return GONE
        self._rest.keys = entry
        return self._rest.press(wait)

    def outcome(self, attempt: DialAttempt) -> CarrierOutcome:
        self._screen.show_heard()
        self._console.print(
            f"  [bold]Dial[/] {attempt.number} by {escape(attempt.route)}, "
            f"rings {attempt.ring_seconds} s, at most {attempt.limit_ms // 1000} s of talk"
        )
        while True:
            try:
                return parse_outcome(click.prompt("  How does it end", default=DEFAULT_OUTCOME, type=str))
            except click.Abort:
                return parse_outcome("cancel")
            except OutcomeRefused as refused:
                self._console.print(f"  [red]{escape(str(refused))}[/]")

    def _drop_rest(self) -> None:
        rest = self._rest.for_the_next()
        if rest:
            self._console.print(f"  [dim]{len(rest)} keys more than were asked for: dropped[/]")
        self._rest = EntryRest()

    def _ask(self, wait: KeyWait) -> str:
        """One entry; asked again until it holds keys only."""
        while True:
            self._console.print(f"  [dim]{wait.first_seconds:g} s for the first key; keys interrupt the prompt[/]")
            try:
                text = click.prompt("  Keys", default="", show_default=False, hide_input=wait.is_secret, type=str)
                entries = parse_key_script(text)
            except click.Abort:  # Ctrl-C or the end of the input: the caller hangs up, and the call is settled
                return HANG_UP
            except KeyScriptRefused:
                self._console.print(f"  [red]Keys are 0-9, * and #.[/] {HELP}")
                continue
            return entries[0].removeprefix("!") if entries else ""


def _line(event: Answered | Keyed | Dialled | NotDialled | SettleAsked | Ended) -> str:
    match event:
        case Answered():
            line = "[green]answered[/]"
        case Keyed():
            line = _keyed(event)
        case Dialled():
            line = _dialled(event)
        case NotDialled():
            line = f"  [red]not dialled: {escape(event.variable)} is not of the agreed shape[/]"
        case SettleAsked():
            line = f"  settled {event.call_id}" if event.is_confirmed else f"  [red]not settled {event.call_id}[/]"
        case _:
            line = f"[bold]ended: {event.end}[/]"
    return line


def _keyed(event: Keyed) -> str:
    match event.end:
        case KeyEnd.HUNG_UP:
            return f"  [yellow]> {escape(event.keys)} hangs up[/]"
        case KeyEnd.TIMEOUT:
            return f"  [yellow]> {event.keys or 'nothing pressed'}[/] [dim](time-out)[/]"
        case _:
            return f"  [yellow]> {event.keys}[/]"


def _dialled(event: Dialled) -> str:
    talk = f", {event.talk_ms / 1000:g} s of talk, ended by {event.ended_by}" if event.dial_status == "ANSWER" else ""
    route = escape(event.attempt.route)
    return f"  [cyan]dialled {event.attempt.number} by {route}: {event.dial_status} cause {event.cause}{talk}[/]"
