"""The link to one Asterisk: panoramisk's Manager, which connects again by itself, and lists of channels with an end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog
from panoramisk import Manager

from fastagi.watcher.ami_protocol import AmiProtocol
from fastagi.watcher.ask_asterisk import ask_answers, ask_clock_ms
from fastagi.watcher.live_book import LiveBook

if TYPE_CHECKING:
    from collections.abc import Callable

    from services.live.sighting import Sighting
    from telephony.watched import WatchedAsterisk

LIST_SECONDS_MAX: Final = 10.0  # a list that takes longer is no list: the link is made anew
LOGIN_SECONDS_MAX: Final = 10.0  # so does who takes our connection and says nothing
RECONNECT_SECONDS: Final = 2

log = structlog.get_logger()


class LinkLost(Exception):
    """Asterisk cannot be asked; the message says why."""


class AmiLink:
    """`book` holds what this Asterisk told; `on_change` is called when the link came up or was lost."""

    def __init__(self, asterisk: WatchedAsterisk, on_change: Callable[[], None]) -> None:
        self.asterisk = asterisk
        self.book = LiveBook(asterisk.name)
        self.why = "not connected yet"  # empty while Asterisk is up and fully booted
        self._on_change = on_change
        self._up_seconds: int | None = None
        self._is_named = False  # it was asked for its own name since it came up
        self._is_closed = False
        self._manager: Any = self._new_manager()  # panoramisk has no types

    @property
    def is_up(self) -> bool:
        return not self.why

    def connect(self) -> None:
        self._manager.connect()

    def close(self) -> None:
        self._is_closed = True
        self._manager.close()

    async def list_channels(self) -> Sighting:
        """Ask for every channel; raises LinkLost when no whole list comes in time."""
        if self.why:
            raise LinkLost(self.why)
        try:
            async with asyncio.timeout(LIST_SECONDS_MAX):
                await self._check_name()
                self.book.set_clock(await ask_clock_ms(self._manager))
                answer = await self._manager.send_action({"Action": "CoreShowChannels"})
                rows = answer if isinstance(answer, list) else [answer]
                # An answer that no event told of, as to a watcher that starts while people talk.
                answers = await ask_answers(self._manager, self.book.callers_of_unstamped(rows))
        except TimeoutError:
            self._drop("no list of channels in time")
            raise LinkLost(self.why) from None
        if self.why:  # lost while we waited
            raise LinkLost(self.why)
        if not rows or rows[-1].get("Event") != "CoreShowChannelsComplete":
            self._drop("a list of channels was refused or cut")
            raise LinkLost(self.why)
        up_seconds, self._up_seconds = self._up_seconds, None
        return self.book.listed(rows, up_seconds, answers)

    async def _check_name(self) -> None:
        """Calls carry the name that Asterisk gives itself: by another one they would be taken for another's."""
        if self._is_named:
            return
        answer = await self._manager.send_action({"Action": "CoreSettings"})
        told = answer[-1] if isinstance(answer, list) else answer  # panoramisk makes a list of what comes in parts
        named, name = str(told.get("SystemName", "")), self.asterisk.name
        if named and named != name:
            self._say(
                f"its systemname is {named}: name its table [{named}], or set systemname = {name} in asterisk.conf"
            )
            raise LinkLost(self.why)
        self._is_named = True

    def _new_manager(self) -> Any:  # noqa: ANN401 (panoramisk has no types)
        make: Any = _Manager
        manager = make(
            loop=asyncio.get_running_loop(),
            host=self.asterisk.host,
            port=self.asterisk.port,
            username="watcher",
            secret=self.asterisk.watcher_secret,
            reconnect_timeout=RECONNECT_SECONDS,
            forgetable_actions=("ping", "login", "coreshowchannels", "coresettings", "getvar"),
            log=_Quiet(),
            on_disconnect=self._disconnected,
            protocol_factory=AmiProtocol,
        )
        manager.refused = lambda: self._say("the login as watcher was refused")
        manager.silent = lambda: self._drop("no answer to the login")
        manager.register_event("FullyBooted", self._booted)
        manager.register_event("Shutdown", self._shutting_down)
        manager.register_event("DialEnd", lambda _, event: self.book.dial_ended(event))
        manager.register_event("Hangup", lambda _, event: self.book.hung_up(event))
        return manager

    def _booted(self, _manager: Any, event: Any) -> None:  # noqa: ANN401 (panoramisk has no types)
        up = str(event.get("Uptime", ""))
        self._up_seconds = int(up) if up.isdecimal() else None
        self._is_named = False
        self._say("")

    def _shutting_down(self, _manager: Any, _event: Any) -> None:  # noqa: ANN401 (the same)
        self._say("Asterisk is shutting down")

    def _disconnected(self, _manager: Any, _why: Any) -> None:  # noqa: ANN401 (the same)
        self._say("the connection was lost")

    def _drop(self, why: str) -> None:
        """End the connection so that panoramisk notices, and connects again."""
        self._say(why)
        self._manager.protocol.transport.abort()

    def _say(self, why: str) -> None:
        if self._is_closed or why == self.why:
            return
        self.why = why
        if why:
            log.warning("asterisk lost", asterisk=self.asterisk.name, why=why)
        else:
            log.info("asterisk up", asterisk=self.asterisk.name, up_seconds=self._up_seconds)
        self._on_change()


class _Manager(Manager):
    """Tells of a login that was refused or not answered, and connects again when it was dropped at the door."""

    protocol: AmiProtocol  # panoramisk has no types
    refused: Callable[[], None]
    silent: Callable[[], None]

    def connection_made(self, future: Any) -> None:  # noqa: ANN401 (panoramisk has no types)
        """Asterisk drops whom its access list or its limits refuse, perhaps before this is called."""
        super().connection_made(future)  # type: ignore[no-untyped-call]  # panoramisk has no types
        if not self._connected:
            return
        if self.protocol.closed:
            self.connection_lost(None)  # type: ignore[no-untyped-call]
        else:
            self.loop.call_later(LOGIN_SECONDS_MAX, self._check_login, self.authenticated_future)

    def _check_login(self, asked: Any) -> None:  # noqa: ANN401 (panoramisk has no types)
        if self.authenticated_future is asked and not self.protocol.closed:
            self.silent()

    def login(self, future: Any) -> bool:  # noqa: ANN401 (panoramisk has no types)
        is_in = bool(super().login(future))  # type: ignore[no-untyped-call]  # panoramisk has no types
        if not is_in:
            self.refused()
        return is_in


class _Quiet:
    """panoramisk logs every retry with a stack: what matters is told by the link itself."""

    def debug(self, *_: object, **__: object) -> None: ...

    info = warning = error = exception = debug
