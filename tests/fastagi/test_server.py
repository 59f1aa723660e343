"""The server serves good calls and bounds everything else (asterisk.md 4 and 5.1, reliability.md 16; F5, F31)."""

import asyncio
import ipaddress
import logging
import socket
import struct
from collections.abc import Iterator

import pytest
import structlog
import uvloop
from structlog.testing import capture_logs

from fastagi import server as server_module
from fastagi.agi_call import AgiCall
from fastagi.call import CallerHungUp
from fastagi.server import CardServer, PortUnavailable, ServerLimits
from tests.fastagi.fake_asterisk import PROMPTS, Channel, answers, call_in, head, serving


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    structlog.reset_defaults()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    yield
    structlog.reset_defaults()


async def is_refused(port: int, opening: bytes) -> bool:
    """Send the opening; tell whether the server closed without a command."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(opening)
    try:
        return await asyncio.wait_for(reader.read(), 5) == b""
    except ConnectionResetError:
        return True
    finally:
        writer.close()


async def sessions_begin(server: CardServer, count: int) -> None:
    for _ in range(200):
        if server.sessions == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{server.sessions} sessions")


def test_a_call_is_served_and_its_end_is_one_log_line() -> None:
    async def run() -> Channel:
        async with serving(answers) as (server, port):
            channel = await call_in(port, Channel())
            assert server.counters["done"] == 1
        return channel

    with capture_logs() as logs:
        channel = uvloop.run(run())
    assert channel.variables == {"CARD_NEXT": "end"}
    assert [line["end"] for line in logs if line["event"] == "session ended"] == ["done"]


def test_a_route_is_found_by_the_part_before_the_query() -> None:
    """asterisk.md 5.1: panoramisk has no route for `probe?x=1`."""

    async def run() -> None:
        async with serving(answers) as (_, port):
            channel = await call_in(port, Channel(), head("card-call?x=1"))
            assert channel.variables == {"CARD_NEXT": "end"}

    uvloop.run(run())


def test_an_unknown_script_is_closed_politely() -> None:
    async def run() -> None:
        async with serving(answers) as (server, port):
            assert await is_refused(port, head("nosuch"))
            assert await is_refused(port, b"\n\n")
            assert server.counters["junk"] == 2

    uvloop.run(run())


def test_a_plain_function_is_no_handler() -> None:
    """asterisk.md 5.1: panoramisk wraps it by asyncio.coroutine, which is gone."""

    async def run() -> None:
        server = CardServer(PROMPTS)
        with pytest.raises(TypeError, match="async"):
            server.add_route("card-call", lambda _: None)  # type: ignore[arg-type, return-value]

    uvloop.run(run())


def test_a_handler_that_raises_ends_its_own_session_only() -> None:
    async def broken(call: AgiCall) -> None:
        await call.answer()
        structlog.contextvars.bind_contextvars(call_id="the-call")
        raise LookupError("no such card")

    async def run() -> None:
        async with serving(broken, settle=answers) as (_, port):
            channel = await call_in(port, Channel())
            assert "CARD_NEXT" not in channel.variables, "so the dialplan plays service-unavailable"
            assert (await call_in(port, Channel(), head("settle"))).variables == {"CARD_NEXT": "end"}

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        uvloop.run(run())
    failures = [line for line in logs if line["event"] == "session failed"]
    assert [line["call_id"] for line in failures] == ["the-call"]


def test_a_missing_prompt_is_an_error_of_ours_with_its_id() -> None:
    async def asks(call: AgiCall) -> None:
        await call.ask(["enter-pin"], 4)

    async def run() -> None:
        async with serving(asks) as (_, port):
            await call_in(port, Channel(missing=frozenset({"enter-pin"})))

    with capture_logs() as logs:
        uvloop.run(run())
    assert [(line["log_level"], line["prompts"]) for line in logs if line["event"] == "prompt missing"] == [
        ("error", "enter-pin")
    ]


def test_a_caller_who_hangs_up_or_a_lost_connection_is_no_error() -> None:
    async def asks(call: AgiCall) -> None:
        while True:
            await call.ask(["enter-pin"], 4)

    async def run() -> None:
        async with serving(asks) as (server, port):
            await call_in(port, Channel(keys=["1", "hangs up"]))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head())
            await reader.readline()
            line = writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # it breaks, nobody ends it
            writer.transport.abort()
            _, other = await asyncio.open_connection("127.0.0.1", port)
            other.write(head())
            other.close()  # Asterisk, whose caller has gone
            async with asyncio.timeout(20):
                while sum(server.counters[end] for end in ("caller hung up", "lost")) < 3:  # noqa: ASYNC110 (it counts)
                    await asyncio.sleep(0.01)
            assert server.counters["caller hung up"] == 2
            assert server.counters["lost"] == 1

    with capture_logs() as logs:
        uvloop.run(run())
    assert not [line for line in logs if line["log_level"] == "error"]


def test_a_silent_asterisk_ends_at_the_time_of_its_route() -> None:
    async def run() -> None:
        async with serving(answers, ServerLimits(session_seconds_max=0.1, drain_seconds_max=0.2)) as (server, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head())
            assert await reader.readline() == b"ANSWER\n"
            assert await asyncio.wait_for(reader.read(), 2) == b""
            await asyncio.sleep(0.05)
            assert server.sessions == 0
            writer.close()

    uvloop.run(run())


def test_a_handler_that_outlives_its_connection_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "ABANDON_SECONDS", 0.05)
    ended = asyncio.Event()

    async def waits(call: AgiCall) -> None:
        await call.answer()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def run() -> None:
        async with serving(waits) as (server, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(head())
            await reader.readline()
            writer.write(b"200 result=0\n")
            await asyncio.sleep(0.02)
            writer.transport.abort()
            await asyncio.wait_for(ended.wait(), 2)
            await asyncio.sleep(0)
            assert server.counters["abandoned"] == 1

    uvloop.run(run())


def test_beyond_the_cap_a_call_is_refused_but_a_settlement_is_served() -> None:
    """F31."""
    go_on = asyncio.Event()

    async def waits(call: AgiCall) -> None:
        await call.answer()
        await go_on.wait()

    async def run() -> None:
        async with serving(waits, ServerLimits(connections_max=3, drain_seconds_max=1), settle=answers) as (
            server,
            port,
        ):
            running = [asyncio.ensure_future(call_in(port, Channel())) for _ in range(3)]
            await sessions_begin(server, 3)
            assert await is_refused(port, head())
            assert (await call_in(port, Channel(), head("settle"))).variables == {"CARD_NEXT": "end"}
            go_on.set()
            await asyncio.gather(*running)

    uvloop.run(run())


def test_only_permitted_peers_are_served() -> None:
    async def run() -> None:
        elsewhere = ServerLimits(peers=[ipaddress.ip_network("192.0.2.0/24")])
        async with serving(answers, elsewhere) as (server, port):
            assert await is_refused(port, head())
            assert server.counters["sessions"] == 0
        async with serving(answers, ServerLimits(peers=[ipaddress.ip_network("127.0.0.0/8")])) as (_, port):
            assert (await call_in(port, Channel())).variables == {"CARD_NEXT": "end"}

    uvloop.run(run())


def test_a_port_in_use_is_told_with_what_to_do() -> None:
    async def run() -> None:
        async with serving(answers) as (_, port):
            with pytest.raises(PortUnavailable, match="CALLINGCARD_FASTAGI_PORT"):
                await CardServer(PROMPTS).listen("127.0.0.1", port)

    uvloop.run(run())


def test_on_shutdown_callers_may_finish_slow_ones_are_cut_and_settlements_always_end() -> None:
    """F5."""

    async def quick(call: AgiCall) -> None:
        await asyncio.sleep(0.1)
        await answers(call)

    async def slow(call: AgiCall) -> None:
        await call.answer()
        await asyncio.sleep(0.5)
        await call.set_variables({"CARD_NEXT": "end"})

    async def settle(call: AgiCall) -> None:
        await asyncio.sleep(0.6)
        await call.set_variables({"CARD_SETTLED": "x"})

    async def run() -> None:
        server = CardServer(PROMPTS, ServerLimits(drain_seconds_max=0.3))
        server.add_route("quick", quick)
        server.add_route("slow", slow)
        server.add_route("settle", settle, always_ends=True)
        port = await server.listen("127.0.0.1", 0)
        scripts = ("quick", "slow", "settle")
        calls = [asyncio.ensure_future(call_in(port, Channel(), head(script))) for script in scripts]
        await sessions_begin(server, 3)
        await server.drain()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(ended[0], Channel)
        assert ended[0].variables == {"CARD_NEXT": "end"}
        assert not isinstance(ended[1], Channel) or ended[1].variables == {}
        assert isinstance(ended[2], Channel)
        assert ended[2].variables == {"CARD_SETTLED": "x"}

    uvloop.run(run())


def test_a_caller_hanging_up_is_seen_by_the_handler_once() -> None:
    seen: list[str] = []

    async def settles_anyway(call: AgiCall) -> None:
        try:
            await call.ask(["enter-pin"], 4)
        except CallerHungUp:
            seen.append("hung up")
            await call.set_variables({"CARD_SETTLED": "x"})
            raise

    async def run() -> None:
        async with serving(settles_anyway) as (_, port):
            channel = await call_in(port, Channel(keys=["hangs up"]))
            assert channel.variables["CARD_SETTLED"] == "x"

    uvloop.run(run())
    assert seen == ["hung up"]
