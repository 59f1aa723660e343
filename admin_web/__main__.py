"""The console under gunicorn: threads for pages, so that one slow page holds up no other."""

import signal
from types import FrameType
from typing import Any

from admin_web.app import create_app
from admin_web.stream import end_streams
from services.keys.private_memory import leave_no_core
from services.store.settings import Settings
from web_base.served import Served, Serving


def end_streams_at_stop(worker: Any) -> None:  # noqa: ANN401 (gunicorn has no types)
    """A stopping worker waits for the pages that it serves; a stream would keep it until its patience ends."""
    stop = signal.getsignal(signal.SIGTERM)

    def stopping(number: int, frame: FrameType | None) -> None:
        end_streams(worker.wsgi)
        if callable(stop):
            stop(number, frame)

    signal.signal(signal.SIGTERM, stopping)


def main() -> None:
    leave_no_core()
    settings = Settings()
    host, port = settings.console_host, settings.console_port
    threads = settings.database_connections
    serving = Serving("callingcard-web", host, port, settings.console_workers, threads, end_streams_at_stop)
    Served(serving, lambda: create_app(settings)).run()


if __name__ == "__main__":
    main()
