"""The dialplan applications that a call server may EXEC: Read, StoreDTMF, and the few others that a call needs."""

from collections.abc import Callable
from typing import Final

from simulator.agi_words import number_of
from simulator.channel import Channel
from simulator.handset import KeyEnd, KeyWait

DIGITS_MAX_OF_READ: Final = 255
NO_SUCH_APPLICATION: Final = -2
_STATUS_OF_END: Final = {
    KeyEnd.HASH: "OK",
    KeyEnd.FULL: "OK",
    KeyEnd.TIMEOUT: "TIMEOUT",
    KeyEnd.HUNG_UP: "HANGUP",
}


def run_application(channel: Channel, name: str, arguments: str) -> int:
    """What EXEC answers. Dial is not among them: no call is dialled inside a session."""
    application = _APPLICATIONS.get(name.lower())
    return NO_SUCH_APPLICATION if application is None else application(channel, channel.expanded(arguments))


def _read(channel: Channel, arguments: str) -> int:
    """Read(variable,file&file,digits,options,attempts,timeout); always 0, READSTATUS tells what happened."""
    variable, files, digits, _, _, timeout = [*arguments.split(","), "", "", "", "", "", ""][:6]
    names = files.split("&") if files else []
    keys, status = "", "ERROR"
    if channel.is_dead:
        status = "HANGUP"
    elif channel.hear_all([name for name in names if name]):
        pressed = channel.press(_read_wait(channel, digits, timeout, keeps_pause=files.endswith("&")))
        keys, status = pressed.digits, _STATUS_OF_END[pressed.end]
    channel.variables[variable] = keys
    channel.variables["READSTATUS"] = status
    return 0


def _read_wait(channel: Channel, digits: str, timeout: str, *, keeps_pause: bool) -> KeyWait:
    """A time-out argument holds for every key, unless an empty prompt ends the list: then later keys have their own."""
    seconds = number_of(timeout)
    digits_max = min(int(number_of(digits)) or DIGITS_MAX_OF_READ, DIGITS_MAX_OF_READ)
    first_seconds = seconds or channel.first_key_seconds
    next_seconds = channel.next_key_seconds if keeps_pause or not seconds else seconds
    return KeyWait(digits_max, first_seconds, next_seconds, is_secret=False)


def _playback(channel: Channel, arguments: str) -> int:
    if channel.is_dead:
        return -1
    files = arguments.partition(",")[0]
    heard = {channel.hear(path) for path in files.split("&") if path}
    channel.variables["PLAYBACKSTATUS"] = "FAILED" if False in heard else "SUCCESS"
    return 0


def _store_dtmf(channel: Channel, arguments: str) -> int:
    """StoreDTMF(rx,variable,keys): every key from now on is added to the variable, until StoreDTMF(remove)."""
    direction, variable, keys_max = [*arguments.split(","), "", ""][:3]
    if channel.is_dead:
        return -1
    channel.key_store = None if direction == "remove" else (variable, int(number_of(keys_max)) or DIGITS_MAX_OF_READ)
    return 0


def _wait(channel: Channel, arguments: str) -> int:
    channel.clock.skip(int(number_of(arguments) * 1000))
    return -1 if channel.is_dead else 0


def _set(channel: Channel, arguments: str) -> int:
    name, _, value = arguments.partition("=")
    channel.set(name, value[:1023])  # EXEC Set: 2,000 characters come back as 1,023
    return 0


def _answer(channel: Channel, _: str) -> int:
    channel.answer()
    return -1 if channel.is_dead else 0


def _hang_up(channel: Channel, _: str) -> int:
    channel.hang_up(by_server=True)
    return -1


def _nothing(_: Channel, __: str) -> int:
    return 0


_APPLICATIONS: Final[dict[str, Callable[[Channel, str], int]]] = {
    "answer": _answer,
    "hangup": _hang_up,
    "log": _nothing,
    "noop": _nothing,
    "playback": _playback,
    "read": _read,
    "set": _set,
    "storedtmf": _store_dtmf,
    "verbose": _nothing,
    "wait": _wait,
}
