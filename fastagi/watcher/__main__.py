"""The watcher: python -m fastagi.watcher, or callingcard watch."""

import asyncio
import signal
import sys

import structlog
import uvloop

from fastagi.database import Database
from fastagi.logs import set_up_logs
from fastagi.observe import ObservePortTaken
from fastagi.watcher.observed import observer
from fastagi.watcher.reconcile import CallLogs
from fastagi.watcher.watch import Watcher, make_links
from fastagi.watcher.watch_desk import WatchDesk
from models.database import session_factory
from services.keys.private_memory import leave_no_core
from services.store.engines import read_engine, write_engine
from services.store.schema import is_current
from services.store.settings import Settings
from telephony.cel_reader import CelReader
from telephony.watched import WatchedRefused, watched_asterisks

SECONDS_MAX = 15.0  # nobody waits on the line: a database that is slow gets its time
log = structlog.get_logger()


class NotReady(Exception):
    """The watcher cannot start; the sentence says what to do."""


def main() -> int:
    """Watch until SIGTERM or Ctrl-C; the exit status is 1 when it could not start."""
    set_up_logs()
    leave_no_core()
    try:
        uvloop.run(watch(Settings()))
    except (NotReady, WatchedRefused, ObservePortTaken) as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


async def watch(settings: Settings) -> None:
    """Connect to each Asterisk, and to each again whenever it went away."""
    asterisks = watched_asterisks(settings.asterisks_file, settings.platform_dir)
    engine = write_engine(settings)
    if not is_current(engine):
        raise NotReady("The database is not at this release's schema: run callingcard init")
    desk = WatchDesk(Database(session_factory(engine), threads=1, seconds_max=SECONDS_MAX), settings.zone)
    changed = asyncio.Event()
    links = make_links(asterisks, changed)
    logs = CallLogs([CelReader(asterisk.cel_file) for asterisk in asterisks if asterisk.cel_file])
    watcher = Watcher(desk, links, logs, settings.spool_folder, settings.watch_heartbeat_seconds, changed)
    observed = observer(read_engine(settings), links, settings.spool_folder, watcher.counters)
    if settings.watch_observe_port:
        observed.listen("127.0.0.1", settings.watch_observe_port)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    log.info("watcher started", asterisks=" ".join(asterisk.name for asterisk in asterisks))
    loops = asyncio.create_task(watcher.run())
    await stopped.wait()
    loops.cancel()
    for link in links:
        link.close()
    logs.close()
    observed.close()
    await desk.database.drain()
    engine.dispose()
    log.info("watcher stopped")


if __name__ == "__main__":
    sys.exit(main())
