"""The servers that bench/agi_protocol.py compares, each run as a process: python -m bench.agi_sides NAME."""

import asyncio
import logging
import os
import resource
import sys

import uvloop
from panoramisk import fast_agi

from fastagi.agi_call import AgiCall
from fastagi.logs import set_up_logs
from fastagi.server import CardServer

PANORAMISK = ("given back", "kept")
PROMPTS = "/var/lib/callingcard/prompts"
VARIABLES = {
    "CARD_CALL": "1b4e28ba-2fa1-11d2-883f-0016d3cca427",
    "CARD_DST": "442012345678",
    "CARD_ROUTES": "demo.cheap",
    "CARD_RING": "40",
    "CARD_LIMIT": "3600000:60000",
    "CARD_NEXT": "dial",
}
PLAYS = ("you-have", "number-1", "for-this-call", "connecting")


async def card_call(call: AgiCall) -> None:
    """Twenty commands, as a call has them: 1 + 1, a PIN of 1, an entry of 7, four prompts, and 6 variables."""
    await call.answer()
    await call.speak_in("en")
    await call.wait_for_keys(10, 5)
    await call.ask(["enter-pin"], 15, secret=True)
    await call.ask(["enter-destination", "press-hash"], 15)
    await call.play(PLAYS)
    await call.set_variables(VARIABLES)


def commands() -> list[str]:
    """The same twenty as text, for the sides that have no verbs."""
    texts = ["ANSWER", 'SET VARIABLE CHANNEL(language) "en"']
    texts += [f'GET DATA "{PROMPTS}/enter-pin" 10000 15']
    texts += ['SET VARIABLE CARD_KEYS ""', 'EXEC StoreDTMF "rx,CARD_KEYS,16"', stream_file("enter-destination")]
    texts += [f'GET DATA "{PROMPTS}/press-hash" 10000 1', 'GET DATA "" 5000 14']
    texts += ["GET VARIABLE CARD_KEYS", 'EXEC StoreDTMF "remove"']
    texts += [stream_file(prompt) for prompt in PLAYS]
    return texts + [f'SET VARIABLE {name} "{value}"' for name, value in VARIABLES.items()]


def stream_file(prompt: str) -> str:
    return f'STREAM FILE "{PROMPTS}/{prompt}" "0123456789*#"'


COMMANDS = commands()


class BareProtocol(asyncio.Protocol):
    """The floor: no bounds, no coroutine, no meaning: find the line end, send the next command."""

    lines = tuple(text.encode() + b"\n" for text in COMMANDS)

    def __init__(self) -> None:
        self.buffer, self.sent, self.headed = b"", 0, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = b"\n" if self.headed else b"\n\n"
        while (place := self.buffer.find(end)) >= 0:
            line, self.buffer = self.buffer[:place], self.buffer[place + len(end) :]
            if self.headed:
                assert line[:11] == b"200 result="
            else:
                dict(part.split(": ", 1) for part in line.decode().split("\n"))
                self.headed, end = True, b"\n"
            if self.sent == len(self.lines):
                self.transport.close()
                return
            self.transport.write(self.lines[self.sent])  # type: ignore[attr-defined]
            self.sent += 1


async def wire_call(call: AgiCall) -> None:
    for command in COMMANDS:
        await call.wire.ask(command)


async def panoramisk_call(request: fast_agi.Request) -> None:
    for command in COMMANDS:
        await request.send_command(command)


async def serve(side: str) -> None:
    loop = asyncio.get_running_loop()
    if side in {"wire", "verbs"}:
        set_up_logs(logging.WARNING)
        server = CardServer(PROMPTS)
        server.add_route("card-call", card_call if side == "verbs" else wire_call)
        port = await server.listen("127.0.0.1", 0)
    elif side in PANORAMISK:
        application = fast_agi.Application(loop=loop)
        application.add_route("card-call", panoramisk_call)
        listener = await asyncio.start_server(application.handler, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
    else:
        listener = await loop.create_server(BareProtocol, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
    print(port, flush=True)
    asked = asyncio.Event()
    while True:
        loop.add_reader(0, asked.set)
        await asked.wait()
        asked.clear()
        if not os.read(0, 1):
            return
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(used.ru_utime + used.ru_stime, flush=True)


if __name__ == "__main__":
    (asyncio.run if sys.argv[1] in PANORAMISK else uvloop.run)(serve(sys.argv[1]))
