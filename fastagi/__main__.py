"""The FastAGI server: python -m fastagi, or callingcard fastagi."""

import asyncio
import ipaddress
import signal
import sys

import structlog
import uvloop

from fastagi.agi_call import AgiCall
from fastagi.database import Database, DatabaseUnavailable
from fastagi.deck_watch import DeckWatch
from fastagi.flow.account_call import account_call
from fastagi.flow.card_call import card_call
from fastagi.flow.desk import CardDesk
from fastagi.flow.next_route import next_route
from fastagi.flow.settle import settle
from fastagi.heap import leave_start_alone
from fastagi.logs import set_up_logs
from fastagi.metrics import CallMetrics
from fastagi.observe import ObservePortTaken
from fastagi.observed import observer
from fastagi.server import ROUTE_SECONDS_MAX, SETTLE_SECONDS_MAX, CardServer, PortUnavailable, ServerLimits
from fastagi.spool import replay_for_ever
from fastagi.trace import TraceFile
from models.database import session_factory
from services.keys.key_file import KeyFile
from services.keys.pin_keys import KeysMissing
from services.keys.private_memory import leave_no_core
from services.routing.deck import DeckSource
from services.store.engines import read_engine, write_engine
from services.store.schema import is_current
from services.store.settings import Settings
from telephony.handover import AgiScript

log = structlog.get_logger()


class NotReady(Exception):
    """The server cannot start; the sentence says what to do."""


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; the exit status is 1 when it could not start."""
    set_up_logs()
    leave_no_core()
    try:
        uvloop.run(serve(Settings()))
    except (KeysMissing, PortUnavailable, ObservePortTaken, NotReady) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


async def serve(settings: Settings) -> None:
    """Answer calls until told to stop; then let conversations finish, settlements and the database's work in any
    case.
    """
    keys = KeyFile(settings.keys_file)
    engine = write_engine(settings, connections=settings.database_connections)
    if not is_current(engine):
        raise NotReady("The database is not at this release's schema: run callingcard init")
    # SQLite has one writer: threads that wait for it sleep and starve each other, a queue before one thread is fair.
    threads = 1 if engine.dialect.name == "sqlite" else settings.database_connections
    metrics = CallMetrics()
    database = Database(session_factory(engine), threads=threads, note=metrics.note)
    rates = DeckSource()
    desk = CardDesk(database, keys, settings.zone, guard=settings.guard_rules, rate_source=rates)
    watch = DeckWatch(read_engine(settings), rates, desk.now)
    trace_file = TraceFile(settings.trace_file) if settings.trace_file else None
    server = CardServer(str(settings.prompts_dir), _limits(settings), trace_file)
    add_routes(server, desk)
    observed = observer(settings, server, database, metrics)
    if settings.fastagi_observe_port:
        observed.listen("127.0.0.1", settings.fastagi_observe_port)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    leave_start_alone()
    await server.listen(settings.fastagi_host, settings.fastagi_port)
    replay = asyncio.create_task(replay_for_ever(settings.spool_folder, desk))
    follow = asyncio.create_task(watch.follow()) if settings.rate_deck else None
    await stopped.wait()
    watch.stop()
    await server.drain()
    replay.cancel()
    if follow is not None:
        follow.cancel()
    await database.drain()
    observed.close()
    engine.dispose()


def add_routes(server: CardServer, desk: CardDesk) -> None:
    """The scripts of the dialplan. Without a database the caller is told by the dialplan, since CARD_NEXT stays unset;
    a call that is under way goes on.
    """

    async def serve_card_call(call: AgiCall) -> None:
        try:
            end = await card_call(call, desk)
        except DatabaseUnavailable as lost:
            log.error("service unavailable", why=str(lost), channel=call.channel)  # noqa: TRY400 (told in one line)
        else:
            server.counters[f"conversation {end.value}"] += 1
            log.info("conversation ended", end=end.value)

    async def serve_settle(call: AgiCall) -> None:
        try:
            await settle(call, desk)
        except DatabaseUnavailable as lost:
            log.error("settlement left to the spool", why=str(lost), channel=call.channel)  # noqa: TRY400 (the same)

    async def serve_route(call: AgiCall) -> None:
        try:
            await next_route(call, desk)
        except DatabaseUnavailable as lost:
            log.error("a carrier's line was not claimed", why=str(lost), channel=call.channel)  # noqa: TRY400 (the same)

    async def serve_account_call(call: AgiCall) -> None:
        try:
            await account_call(call, desk)
        except DatabaseUnavailable as lost:
            log.error("account call not served", why=str(lost), channel=call.channel)  # noqa: TRY400 (the same)

    server.add_route(AgiScript.CARD_CALL, serve_card_call)
    server.add_route(AgiScript.ACCOUNT_CALL, serve_account_call, seconds_max=SETTLE_SECONDS_MAX)
    server.add_route(AgiScript.ROUTE, serve_route, seconds_max=ROUTE_SECONDS_MAX)
    server.add_route(AgiScript.SETTLE, serve_settle, seconds_max=SETTLE_SECONDS_MAX, always_ends=True)


def _limits(settings: Settings) -> ServerLimits:
    return ServerLimits(
        connections_max=settings.fastagi_connections_max,
        session_seconds_max=settings.fastagi_session_seconds_max,
        peers=[ipaddress.ip_network(peer) for peer in settings.peers],
    )


if __name__ == "__main__":
    sys.exit(main())
