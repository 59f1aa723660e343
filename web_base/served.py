"""A door under gunicorn: threads for pages, so that one slow page holds up no other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication

TIMEOUT_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Serving:
    """What differs between doors. `at_start` is told each worker when it begins."""

    name: str
    host: str
    port: int
    workers: int
    threads: int
    at_start: Callable[[Any], None] | None = None


class Served(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, serving: Serving, make_app: Callable[[], Flask]) -> None:
        self.serving, self.make_app = serving, make_app
        super().__init__()

    def load_config(self) -> None:
        serving = self.serving
        self.cfg.set("bind", f"{serving.host}:{serving.port}")
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("workers", serving.workers)
        self.cfg.set("threads", serving.threads)
        self.cfg.set("timeout", TIMEOUT_SECONDS)
        self.cfg.set("proc_name", serving.name)
        self.cfg.set("graceful_timeout", TIMEOUT_SECONDS)
        if serving.at_start is not None:
            self.cfg.set("post_worker_init", serving.at_start)
        self.cfg.set("control_socket_disable", True)  # noqa: FBT003 (gunicorn's own setting)

    def load(self) -> Flask:
        return self.make_app()
