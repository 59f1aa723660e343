"""A console served by threads, as in production, for as long as a test needs it."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from admin_web.app import create_app
from web_base.database import engines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from services.store.settings import Settings


@contextmanager
def served_console(settings: Settings) -> Iterator[str]:
    """Its address. The port is known before the application is made, which tells browsers of it."""
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    app = create_app(settings.model_copy(update={"console_port": server.server_port}))
    server.app = app
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    for engine in engines(app):
        engine.dispose()
