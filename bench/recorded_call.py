"""What one complete call really asks of the database: every statement, recorded while the server serves it."""

from __future__ import annotations

import asyncio
import copy
import logging
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from bench.world import ACCESS_NUMBER
from fastagi.__main__ import add_routes
from fastagi.database import Database
from fastagi.flow.desk import CardDesk
from fastagi.logs import set_up_logs
from fastagi.server import CardServer
from models.database import make_engine, make_read_engine, session_factory
from services.routing.deck import EMPTY, DeckSource, load_deck
from simulator.load import load
from simulator.load_plan import LoadPlan, ScriptedCall

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from bench.world import World
    from services.keys.pin_keys import PinKeys
    from services.series.create_series import NewCard

OUTCOME = "answer:60.hangup"


@dataclass(frozen=True)
class Statement:
    text: str
    values: Any  # a mapping of values, or a list of such for one statement with many rows


@dataclass(frozen=True)
class Transaction:
    """`is_read`: no transaction in truth, but statements that read, each for itself."""

    statements: list[Statement] = field(default_factory=list)
    is_read: bool = False


def script(card: NewCard, destination: str, outcome: str = OUTCOME) -> ScriptedCall:
    """The caller keys number, PIN and destination, talks for a minute and hangs up."""
    keys = f"{card.number.replace('-', '')}#{card.pin}{destination}#"
    return ScriptedCall(ACCESS_NUMBER, "12025550123", keys, outcome)


class Recorder:
    """The transactions of an engine, in the order of their commits."""

    def __init__(self, engine: Engine) -> None:
        self.transactions: list[Transaction] = []
        self._open: dict[int, Transaction] = {}
        event.listen(engine, "before_cursor_execute", self._executes)
        event.listen(engine, "commit", self._ends)
        event.listen(engine, "rollback", self._ends)

    def _executes(self, connection: Connection, _cursor: object, text: str, values: object, *_: object) -> None:
        if not text.startswith("BEGIN"):
            driver = connection.connection.driver_connection
            part = self._open.setdefault(id(driver), Transaction(is_read=getattr(driver, "autocommit", False)))
            part.statements.append(Statement(text, copy.copy(values)))

    def _ends(self, connection: Connection) -> None:
        ended = self._open.pop(id(connection.connection.driver_connection), None)
        if ended is not None:
            self.transactions.append(ended)


def record_call(url: str, keys: PinKeys, world: World) -> list[Transaction]:
    """The transactions of a call with the world's first card, by a server that is warm (its access number is kept)."""
    return asyncio.run(_record(url, keys, world))


async def _record(url: str, keys: PinKeys, world: World) -> list[Transaction]:
    set_up_logs(logging.WARNING, sys.stderr)
    engine = make_engine(url, pool_size=1)
    recorder = Recorder(engine)
    database = Database(session_factory(engine), threads=1)
    server = CardServer("/prompts")
    add_routes(server, CardDesk(database, keys, UTC, rate_source=loaded_deck(url)))
    port = await server.listen("127.0.0.1", 0)
    calls = [script(world.cards[0], world.destinations[0])]
    for _ in range(2):
        recorder.transactions.clear()
        report = await load(LoadPlan(("127.0.0.1", port), calls, 1, 1))
        assert not report.failed, report.as_json()
    transactions = list(recorder.transactions)
    await server.drain()
    await database.drain()
    engine.dispose()
    return transactions


def loaded_deck(url: str) -> DeckSource:
    """The rates in memory, as a server has them a moment after its start."""
    engine = make_read_engine(url)
    with Session(engine) as session:
        deck = load_deck(session, EMPTY, datetime.now(UTC))
    engine.dispose()
    return DeckSource(deck)


def statements_of(transactions: list[Transaction]) -> int:
    return sum(len(one.statements) for one in transactions)


def transactions_of(transactions: list[Transaction]) -> int:
    return sum(not one.is_read for one in transactions)
