"""The floor of the database part: the statements of a complete call in raw psycopg, beside the use cases themselves.

Run: python -m bench.raw_call [rounds]. Client CPU only, one thread, one connection each, the two sides in turn.

    raw       each statement as the server was recorded to send it, with its values ready, its rows fetched, in the same
              transactions: nothing is decided, composed or priced
    services  the database part of the call server's own flow: each use case in a Session and a transaction of its own,
              with pricing, routing, JSON and the values of its statements
"""

import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from datetime import UTC
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from bench.machine import keep_result, new_keys, postgresql
from bench.recorded_call import Statement, Transaction, loaded_deck, record_call, statements_of, transactions_of
from bench.world import ACCESS_NUMBER, World, fill
from fastagi.flow.card_call import card_call
from fastagi.flow.desk import CardDesk
from fastagi.flow.settle import settle
from fastagi.logs import set_up_logs
from models import Wallet
from models.database import make_engine, session_factory, without_transactions
from services.keys.pin_keys import PinKeys
from services.money.verify_ledger import verify_ledger
from services.series.create_series import NewCard
from telephony.handover import Variable
from tests.databases import migrated
from tests.fastagi.scripted_call import ScriptedCall

T = TypeVar("T")

ROUNDS = 7
CALLS_A_ROUND = 300
TALK_BEGINS_MS = 1_795_348_800_000
CALLER = "12025550123"
GOAL = 2.0


class RawCalls:
    """The recorded statements with the values of another card and another call put in beforehand."""

    def __init__(self, url: str, recorded: list[Transaction], first: NewCard, cards: list[NewCard]) -> None:
        parts = make_url(url)
        self.connection = psycopg.connect(
            host=parts.host, port=parts.port, user=parts.username, dbname=parts.database, autocommit=False
        )
        self.recorded = recorded
        self.wallets: dict[int, int] = dict(self.connection.execute("SELECT id, wallet_id FROM card").fetchall())
        self.connection.commit()
        self.first = first
        self.call_id = next(
            value
            for part in recorded
            for one in part.statements
            for name, value in rows_of(one)[0].items()
            if name == "call_id"
        )
        self.cards = cards

    def prepare(self, calls: int) -> list[list[Transaction]]:
        return [self._for(self.cards[number % len(self.cards)]) for number in range(calls)]

    def run(self, prepared: list[list[Transaction]]) -> None:
        for call in prepared:
            for transaction in call:
                if self.connection.autocommit != transaction.is_read:
                    self.connection.autocommit = transaction.is_read
                for statement in transaction.statements:
                    cursor = self.connection.cursor()
                    if isinstance(statement.values, list):
                        cursor.executemany(statement.text, statement.values)
                    else:
                        cursor.execute(statement.text, statement.values)
                    if cursor.description:
                        cursor.fetchall()
                    cursor.close()
                if not transaction.is_read:
                    self.connection.commit()

    def _for(self, card: NewCard) -> list[Transaction]:
        exchanged = {
            self.first.card_id: card.card_id,
            self.wallets[self.first.card_id]: self.wallets[card.card_id],
            digits(self.first): digits(card),
        }
        call_id = str(uuid4())

        def exchange(value: Any) -> Any:  # noqa: ANN401 (a value of any column)
            if isinstance(value, str):
                value = value.replace(self.call_id, call_id)
            return exchanged.get(value, value) if isinstance(value, int | str) else value

        def anew(statement: Statement) -> Statement:
            rows = [{name: exchange(value) for name, value in row.items()} for row in rows_of(statement)]
            return Statement(statement.text, rows if isinstance(statement.values, list) else rows[0])

        return [Transaction([anew(one) for one in each.statements], is_read=each.is_read) for each in self.recorded]


