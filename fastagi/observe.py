"""Metrics, health and readiness over HTTP for the machines that look after this one: a thread of its own, reading only.

/metrics in Prometheus' words, /health while the process lives, /ready when it can do its work (503 and why otherwise).
"""

from __future__ import annotations

import shutil
import threading
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from services.live.open_holds import database_now
from services.live.platform_figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path
    from wsgiref.types import StartResponse, WSGIEnvironment

    from prometheus_client.core import Metric
    from sqlalchemy import Engine

PREFIX: Final = "callingcard_"
REQUEST_SECONDS_MAX: Final = 5
_TEXT: Final = "text/plain; charset=utf-8"

log = structlog.get_logger()


class ObservePortTaken(Exception):
    """The sentence says what to do."""


class Observer:
    """`figures` and `counters` are asked at each scrape, in the scrape's thread; `problems` is empty when ready.
    What a process counts while it works stands in registries of its own, `counted`.
    """

    def __init__(
        self,
        figures: Callable[[], Iterable[Figure]],
        counters: Callable[[], Mapping[str, int]],
        problems: Callable[[], list[str]],
        closing: Callable[[], None],
        *counted: CollectorRegistry,
    ) -> None:
        self._problems, self._closing, self._counted = problems, closing, counted
        self._collected = CollectorRegistry(auto_describe=False)
        self._collected.register(_Figures(figures, counters))
        self._server: WSGIServer | None = None

    def listen(self, host: str, port: int) -> int:
        """Serve in the background; return the port."""
        try:
            self._server = make_server(host, port, self._answer, server_class=_Server, handler_class=_Handler)
        except OSError as taken:
            raise ObservePortTaken(
                f"Metrics cannot be served on {host}:{port} ({taken.strerror or taken}). "
                "Does another program use the port? Set another one, or 0 for none."
            ) from taken
        threading.Thread(target=self._server.serve_forever, name="observe", daemon=True).start()
        log.info("observed", host=host, port=self._server.server_port)
        return self._server.server_port

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._closing()

    def _answer(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        """An entry point: a figure that cannot be had makes one answer fail and nothing else."""
        try:
            status, kind, body = self._page(str(environ.get("PATH_INFO", "")))
        except Exception:
            log.exception("figures cannot be had")
            status, kind, body = "503 Service Unavailable", _TEXT, b"figures cannot be had: see the log\n"
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def _page(self, path: str) -> tuple[str, str, bytes]:
        if path == "/metrics":
            pages = [generate_latest(registry) for registry in (self._collected, *self._counted)]
            return "200 OK", CONTENT_TYPE_LATEST, b"".join(pages)
        if path == "/health":
            return "200 OK", _TEXT, b"alive\n"
        if path == "/ready":
            problems = self._problems()
            status = "503 Service Unavailable" if problems else "200 OK"
            return status, _TEXT, "\n".join([*(problems or ["ready"]), ""]).encode()
        return "404 Not Found", _TEXT, b"/metrics, /health and /ready are here\n"


def database_problems(engine: Engine) -> Iterator[str]:
    """A sentence when the database does not answer."""
    try:
        with Session(engine) as session:
            database_now(session)
    except (DBAPIError, PoolTimeout) as lost:
        yield f"database: {type(getattr(lost, 'orig', None) or lost).__name__}"


def spool_figures(spool: Path) -> Iterator[Figure]:
    told = "Settlements that found no server"
    yield Figure("spool_waiting", told, len(list(spool.glob("*.txt"))))
    if spool.is_dir():
        yield Figure("spool_free_bytes", "Room on the disk of the spool", shutil.disk_usage(spool).free)
    yield Figure("spool_refused", f"{told} and were put aside", len(list(spool.glob("refused/*.txt"))))


class _Figures(Collector):
    def __init__(self, figures: Callable[[], Iterable[Figure]], counters: Callable[[], Mapping[str, int]]) -> None:
        self._figures, self._counters = figures, counters

    def collect(self) -> Iterable[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for figure in self._figures():
            names = sorted(figure.labels)
            family = families.get(figure.name)
            if family is None:
                family = families[figure.name] = GaugeMetricFamily(PREFIX + figure.name, figure.meaning, labels=names)
            family.add_metric([figure.labels[name] for name in names], figure.value)
        ends = CounterMetricFamily(PREFIX + "events", "What this process counted since it started", labels=["event"])
        for event, count in self._counters().items():
            ends.add_metric([event], count)
        return [*families.values(), ends]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_SECONDS_MAX

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 (as the original)
        """A line for each scrape would drown the others."""
