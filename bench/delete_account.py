"""Deleting an account with very many calls: how long its one transaction takes, and how long others wait meanwhile.

Run: python -m bench.delete_account [calls]. One JSON line is appended to bench/results.jsonl. About a minute.

    seconds        delete_account and its commit: two ledger rows a call are booked back
    others_wait    the longest that a movement of another client's wallet waited while it went on
"""

import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from bench.machine import keep_result, postgresql
from billing.rights import ALL_RIGHTS
from models.database import make_engine
from services.accounts.client_money import pay_client_wallet
from services.accounts.delete_account import delete_account
from services.accounts.save_account import create_account
from services.accounts.save_client import create_client
from services.audit.audit import Actor, Door
from services.money.house_wallets import house_wallets
from services.money.verify_ledger import verify_ledger
from tests.databases import migrated

CALLS = 100_000
LINES = {"call": 60_000, "connect_fee": 10_000}  # micros
ACTOR = Actor("bench", Door.JOB)
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :calls)"
HOLDS = f"""
    INSERT INTO hold (call_id, wallet_id, account_id, amount_micros, state, placed_at, resolved_at, heartbeat_at,
                      lease_seconds, quote)
    {NUMBERS} SELECT 'call-' || i, :wallet, :account, :cost, 'settled', :now, :now, :now, 60, '{{}}' FROM n"""  # noqa: S608 (constants)
RECORDS = f"""
    INSERT INTO call_record (call_id, wallet_id, account_id, channel_id, access_number, is_pinless, destination,
        destination_name, rate_prefix, currency, placed_at, answered_at, ended_at, settled_at, settled_by, disposition,
        dial_status, limit_seconds, announced_seconds, talk_ms, talk_seconds, billed_seconds, held_micros, cost_micros,
        charge_lines, tried, buy_cost_micros, heard)
    {NUMBERS} SELECT 'call-' || i, :wallet, :account, 'PJSIP/x', '', :no, '442071234567', 'United Kingdom', '44', 'USD',
        :now, :now, :now, :now, 'inline', 'answered', 'ANSWER', 3600, 0, 60000, 60, 60, :cost, :cost, '[]', '[]', 0,
        '[]'
    FROM n"""  # noqa: S608 (constants)
ENTRIES = f"""
    INSERT INTO ledger_entry (source_wallet_id, destination_wallet_id, amount_micros, kind, reference, call_id,
                              created_at, actor)
    {NUMBERS} SELECT :wallet, :house, :amount, :kind, 'call-' || i, 'call-' || i, :now, 'call' FROM n"""  # noqa: S608 (constants)


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    figures: dict[str, Any] = {"calls": calls}
    with tempfile.TemporaryDirectory() as folder, postgresql() as cluster:
        for name in ("sqlite", "postgresql"):
            url = f"sqlite:///{Path(folder)}/bench.sqlite" if name == "sqlite" else cluster.create_database()
            engine = make_engine(migrated(url), pool_size=4)
            figures[name] = _measured(engine, calls)
            engine.dispose()
            print(name, figures[name])
    keep_result("delete_account", figures)


def _measured(engine: Engine, calls: int) -> dict[str, Any]:
    account_id, other_id = _fill(engine, calls)
    over, waits = threading.Event(), [0.0]
    others = threading.Thread(target=_move, args=(engine, other_id, over, waits))
    others.start()
    began = time.monotonic()
    with Session(engine, autoflush=False) as session, session.begin():
        done = delete_account(session, account_id, None, ACTOR, datetime.now(UTC), rights=ALL_RIGHTS)
    seconds = time.monotonic() - began
    over.set()
    others.join()
    with Session(engine) as session:
        assert verify_ledger(session) == []
    assert (done.calls, done.refund_micros) == (calls, calls * sum(LINES.values()))
    return {"seconds": round(seconds, 2), "others_wait": round(max(waits), 2)}


def _fill(engine: Engine, calls: int) -> tuple[int, int]:
    now = datetime.now(UTC)
    with Session(engine, autoflush=False) as session, session.begin():
        big, other = (create_client(session, {"name": name, "currency": "USD"}, ACTOR, now).id for name in "AB")
        account_id = create_account(session, {"client_id": big, "name": "Main"}, ACTOR, now).id
        cost = sum(LINES.values())
        pay_client_wallet(session, big, calls * cost, "begin", ACTOR, now)
        pay_client_wallet(session, other, 10**9, "other", ACTOR, now)
        wallet = session.scalars(text("SELECT wallet_id FROM client WHERE id = :id"), {"id": big}).one()
        house = house_wallets(session)["call_revenue", "USD"]
        if engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL statement_timeout = 0"))
        facts = {"calls": calls, "wallet": wallet, "account": account_id, "cost": cost, "now": now, "house": house}
        for statement in (HOLDS, RECORDS):
            session.execute(text(statement), {**facts, "no": False})
        for kind, amount in LINES.items():
            session.execute(text(ENTRIES), {**facts, "kind": kind, "amount": amount})
        charged = text("UPDATE wallet SET balance_micros = balance_micros - :sum WHERE id = :wallet")
        session.execute(charged, {"sum": calls * cost, "wallet": wallet})
    return account_id, other


def _move(engine: Engine, client_id: int, over: threading.Event, waits: list[float]) -> None:
    wallet = text(
        "UPDATE wallet SET balance_micros = balance_micros WHERE id = (SELECT wallet_id FROM client WHERE id = :id)"
    )
    while not over.is_set():
        began = time.monotonic()
        with Session(engine) as session, session.begin():
            session.execute(wallet, {"id": client_id})
        waits.append(time.monotonic() - began)
        over.wait(0.01)


if __name__ == "__main__":
    main()