class Direct:
    """The desk's database without event loop and threads: each use case at once, in a transaction of its own. Its CPU
    is counted here, so that nothing of the conversation around it is.
    """

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self.sessions = sessions
        self.readings = session_factory(without_transactions(sessions.kw["bind"]))
        self.cpu_seconds = 0.0

    async def run(self, use_case: Callable[..., T], *args: object, **kwargs: object) -> T:
        begun = time.process_time()
        with self.sessions.begin() as session:
            answer = use_case(session, *args, **kwargs)
        self.cpu_seconds += time.process_time() - begun
        return answer

    async def read(self, use_case: Callable[..., T], *args: object, **kwargs: object) -> T:
        begun = time.process_time()
        with self.readings.begin() as session:
            answer = use_case(session, *args, **kwargs)
        self.cpu_seconds += time.process_time() - begun
        return answer


class ServiceCalls:
    """The flow of the call server with a scripted caller in place of AGI."""

    def __init__(self, url: str, keys: PinKeys, world: World) -> None:
        self.engine = make_engine(url, pool_size=1)
        self.database = Direct(session_factory(self.engine))
        self.desk = CardDesk(self.database, keys, UTC, rate_source=loaded_deck(url))  # type: ignore[arg-type]
        self.world = world

    def run(self, calls: int) -> None:
        for number in range(calls):
            place = number % len(self.world.cards)
            finished(self._call(self.world.cards[place], self.world.destinations[place]))

    async def _call(self, card: NewCard, destination: str) -> None:
        caller = ScriptedCall(
            [digits(card), card.pin, f"{destination}#"], arguments=("1", "", ACCESS_NUMBER), caller_id=CALLER
        )
        await card_call(caller, self.desk)
        told = caller.variables
        route = told[Variable.ROUTES].partition(":")[0]
        stamps = (str(TALK_BEGINS_MS), str(TALK_BEGINS_MS + 60_000))
        arguments = ("handler", told[Variable.CALL], route, "ANSWER", "16", *stamps, f"{route}-ANSWER-16")
        settled = ScriptedCall(arguments=arguments)
        await settle(settled, self.desk)
        assert settled.variables[Variable.SETTLED] == told[Variable.CALL]


def finished(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waited")


def digits(card: NewCard) -> str:
    return card.number.replace("-", "")


def rows_of(statement: Statement) -> list[dict[str, Any]]:
    return statement.values if isinstance(statement.values, list) else [statement.values]


def measure(url: str, keys: PinKeys, world: World, rounds: int) -> dict[str, float]:
    """Median client CPU in us a call of each side, and what a call asks for."""
    recorded = record_call(url, keys, world)
    raw = RawCalls(url, recorded, world.cards[0], world.cards)
    services = ServiceCalls(url, keys, world)
    costs: dict[str, list[float]] = {"raw": [], "services": []}
    for number in range(rounds + 1):  # the first round warms up
        prepared = raw.prepare(CALLS_A_ROUND)
        begun, before = time.process_time(), services.database.cpu_seconds
        raw.run(prepared)
        raw_seconds = time.process_time() - begun
        services.run(CALLS_A_ROUND)
        if number:
            costs["raw"].append(raw_seconds / CALLS_A_ROUND * 1e6)
            costs["services"].append((services.database.cpu_seconds - before) / CALLS_A_ROUND * 1e6)
    raw.connection.close()
    services.engine.dispose()
    prove(url)
    us = {name: statistics.median(values) for name, values in costs.items()}
    counts = {"transactions": transactions_of(recorded), "statements": statements_of(recorded)}
    return {**us, "ratio": us["services"] / us["raw"], **counts}


def prove(url: str) -> None:
    """A fast way that bills wrongly is no way: every wallet against its ledger, and nothing left held."""
    engine = make_engine(url, pool_size=1)
    with Session(engine) as session:
        breaches = verify_ledger(session)
        held = session.scalar(select(func.sum(Wallet.held_micros)))
    engine.dispose()
    assert not breaches, [str(breach) for breach in breaches]
    assert not held, held


def main(rounds: int) -> None:
    set_up_logs(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        keys = new_keys(Path(folder))
        url = migrated(cluster.create_database())
        figures = measure(url, keys, fill(url, keys), rounds)
    print({name: round(value, 2) for name, value in figures.items()}, f"goal of the ratio: {GOAL}")
    keep_result("raw_call", figures)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
