"""Asterisk's side of FastAGI, without Asterisk: one call from the first session to the hangup handler."""

from __future__ import annotations

import itertools
import os
import re
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from simulator.agi_head import MARK, agi_head
from simulator.channel import Channel
from simulator.commands import answer_command
from simulator.dialplan import CardDialplan, Steps
from simulator.requests import AgiRequest, AgiStatus

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.call_log import CallEnd, CallLog
    from simulator.clock import Clock
    from simulator.handset import Handset
    from simulator.wire_tap import WireTap

ACCESS_NUMBER_REGEX: Final = r"\+?[0-9]{3,15}"  # context from-did; a leading + is dropped
CONNECT_SECONDS_MAX: Final = 5.0
COMMAND_SECONDS_MAX: Final = 60.0  # Asterisk would wait for ever on a server that is silent
COMMAND_BYTES_MAX: Final = 8_192
_ACCESS_NUMBER: Final = re.compile(ACCESS_NUMBER_REGEX)
_CALL_NUMBERS: Final = itertools.count(1)


class NoSuchAccessNumber(ValueError):
    """The dialplan has no extension for it: a real Asterisk answers 404."""


class NoSuchCaller(ValueError):
    """No telephone network would send such a caller id."""


@dataclass(frozen=True, slots=True)
class CallFrom:
    """Who calls what. `caller_id` '' = withheld; `language` is the channel's until the server sets one."""

    access_number: str
    caller_id: str = ""
    language: str = "en"
    prompts_folder: Path | None = None  # when given, a prompt without a file is missing
    spool_folder: Path | None = None  # when given, settlements that find no server are written there

    def __post_init__(self) -> None:
        if not self.caller_id.isprintable() or not self.language.isalnum():  # a line break would be a line of the head
            raise NoSuchCaller("The caller's number holds a control character, or the language is no code such as en.")
        if not _ACCESS_NUMBER.fullmatch(self.access_number):
            raise NoSuchAccessNumber(f"{self.access_number[:40]!r} is no access number: 3 to 15 digits are.")

    @property
    def digits(self) -> str:
        return self.access_number.removeprefix("+")


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call that is over. `server_was_away`: not one session could be opened."""

    end: CallEnd
    log: CallLog
    server_was_away: bool


def place_call(
    address: tuple[str, int],
    call: CallFrom,
    handset: Handset,
    *,
    log: CallLog | None = None,
    clock: Clock | None = None,
    command_seconds_max: float = COMMAND_SECONDS_MAX,
    tap: WireTap | None = None,
) -> PlacedCall:
    """Make one call against the call server at `address` and return when it is over; blocks."""
    channel = open_channel(call, handset, log, clock)
    steps = card_steps(channel, call)
    statuses: list[AgiStatus] = []
    request = next(steps)
    while True:
        status = run_session(address, channel, request, command_seconds_max, tap)
        statuses.append(status)
        try:
            request = steps.send(status)
        except StopIteration as over:
            return PlacedCall(over.value, channel.log, set(statuses) == {AgiStatus.FAILURE})


def open_channel(call: CallFrom, handset: Handset, log: CallLog | None = None, clock: Clock | None = None) -> Channel:
    """A new channel, with a name and a unique id like Asterisk's."""
    number = next(_CALL_NUMBERS)
    return Channel(
        handset,
        name=f"{MARK}/caller-{number:08x}",
        unique_id=f"{MARK}-{int(time.time())}.{os.getpid()}{number:06d}",
        caller_id=call.caller_id,
        language=call.language,
        prompts_folder=call.prompts_folder,
        log=log,
        clock=clock,
    )


def card_steps(channel: Channel, call: CallFrom) -> Steps:
    return CardDialplan(channel, call.digits, call.spool_folder).run()


def run_session(
    address: tuple[str, int],
    channel: Channel,
    request: AgiRequest,
    command_seconds_max: float,
    tap: WireTap | None = None,
) -> AgiStatus:
    """Open one AGI session and answer its commands until the server closes it, or the caller has gone."""
    was_dead = channel.is_dead
    try:
        connection = socket.create_connection(address, timeout=CONNECT_SECONDS_MAX)
    except OSError:
        return AgiStatus.FAILURE
    with connection, connection.makefile("rb") as commands:
        connection.settimeout(command_seconds_max)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection.sendall(agi_head(channel, request.script, request.arguments, address))
            while line := commands.readline(COMMAND_BYTES_MAX):
                command = line.decode("utf-8", "replace").rstrip("\r\n")
                was_stored = channel.key_store is not None
                reply = answer_command(channel, command)
                if tap is not None:
                    tap.passed(command, reply, was_stored=was_stored)
                connection.sendall(f"{reply}\n".encode())
                if channel.is_dead and not was_dead and channel.variables.get("AGIEXITONHANGUP") == "yes":
                    break
        except OSError:  # the server died, or said nothing for too long: to the dialplan the session is over
            return session_status(channel)
    return session_status(channel)


def session_status(channel: Channel) -> AgiStatus:
    return AgiStatus.HANGUP if channel.is_dead else AgiStatus.SUCCESS
