"""The console under gunicorn: threads for pages, so that one slow page holds up no other."""

import signal
from types import FrameType
from typing import Any

from gunicorn.app.base import BaseApplication

from admin_web.app import create_app
from admin_web.stream import end_streams
from services.keys.private_memory import leave_no_core
from services.store.settings import Settings

TIMEOUT_SECONDS = 60


class Console(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        settings = self.settings
        self.cfg.set("bind", f"{settings.console_host}:{settings.console_port}")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("workers", settings.console_workers)
        self.cfg.set("threads", settings.database_connections)
        self.cfg.set("timeout", TIMEOUT_SECONDS)
        self.cfg.set("proc_name", "callingcard-web")
        self.cfg.set("graceful_timeout", TIMEOUT_SECONDS)
        self.cfg.set("post_worker_init", end_streams_at_stop)
        self.cfg.set("control_socket_disable", True)  # noqa: FBT003 (gunicorn's own setting)

    def load(self) -> object:
        return create_app(self.settings)


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
    Console(Settings()).run()


if __name__ == "__main__":
    main()
