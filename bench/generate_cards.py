"""Cards a second into each database, beside the floor of its parts: PINs, digests, encryption and the bare inserts.

Run: python -m bench.generate_cards [cards]. One JSON line is appended to bench/results.jsonl. A million cards take
about two minutes.

    ours   generate_cards: a job by chunks, checks, progress and commits, as `callingcard series generate` runs it
    floor  the same rows by the same statements and nothing else, one part after the other; its rate counts them all

PostgreSQL commits synchronously. Memory is the highest of a process of its own that generates, from its start.
"""

import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from bench.machine import keep_result, memory_mb, new_keys, postgresql
from models import Base, Card, CardGroup, RateTable, Wallet
from models.database import make_engine, session_factory
from services.keys.pin_keys import PinKeys, load_pin_keys
from services.series.generate_cards import generate_cards
from services.series.open_series import open_series
from services.series.series_terms import NewSeries
from tests.databases import Cluster, migrated

CARDS = 1_000_000
CHUNK = 10_000
PIN_LENGTH = 14
GOALS = {"of_floor": 0.7, "postgresql_cards_a_second": 50_000, "memory_mb": 150}
WALLET = ("id", "kind", "currency")
CARD = ("series_id", "serial", "number", "pin_digest", "pin_encrypted", "pin_key", "status", "wallet_id")


