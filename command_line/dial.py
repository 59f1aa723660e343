"""callingcard dial: a telephone on the terminal that calls the running call server, without Asterisk."""

from typing import TYPE_CHECKING, Final

import click
from rich.console import Console

from command_line.errors import Failure
from command_line.installation import settings
from command_line.show import emit_json
from simulator.asterisk import CallFrom, NoSuchAccessNumber, NoSuchCaller, PlacedCall, place_call
from simulator.call_log import CallEnd, CallLog
from simulator.carriers import OutcomeRefused, parse_outcomes
from simulator.handset import Handset, ScriptedHandset
from simulator.key_script import KeyScriptRefused, parse_key_script
from simulator.phone import DEFAULT_OUTCOME, HELP, Screen, TerminalHandset
from simulator.report import call_report

if TYPE_CHECKING:
    from typing import TextIO

SCRIPT_CHARACTERS_MAX: Final = 10_001


@click.command("dial", short_help="Call the call server from this terminal, without Asterisk.")
@click.argument("number")
@click.option("--from", "caller_id", default="", metavar="NUMBER", help="The caller's number; none: withheld.")
@click.option("--keys", help="Keys to press. For demo cards and tests only: a process list shows them. See --script.")
@click.option("--script", type=click.File("r"), metavar="FILE", help="File with the keys to press; - reads them here.")
@click.option("--carrier", metavar="OUTCOMES", help=f"How each Dial ends, in order.  [default: {DEFAULT_OUTCOME}]")
@click.option("--lang", default="en", show_default=True, help="Language until the call server chooses one.")
@click.option("--fast", is_flag=True, help="Check no prompt files: every prompt counts as there.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end, and nothing else.")
@click.option("--host", help="Address of the call server.  [default: from the settings]")
@click.option("--port", type=click.IntRange(1, 65535), help="Its port.  [default: from the settings]")
def dial(  # noqa: PLR0913 - one argument an option of the command
    *,
    number: str,
    caller_id: str,
    keys: str | None,
    script: "TextIO | None",
    carrier: str | None,
    lang: str,
    fast: bool,
    as_json: bool,
    host: str | None,
    port: int | None,
) -> None:
    """Dial the access number NUMBER. Without --keys and --script you press the keys yourself.

    Keys: digits, * and #, as pressed: 1005668240#123456789012370612345678#. A comma or a new line separates entries
    (12,3# lets the first wait time out), w waits, h hangs up, ! interrupts the prompt. What is left over of an entry
    goes to the next question.

    Outcomes: one for each Dial, the last one repeats: 503, 404, 480, busy, noanswer, dead, unknown, cancel, answer
    (until the limit), answer:65 (the far side hangs up after 65 s), answer:65## (the caller ends the leg),
    answer:65.hangup (the caller hangs up). Time is simulated: 65 s of talk are over at once.
    """
    wanted = settings()
    text = _keys_text(keys, script)
    if text is None and as_json:
        raise click.UsageError("--json needs --keys or --script.")
    try:
        folder = None if fast or not wanted.prompts_dir.is_dir() else wanted.prompts_dir
        call = CallFrom(number, caller_id, lang, folder)
    except NoSuchAccessNumber as refused:
        raise click.BadParameter(str(refused), param_hint="NUMBER") from refused
    except NoSuchCaller as refused:
        raise click.UsageError(str(refused)) from refused
    console = Console(quiet=as_json)
    address = (host or wanted.fastagi_host, port or wanted.fastagi_port)
    screen = Screen(console)
    screen.show_start(call)
    placed = place_call(address, call, _handset(text, carrier, console, screen), log=CallLog(screen.show))
    if as_json:
        emit_json(call_report(placed))
    _check_end(placed, address)


def _keys_text(keys: str | None, script: "TextIO | None") -> str | None:
    if keys is not None and script is not None:
        raise click.UsageError("Give --keys or --script, not both.")
    return script.read(SCRIPT_CHARACTERS_MAX) if script is not None else keys


def _handset(text: str | None, carrier: str | None, console: Console, screen: Screen) -> Handset:
    if text is None:
        if carrier is not None:
            raise click.UsageError("--carrier needs --keys or --script: you are asked at each Dial otherwise.")
        console.print(HELP, style="dim")
        return TerminalHandset(console, screen)
    try:
        return ScriptedHandset(parse_key_script(text), parse_outcomes(carrier or DEFAULT_OUTCOME))
    except (KeyScriptRefused, OutcomeRefused) as refused:
        raise click.UsageError(str(refused)) from refused


def _check_end(placed: PlacedCall, address: tuple[str, int]) -> None:
    if placed.end is not CallEnd.SERVICE_UNAVAILABLE:
        return
    host, port = address
    if placed.server_was_away:
        raise Failure(f"No call server answers at {host}:{port}.", "callingcard fastagi")
    raise Failure("The call server did not finish the call.", "Its log says why; see also: callingcard doctor")
