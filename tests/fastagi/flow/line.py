"""An access number on a real database: callers dial it, and a test reads what they heard and what was left behind."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from databases import as_role
from factories import ACCESS, KEYS, NOW, TALK_BEGINS_MS, World, a_world
from sqlalchemy.orm import Session

from fastagi.call import CallerHungUp
from fastagi.database import Database
from fastagi.flow.card_call import CallEnd, card_call
from fastagi.flow.desk import CardDesk
from fastagi.flow.settle import settle
from models.database import make_engine, session_factory
from services.store.database_rights import Program
from telephony.handover import Variable

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripted_call import ScriptedCall

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from sqlalchemy import Engine

HUNG_UP = "hung up"
BUSY_SECONDS_MAX = 60  # what a caller would not wait for, a busy machine gets
T = TypeVar("T")


@dataclass(frozen=True)
class Ended:
    """How a session of the flow ended, what the caller heard and what the dialplan was told."""

    how: CallEnd | str
    call: ScriptedCall

    @property
    def heard(self) -> str:
        return self.call.transcript

    @property
    def told(self) -> dict[str, str]:
        return {str(name): value for name, value in self.call.variables.items()}

    @property
    def call_id(self) -> str:
        return self.told.get(Variable.CALL, "")


@dataclass
class Line:
    engine: Engine
    world: World
    now: datetime = NOW
    rounds: int = field(default=1)
    waited: list[int] = field(default_factory=list)

    def dial(self, *keys: str, caller_id: str = "", number: str = ACCESS, **how: object) -> Ended:
        """A new caller: the first round."""
        self.rounds = 1
        return self.hear(ScriptedCall(keys, arguments=("1", "", number), caller_id=caller_id, **how))

    def dial_with_card(self, *keys: str, place: int = 0, **how: object) -> Ended:
        """A new caller who keys number and PIN of a card first."""
        return self.dial(*self.world.keyed(place), *keys, **how)

    def go_on(self, before: Ended, *keys: str, **how: object) -> Ended:
        """The caller is still there after a call: the next round."""
        self.rounds += 1
        return self.hear(ScriptedCall(keys, arguments=(str(self.rounds), before.call_id, ACCESS), **how))

    def hear(self, call: ScriptedCall) -> Ended:
        async def session(desk: CardDesk) -> CallEnd | str:
            try:
                return await card_call(call, desk)
            except CallerHungUp:
                return HUNG_UP

        return Ended(self.at_desk(session), call)

    def settle(self, ended: Ended, seconds: int | None = None, *, status: str = "ANSWER", cause: str = "16") -> None:
        """What the dialplan reports; without seconds nobody answered."""
        answered = seconds is not None
        stamps = (str(TALK_BEGINS_MS) if answered else "", str(TALK_BEGINS_MS + (seconds or 0) * 1000))
        route = ended.told[Variable.ROUTES].split(":")[0]
        self.report("inline", ended.call_id, route, status, cause, *stamps, f"{route}-{status}-{cause}")

    def settle_undialled(self, ended: Ended) -> None:
        """What the hangup handler reports of a caller who left before Dial."""
        self.report("handler", ended.call_id, "", "", "", "", str(TALK_BEGINS_MS), "")

    def report(self, *arguments: str) -> ScriptedCall:
        """One settle session with these arguments."""
        call = ScriptedCall(arguments=arguments)
        self.at_desk(lambda desk: settle(call, desk))
        return call

    def at_desk(self, work: Callable[[CardDesk], Awaitable[T]]) -> T:
        async def run(engine: Engine) -> T:
            database = Database(session_factory(engine), threads=2, seconds_max=BUSY_SECONDS_MAX)
            try:
                return await work(CardDesk(database, KEYS, UTC, lambda: self.now, pause=self.pause))
            finally:
                await database.drain()

        with as_call_server(self.engine) as engine:
            return asyncio.run(run(engine))

    async def pause(self, seconds: int) -> None:
        self.waited.append(seconds)

    @contextmanager
    def database(self) -> Iterator[World]:
        """Look at the world, or change it, in a transaction of its own."""
        with Session(self.engine, autoflush=False) as session, session.begin():
            yield self.world.on(session)

    @property
    def available_micros(self) -> int:
        with self.database() as world:
            return world.card().available_micros

    def is_proved(self, *, open_holds: int = 0) -> bool:
        with self.database() as world:
            assert list(world.holds().values()).count("open") == open_holds
            return world.is_proved()


@contextmanager
def as_call_server(engine: Engine) -> Iterator[Engine]:
    """On PostgreSQL by the role of call servers, so that every conversation shows what rights it needs."""
    if engine.dialect.name == "sqlite":
        yield engine
        return
    url = engine.url.render_as_string(hide_password=False)
    serving = make_engine(as_role(url, Program.IVR), pool_size=2)
    yield serving
    serving.dispose()


def open_line(engine: Engine, **world: object) -> Line:
    with Session(engine, autoflush=False) as session, session.begin():
        made = a_world(session, **world)
    return Line(engine, made)