def main() -> None:
    if len(sys.argv) == 4:
        _generate(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
        return
    cards = int(sys.argv[1]) if len(sys.argv) > 1 else CARDS
    figures: dict[str, Any] = {"cards": cards, "pin_length": PIN_LENGTH}
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        keys = new_keys(Path(folder))
        for name in ("sqlite", "postgresql"):
            floor = _floor(name, _fresh(name, Path(folder), cluster), keys, cards)
            ours = _measured(_fresh(name, Path(folder), cluster), Path(folder), cards)
            figures[name] = {
                "floor_seconds": floor,
                **ours,
                "of_floor": round(sum(floor.values()) / ours["seconds"], 2),
            }
            print(name, figures[name])
    figures["missed"] = _missed(figures)
    print("missed:", figures["missed"] or "nothing")
    keep_result("generate_cards", figures)


def _fresh(name: str, folder: Path, cluster: Cluster) -> str:
    """A migrated database without a card for each side: rows of the other would make its indexes deeper."""
    file = folder / f"{os.urandom(4).hex()}.sqlite"
    return migrated(f"sqlite:///{file}" if name == "sqlite" else cluster.create_database())


def _missed(figures: dict[str, Any]) -> list[str]:
    missed = [f"{name} of_floor" for name in ("postgresql", "sqlite") if figures[name]["of_floor"] < GOALS["of_floor"]]
    missed += [f"{name} memory" for name in ("postgresql", "sqlite") if figures[name]["memory_mb"] > GOALS["memory_mb"]]
    if figures["postgresql"]["cards_a_second"] < GOALS["postgresql_cards_a_second"]:
        missed.append("postgresql cards_a_second")
    return missed


def _measured(url: str, folder: Path, cards: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.generate_cards", url, str(folder / "keys.json"), str(cards)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    measured: dict[str, Any] = json.loads(out)
    return measured


def _generate(url: str, keys: Path, cards: int) -> None:
    """In a process of its own, so that its memory is its own."""
    engine = make_engine(url, pool_size=1)
    group_id, table_id = _owners(engine)
    with Session(engine) as session, session.begin():
        terms = NewSeries(group_id, 2, table_id, 5_000_000, cards, pin_length=PIN_LENGTH)
        job_id = open_series(session, terms, None, datetime.now(UTC))
    begun, cpu = time.perf_counter(), time.process_time()
    generate_cards(session_factory(engine), load_pin_keys(keys), job_id, lambda: datetime.now(UTC))
    seconds = time.perf_counter() - begun
    print(json.dumps({
        "seconds": round(seconds, 2),
        "cards_a_second": round(cards / seconds),
        "cpu_us_a_card": round((time.process_time() - cpu) / cards * 1e6, 2),
        "memory_mb": memory_mb(),
    }))  # fmt: skip


def _owners(engine: Engine) -> tuple[int, int]:
    """A group and a rate table for one more series."""
    with Session(engine) as session, session.begin():
        mark = os.urandom(4).hex()
        group = CardGroup(name=f"Group {mark}", currency="USD")
        table = RateTable(name=f"Table {mark}", currency="USD")
        session.add_all([group, table])
        session.flush()
        return group.id, table.id


def _floor(name: str, url: str, keys: PinKeys, cards: int) -> dict[str, float]:
    """Seconds of each part for series 1, in chunks of the same size."""
    engine = make_engine(url, pool_size=1)
    group_id, table_id = _owners(engine)
    with Session(engine) as session, session.begin():
        job_id = open_series(
            session, NewSeries(group_id, 1, table_id, 0, cards, pin_length=16), None, datetime.now(UTC)
        )
        series_id = session.execute(text("SELECT id FROM card_series")).scalar_one()
        session.execute(text("UPDATE job SET state = 'cancelled' WHERE id = :id"), {"id": job_id})
    engine.dispose()
    spent = dict.fromkeys(("pins", "digests", "encryption", "insert"), 0.0)
    insert = _copy(url) if name == "postgresql" else _executemany(url)
    for first in range(1, cards + 1, CHUNK):
        serials = range(first, min(first + CHUNK, cards + 1))
        numbers = [f"1{serial:09d}" for serial in serials]
        marks = [time.perf_counter()]
        space = 10**PIN_LENGTH
        pins = [
            f"{draw % space:0{PIN_LENGTH}d}"
            for draw in struct.unpack(f"<{len(serials)}Q", os.urandom(8 * len(serials)))
        ]
        marks.append(time.perf_counter())
        digests = keys.digest_each(pins)
        marks.append(time.perf_counter())
        sealed = keys.encrypt_each(pins, numbers)
        marks.append(time.perf_counter())
        insert(series_id, serials, numbers, digests, sealed)
        marks.append(time.perf_counter())
        for part, begun, ended in zip(spent, marks, marks[1:], strict=False):
            spent[part] += ended - begun
    return {part: round(seconds, 2) for part, seconds in spent.items()}


def _zeros(model: type[Base], named: tuple[str, ...]) -> list[str]:
    """The columns that begin with 0 on every card."""
    columns = [column for column in model.__table__.columns if column.name not in named]
    return [column.name for column in columns if column.default is not None and column.default.arg == 0]


def _copy(url: str) -> Any:  # noqa: ANN401 (a function that inserts a chunk)
    connection = psycopg.connect(url.replace("+psycopg", ""))
    wallet_zeros, card_zeros = _zeros(Wallet, WALLET), _zeros(Card, CARD)
    wallets = f"COPY wallet ({', '.join([*WALLET, *wallet_zeros])}) FROM STDIN"
    cards = f"COPY card ({', '.join([*CARD, *card_zeros])}) FROM STDIN"
    wallet_end, card_end = ("\t0" * len(zeros) + "\n" for zeros in (wallet_zeros, card_zeros))

    def insert(series_id: int, serials: range, numbers: list[str], digests: list[bytes], sealed: list[bytes]) -> None:
        with connection.cursor() as cursor:
            drawn = "SELECT nextval('wallet_id_seq') FROM generate_series(1, %s)"
            ids = [row[0] for row in cursor.execute(drawn, (len(serials),)).fetchall()]
            with cursor.copy(wallets) as copy:
                copy.write("".join([f"{id_}\tcard\tUSD{wallet_end}" for id_ in ids]))
            rows = zip(serials, numbers, digests, sealed, ids, strict=True)
            with cursor.copy(cards) as copy:
                copy.write("".join([
                    f"{series_id}\t{serial}\t{number}\t\\\\x{digest.hex()}\t\\\\x{seal.hex()}\t1\tpending\t{id_}{card_end}"
                    for serial, number, digest, seal, id_ in rows
                ]))  # fmt: skip
        connection.commit()

    return insert


def _executemany(url: str) -> Any:  # noqa: ANN401 (a function that inserts a chunk)
    connection = make_engine(url, pool_size=1).raw_connection().driver_connection
    assert connection is not None
    next_wallet = connection.execute("SELECT max(id) + 1 FROM wallet").fetchone()[0]
    wallets, cards = (
        f"INSERT INTO {model.__tablename__} ({', '.join([*named, *zeros])}) VALUES ({values}{', 0' * len(zeros)})"  # noqa: S608 (names of our own)
        for model, named, zeros, values in (
            (Wallet, WALLET, _zeros(Wallet, WALLET), "?, 'card', 'USD'"),
            (Card, CARD, _zeros(Card, CARD), "?, ?, ?, ?, ?, 1, 'pending', ?"),
        )
    )

    def insert(series_id: int, serials: range, numbers: list[str], digests: list[bytes], sealed: list[bytes]) -> None:
        ids = range(next_wallet + serials[0], next_wallet + serials[0] + len(serials))
        rows = zip(serials, numbers, digests, sealed, ids, strict=True)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(wallets, [(id_,) for id_ in ids])
        connection.executemany(cards, [(series_id, *row) for row in rows])
        connection.execute("COMMIT")

    return insert


if __name__ == "__main__":
    main()
