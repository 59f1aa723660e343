"""Short synchronous acts on Asterisk's control port, by pyst2: connect, log in, act, close, five seconds in all."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from asterisk.manager import ManagerAuthException, ManagerException

from telephony.bounded_manager import BoundedManager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ACT_SECONDS_MAX: Final = 5.0
_FIELD_CHARACTERS_MAX: Final = 2000
_IN_ALREADY: Final = "Login Already In Use"
_AGAIN_SECONDS: Final = 0.2


class AmiOutcome(StrEnum):
    """How an act ended."""

    DONE = "done"
    REFUSED = "refused"  # Asterisk said no: no such channel, permission denied
    NOT_LOGGED_IN = "not logged in"  # wrong name or secret, or the name is in use
    UNREACHABLE = "unreachable"  # nobody listens, or the answer did not come in time


@dataclass(frozen=True, slots=True)
class AmiAnswer:
    """What came of an act; `fields` are the headers of Asterisk's response."""

    outcome: AmiOutcome
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return self.outcome is AmiOutcome.DONE


@dataclass(frozen=True, slots=True)
class AmiUser:
    """Where the control port is, and who asks."""

    port: int
    name: str
    secret: str = field(repr=False)
    host: str = "127.0.0.1"


class AmiUnavailable(Exception):
    """The session could not be had; `answer` is the value that an act answers with instead."""

    def __init__(self, answer: AmiAnswer) -> None:
        super().__init__(f"AMI {answer.outcome}: {answer.message}")
        self.answer = answer


class AmiSession:
    """An open connection. Every action waits at most until the session's deadline for its answer."""

    def __init__(self, manager: BoundedManager) -> None:
        self._manager = manager

    def act(self, action: str, **fields: str | list[str]) -> AmiAnswer:
        """Send one action; a list as value gives one line for each element."""
        _check_fields(fields)
        try:
            headers = self._manager.ask({"Action": action, **fields})
        except (ManagerException, OSError) as error:
            return AmiAnswer(AmiOutcome.UNREACHABLE, str(error))
        outcome = AmiOutcome.REFUSED if headers.get("Response") == "Error" else AmiOutcome.DONE
        return AmiAnswer(outcome, headers.get("Message", ""), headers)

    def on_event(self, name: str, call: Callable[[Mapping[str, str]], None]) -> None:
        """Call `call` with the headers of every event of that name, in a thread of pyst2's."""
        self._manager.listen(name, call)


def ami_act(user: AmiUser, action: str, **fields: str | list[str]) -> AmiAnswer:
    """Connect, log in, send one action and close; whatever goes wrong is told by the answer."""
    _check_fields(fields)
    try:
        with ami_session(user, seconds_in_all=ACT_SECONDS_MAX) as session:
            return session.act(action, **fields)
    except AmiUnavailable as unavailable:
        return unavailable.answer


@contextmanager
def ami_session(user: AmiUser, *, seconds_in_all: float | None = None) -> Iterator[AmiSession]:
    """Log in for several acts. Without `seconds_in_all` each act has five seconds of its own; raises AmiUnavailable."""
    manager = _logged_in(user, seconds_in_all)
    try:
        yield AmiSession(manager)
    finally:
        manager.close()


def _logged_in(user: AmiUser, seconds_in_all: float | None) -> BoundedManager:
    """A user who may log in once is still "in" for a moment after it left: that refusal is tried again."""
    deadline = time.monotonic() + (seconds_in_all or ACT_SECONDS_MAX)
    while True:
        manager = BoundedManager(ACT_SECONDS_MAX, deadline - time.monotonic() if seconds_in_all else None)
        try:
            _log_in(manager, user, events=seconds_in_all is None)
        except AmiUnavailable as unavailable:
            manager.close()
            if unavailable.answer.message != _IN_ALREADY or time.monotonic() + _AGAIN_SECONDS > deadline:
                raise
            time.sleep(_AGAIN_SECONDS)
        else:
            return manager


def _check_fields(fields: Mapping[str, str | list[str]]) -> None:
    """A line break in a value would be a second action."""
    texts = [text for value in fields.values() for text in (value if isinstance(value, list) else [value])]
    if any("\r" in text or "\n" in text or len(text) > _FIELD_CHARACTERS_MAX for text in texts):
        raise ValueError("a line break or too long a value in an AMI action")


def _log_in(manager: BoundedManager, user: AmiUser, *, events: bool) -> None:
    try:
        manager.open(user.host, user.port)
        manager.log_in(user.name, user.secret)
        if not events:
            manager.ask({"Action": "Events", "EventMask": "off"})
    except ManagerAuthException as error:
        raise AmiUnavailable(AmiAnswer(AmiOutcome.NOT_LOGGED_IN, str(error))) from error
    except (ManagerException, OSError) as error:
        raise AmiUnavailable(AmiAnswer(AmiOutcome.UNREACHABLE, str(error))) from error
