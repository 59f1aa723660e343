"""Streams of server-sent events: a part of a page, told anew whenever what it shows has changed."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from threading import BoundedSemaphore, Event
from typing import Any

from flask import Flask, current_app
from sqlalchemy.exc import OperationalError

from admin_web.access import forget_signed, signed
from web_base.database import fresh_session

LOOK_SECONDS = 0.4
STREAM_SECONDS_MAX = 300  # the browser opens it again: a page that was left open holds no thread for ever
KEPT_OPEN_SECONDS = 15  # without news, between two comments that keep the line open
AGAIN_MS = 1_000  # after an end the browser asks again so soon
SIGNED_OUT = ("", "")
FREE, ENDING = "callingcard.streams", "callingcard.streams_ending"


def set_up_streams(app: Flask, *, threads: int) -> None:
    """Half of the threads at most: pages need the others."""
    app.extensions[FREE] = BoundedSemaphore(max(1, threads // 2))
    app.extensions[ENDING] = Event()


def end_streams(app: Flask) -> None:
    """Before the server stops: no stream holds its thread until the server's patience ends."""
    app.extensions[ENDING].set()


def free_streams() -> BoundedSemaphore:
    streams: BoundedSemaphore = current_app.extensions[FREE]
    return streams


def news(
    look: Callable[[], Mapping[str, Any]], draw: Callable[[Mapping[str, Any]], str], streams: BoundedSemaphore
) -> Iterator[str]:
    """What `look` finds, drawn whenever it differs. While the database is away the page keeps what it shows."""
    ending: Event = current_app.extensions[ENDING]
    last, told_at, began_at = "", time.monotonic(), time.monotonic()
    try:
        yield f"retry: {AGAIN_MS}\n\n"
        while time.monotonic() - began_at < STREAM_SECONDS_MAX and not ending.is_set():
            forget_signed()
            found = _drawn(look, draw, last)
            if found == SIGNED_OUT:
                return
            if found is not None:
                last, shown = found
                told_at = time.monotonic()
                yield "".join(f"data: {line}\n" for line in shown.splitlines()) + "\n"
            elif time.monotonic() - told_at > KEPT_OPEN_SECONDS:
                told_at = time.monotonic()
                yield ": still here\n\n"
            ending.wait(LOOK_SECONDS)
    finally:
        streams.release()


def _drawn(
    look: Callable[[], Mapping[str, Any]], draw: Callable[[Mapping[str, Any]], str], last: str
) -> tuple[str, str] | None:
    """The facts and the part of the page; None where nothing is new."""
    try:
        with fresh_session():
            if signed() is None:  # signed out meanwhile: what comes next is for nobody's eyes
                return SIGNED_OUT
            state = look()
            facts = json.dumps([[asdict(one) for one in value] for value in state.values()], default=str)
            return None if facts == last else (facts, draw(state))
    except OperationalError:
        return None
