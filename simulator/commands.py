"""The AGI commands, answered as Asterisk 22 was measured to answer them."""

from collections.abc import Callable
from typing import Final

from simulator.agi_words import agi_words, number_of
from simulator.applications import run_application
from simulator.channel import Channel
from simulator.handset import KeyEnd, KeyWait

UNKNOWN: Final = "510 Invalid or unknown command"
DEAD: Final = "511 Command Not Permitted on a dead channel or intercept routine"
GONE: Final = "200 result=-1"
DONE: Final = "200 result=0"
HANGUP_NOTICE: Final = "HANGUP"
GET_DATA_FIRST_MS: Final = 6_000  # GET DATA without a time-out, or with 0: not the channel's own time-outs
GET_DATA_NEXT_MS: Final = 2_000
DIGITS_MAX_OF_GET_DATA: Final = 1_024
ENDPOS: Final = 8_000  # one second of sound

Verb = Callable[[Channel, list[str]], str]


def answer_command(channel: Channel, line: str) -> str:
    """The reply to one command line, without its last line end; a HANGUP notice that is due goes before it."""
    notice_was_due, channel.notice_is_due = channel.notice_is_due, False
    words = agi_words(line)
    if not _goes_on(words):
        channel.tell_keys()
    reply = _reply(channel, words)
    if channel.hangs_up_now:
        channel.hang_up()
    return f"{HANGUP_NOTICE}\n{reply}" if notice_was_due else reply


def _goes_on(words: list[str]) -> bool:
    """GET DATA without a prompt collects the rest of an entry."""
    return [word.upper() for word in words[:2]] == ["GET", "DATA"] and words[2:3] == [""]


def _reply(channel: Channel, words: list[str]) -> str:
    for length in (1, 2, 3):
        name = " ".join(words[:length]).upper()
        if command := _COMMANDS.get(name):
            verb, arguments_min, works_when_dead, usage = command
            arguments = words[length:]
            if channel.is_dead and not works_when_dead:
                return DEAD
            if len(arguments) < arguments_min:
                return _usage(f"{name} {usage}")
            return verb(channel, arguments)
    return UNKNOWN


def _usage(usage: str) -> str:
    return f"520-Invalid command syntax.  Proper usage follows:\nUsage: {usage}\n520 End of proper usage."


def _answer(channel: Channel, _: list[str]) -> str:
    channel.answer()
    return DONE


def _channel_status(channel: Channel, _: list[str]) -> str:
    return "200 result=6" if channel.is_answered else "200 result=4"  # up; ringing


def _exec(channel: Channel, arguments: list[str]) -> str:
    return f"200 result={run_application(channel, arguments[0], ','.join(arguments[1:]))}"


def _get_data(channel: Channel, arguments: list[str]) -> str:
    """GET DATA file [time-out ms] [digits]. The time-out is one for every key; '&' is part of the file name.

    Asked while no key is stored, the entry is a secret one: so the call server asks for PINs.
    """
    path, wait_ms, digits = [*arguments, "", ""][:3]
    if path and ("&" in path or not channel.hear_all([path])):
        return GONE
    ms = int(number_of(wait_ms))
    wait = KeyWait(
        int(number_of(digits)) or DIGITS_MAX_OF_GET_DATA,
        (ms or GET_DATA_FIRST_MS) / 1000,
        (ms or GET_DATA_NEXT_MS) / 1000,
        is_secret=channel.key_store is None,
        goes_on=not path,
    )
    pressed = channel.press(wait)
    match pressed.end:
        case KeyEnd.HUNG_UP:
            return GONE
        case KeyEnd.TIMEOUT:
            return f"200 result={pressed.digits} (timeout)"
        case _:
            return f"200 result={pressed.digits}"


def _get_variable(channel: Channel, arguments: list[str]) -> str:
    value = channel.get(arguments[0])
    return "200 result=0" if value is None else f"200 result=1 ({value})"


def _get_full_variable(channel: Channel, arguments: list[str]) -> str:
    value = channel.expanded(arguments[0])
    return f"200 result=1 ({value})" if value else "200 result=0"


def _set_variable(channel: Channel, arguments: list[str]) -> str:
    channel.set(arguments[0], arguments[1])
    return "200 result=1"


def _stream_file(channel: Channel, arguments: list[str]) -> str:
    if not channel.hear(arguments[0]):
        return "200 result=-1 endpos=0"
    key = _escape_key(channel, arguments[1], 0.0)
    return f"200 result={key} endpos={ENDPOS if key >= 0 else 0}"


def _wait_for_digit(channel: Channel, arguments: list[str]) -> str:
    return f"200 result={_escape_key(channel, '0123456789*#', number_of(arguments[0]) / 1000)}"


def _escape_key(channel: Channel, escapes: str, seconds: float) -> int:
    """The code of the key pressed, 0 for none, -1 when the caller is gone."""
    pressed = channel.press(KeyWait(1, seconds, seconds, is_secret=channel.key_store is None))
    if pressed.end is KeyEnd.HUNG_UP:
        return -1
    key = "#" if pressed.end is KeyEnd.HASH else pressed.digits
    return ord(key) if key and key in escapes else 0


def _hang_up(channel: Channel, _: list[str]) -> str:
    channel.hang_up(by_server=True)
    return "200 result=1"


def _nothing(_: Channel, __: list[str]) -> str:
    return DONE


def _verbose(_: Channel, __: list[str]) -> str:
    return "200 result=1"


# name: verb, arguments at least, may be sent to a dead channel, usage
_COMMANDS: Final[dict[str, tuple[Verb, int, bool, str]]] = {
    "ANSWER": (_answer, 0, False, ""),
    "CHANNEL STATUS": (_channel_status, 0, False, "[<channelname>]"),
    "EXEC": (_exec, 1, True, "<application> <options>"),
    "GET DATA": (_get_data, 1, False, "<file to be streamed> [timeout] [max digits]"),
    "GET FULL VARIABLE": (_get_full_variable, 1, True, "<expression> [<channel name>]"),
    "GET VARIABLE": (_get_variable, 1, True, "<variablename>"),
    "HANGUP": (_hang_up, 0, False, "[<channelname>]"),
    "NOOP": (_nothing, 0, True, "[<text>]"),
    "SAY DIGITS": (_nothing, 2, False, "<number> <escape digits>"),
    "SAY NUMBER": (_nothing, 2, False, "<number> <escape digits> [gender]"),
    "SET VARIABLE": (_set_variable, 2, True, "<variablename> <value>"),
    "STREAM FILE": (_stream_file, 2, False, "<filename> <escape digits> [sample offset]"),
    "VERBOSE": (_verbose, 1, True, "<message> [<level>]"),
    "WAIT FOR DIGIT": (_wait_for_digit, 1, False, "<timeout>"),
}
