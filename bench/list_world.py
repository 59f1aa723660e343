"""A platform of two million cards and five million calls, as SQL: what the lists of the console are measured over.

One busy series holds half of the cards, a quiet one a quarter, of which few ever called; half a thousand series are
small. Everything follows from the numbers of the rows: each run makes the same. No hold is made, since lists read none.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from models import Base
from services.money.house_wallets import house_wallets, open_house

BUSY, QUIET, THIRD, FIRST_SMALL = 45, 46, 47, 1001
SMALL, SMALL_CARDS = 500, 100
FIRST_WALLET, FIRST_CARD = 20_000_000, 20_000_000
VOUCHERS, AUDITED, JOBS, WRONG = 500_000, 1_000_000, 20_000, 300_000
FEW = 300  # groups, plans, tables, carriers, sellers
MANY = 3_000  # clients, accounts, access numbers
DAYS: Final = 30
LAST = datetime.now(UTC).replace(microsecond=0)
LARGE = ("wallet", "card", "call_record", "ledger_entry", "audit_entry", "voucher", "failed_entry", "caller_id_binding")

INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE 'CREATE INDEX%' AND tablename = ANY(:tables)
"""
WALLETS = """
INSERT INTO wallet (id, kind, currency, opening_micros, balance_micros, held_micros, open_holds, credit_limit_micros,
  series_id)
SELECT :wallet + n, 'card', 'USD', 5000000,
  CASE WHEN n % 2 = 0 OR n / (:cards / 4) = 2 AND n % 5000 > 0 THEN 5000000 ELSE (n * 7919) % 5000000 END, 0, 0, 0,
  series.id
FROM generate_series(CAST(0 AS BIGINT), :cards - 1) n JOIN card_series series ON series.number = CASE
  WHEN n < :cards / 2 THEN 45 WHEN n < :cards / 4 * 3 THEN 46 WHEN n < :small THEN 47 ELSE 1001 + (n - :small) / 100 END
"""
CARDS = """
INSERT INTO card (id, series_id, serial, number, pin_digest, pin_key, status, wallet_id, activated_at, expires_at,
  distributor_id, maintenance_periods_done, maintenance_periods_before, pin_failures)
SELECT :card + n, series.id, serial, series.number || lpad(CAST(serial AS TEXT), 9, '0'),
  sha256(CAST(CAST(n AS TEXT) AS BYTEA)), 1,
  CASE WHEN n % 1000 = 7 THEN 'blocked' WHEN n % 3 = 0 THEN 'pending' ELSE 'activated' END, :wallet + n,
  CASE WHEN n % 1000 = 7 OR n % 3 <> 0 THEN :now - CAST('10 days' AS INTERVAL) END,
  :now + (n % 365) * CAST('1 day' AS INTERVAL),
  CASE WHEN n % 20000 = 8 THEN 2 WHEN n % 5 = 2 AND n < :cards / 2 THEN 1 END, 0, 0, 0
FROM (SELECT n,
  CASE WHEN n < :cards / 2 THEN 45 WHEN n < :cards / 4 * 3 THEN 46 WHEN n < :small THEN 47
    ELSE 1001 + (n - :small) / 100 END AS number,
  CASE WHEN n < :cards / 2 THEN n WHEN n < :cards / 4 * 3 THEN n - :cards / 2
    WHEN n < :small THEN n - :cards / 4 * 3 ELSE (n - :small) % 100 END AS serial
  FROM generate_series(CAST(0 AS BIGINT), :cards - 1) n) numbered
JOIN card_series series ON series.number = numbered.number
"""
PHONES = """
INSERT INTO caller_id_binding (caller_id, card_id, series_id, distributor_id, bound_at)
SELECT CAST(37060000000 + n AS TEXT), card.id, card.series_id, card.distributor_id, :now
FROM generate_series(CAST(0 AS BIGINT), :cards / 20 - 1) n JOIN card ON card.id = :card + n * 20 + 2
"""
# Of a hundred thousand calls one comes from the quiet series, of twenty one from a gateway without a card.
CALLERS = """
SELECT n, CAST(:first AS TIMESTAMPTZ) + n * CAST(:step AS INTERVAL) AS at, n % 10 < 6 AS is_answered,
  CASE WHEN n % 100000 = 5 THEN :cards / 2 + (n * 7919) % (:cards / 4) WHEN n % 20 = 0 THEN NULL
    WHEN n % 3 < 2 THEN (n * 7919) % (:cards / 2) ELSE :cards / 4 * 3 + (n * 7919) % (:cards / 4) END AS caller
FROM generate_series(CAST(1 AS BIGINT), :calls) n
"""
CALLS = f"""
INSERT INTO call_record (call_id, wallet_id, card_id, series_id, account_id, channel_id, access_number, caller_id,
  is_pinless, destination, destination_name, rate_prefix, currency, placed_at, answered_at, ended_at, settled_at,
  settled_by,
  disposition, dial_status, hangup_cause, limit_seconds, announced_seconds, talk_ms, talk_seconds, billed_seconds,
  held_micros, cost_micros, charge_lines, tried, carrier_account_id, buy_cost_micros, tax_micros, heard)
SELECT 'bench-' || n, COALESCE(:wallet + caller, :payer), :card + caller, card.series_id,
  CASE WHEN caller IS NULL THEN :sender END, 'PJSIP/bench',
  CASE WHEN n % 5000 = 3 THEN '18005550199' ELSE '18005550100' END, '15550100', FALSE,
  '370' || CAST(60000000 + (n * 7919) % 9999991 AS TEXT), 'Destination ' || CAST(n % 1500 AS TEXT), '370', 'USD', at,
  CASE WHEN is_answered THEN at END, at, at, 'inline',
  CASE WHEN is_answered THEN 'answered' WHEN n % 20000 = 9 THEN 'cancelled' ELSE 'no_answer' END,
  CASE WHEN is_answered THEN 'ANSWER' ELSE 'NOANSWER' END, 16, 3600, 3600,
  CASE WHEN is_answered THEN 60000 ELSE 0 END, CASE WHEN is_answered THEN 60 ELSE 0 END,
  CASE WHEN is_answered THEN 60 ELSE 0 END, 3600000, CASE WHEN is_answered THEN 60000 ELSE 0 END, '[]', '[]',
  CASE WHEN is_answered THEN :carrier + n % 4 END, CASE WHEN is_answered THEN 36000 ELSE 0 END, 0, '[]'
FROM ({CALLERS}) called LEFT JOIN card ON card.id = :card + called.caller
"""  # noqa: S608 (both are texts of ours)
ENTRIES = f"""
INSERT INTO ledger_entry (source_wallet_id, destination_wallet_id, amount_micros, kind, reference, call_id, created_at,
  actor, series_id)
SELECT COALESCE(:wallet + caller, :payer), :revenue, 60000, 'call', 'bench-' || n, 'bench-' || n, at, 'settle',
  COALESCE(card.series_id, 0)
FROM ({CALLERS}) called LEFT JOIN card ON card.id = :card + called.caller
"""  # noqa: S608
BOOKED = """
INSERT INTO ledger_entry (source_wallet_id, destination_wallet_id, amount_micros, kind, reference, created_at, actor,
  series_id)
SELECT :payments, card.wallet_id, 1000000,
  CASE WHEN n % 50 = 1 THEN 'adjustment' ELSE 'recharge' END, 'booked-' || n,
  CAST(:first AS TIMESTAMPTZ) + n * CAST('30 seconds' AS INTERVAL), 'desk', card.series_id
FROM generate_series(CAST(1 AS BIGINT), 50000) n JOIN card ON card.id = :card + (n * 7919) % :cards
"""
VOUCHER_ROWS = """
INSERT INTO voucher (batch_id, serial, code_digest, code_key, status, redeemed_at, redeemed_card_id)
SELECT 1, n, sha256(CAST('voucher' || n AS BYTEA)), 1, CASE WHEN n % 4 = 0 THEN 'redeemed' WHEN n % 9999 = 1 THEN
  'blocked' ELSE 'ready' END, CASE WHEN n % 4 = 0 THEN CAST(:first AS TIMESTAMPTZ) + n * CAST('5 seconds' AS INTERVAL)
  END, CASE WHEN n % 4 = 0 THEN :card + n END FROM generate_series(CAST(1 AS BIGINT), :vouchers) n
"""
BATCHES = """
INSERT INTO voucher_batch (name, currency, value_micros, quantity, code_length, created_at, made_at)
SELECT 'Batch ' || n, 'USD', 5000000, CASE WHEN n = 1 THEN :vouchers ELSE 1000 END, 14, :now, :now
FROM generate_series(1, :few) n
"""
AUDIT = """
INSERT INTO audit_entry (number, happened_at, actor, door, act, object_kind, object_id, before, after, chain)
SELECT head.number + n, CAST(:first AS TIMESTAMPTZ) + n * CAST('2 seconds' AS INTERVAL),
  CASE WHEN n % 50000 = 1 THEN 'rare' ELSE 'desk' || CAST(n % 20 AS TEXT) END, 'console',
  CASE n % 4 WHEN 0 THEN 'card.block' WHEN 1 THEN 'series.update' WHEN 2 THEN 'account.update' ELSE 'card.recharge' END,
  CASE n % 4 WHEN 0 THEN 'card' WHEN 1 THEN 'card_series' WHEN 2 THEN 'account' ELSE 'card' END,
  CASE n % 4 WHEN 1 THEN CAST(CASE WHEN n % 400 = 1 THEN 45 + n % 3 ELSE 1001 + n % 500 END AS TEXT)
    WHEN 2 THEN CAST(1 + n % 300 AS TEXT)
    ELSE '45' || lpad(CAST((n * 7919) % (:cards / 2) AS TEXT), 9, '0') END,
  '{"status": "activated"}', '{"status": "blocked", "first": "45-000000100", "last": "45-000000200"}',
  sha256(CAST(CAST(n AS TEXT) AS BYTEA))
FROM generate_series(CAST(1 AS BIGINT), :audited) n CROSS JOIN audit_head head
"""
AUDIT_HEAD = "UPDATE audit_head SET number = number + :audited"
JOB_ROWS = """
INSERT INTO job (kind, key, state, total, done, parameters, result, asked_by, asked_at, finished_at)
SELECT CASE WHEN n % 100 = 0 THEN 'charge fees' ELSE 'list export' END, 'bench-' || n,
  CASE WHEN n % 500 = 1 THEN 'failed' ELSE 'done' END, 10, 10, '{}', '{}', 'desk', :now, :now
FROM generate_series(1, :jobs) n
"""
IMPORTS = """
INSERT INTO rate_import (rate_table_id, state, mode, applies_at, table_revision, file_name, file_sha256, counts,
  columns, options, notes, made_by, made_at, changes_done)
SELECT 1, 'staged', 'amend', :now, 0, 'list' || n || '.csv', '', '{}', '{}', '{}', '[]', 'desk', :now, 0
FROM generate_series(1, :many) n
"""
ALARMS = """
INSERT INTO call_alarm (call_id, kind, details, noted_at, closed_at)
SELECT 'bench-' || n, 'heartbeat_charge', 'two channels', CAST(:first AS TIMESTAMPTZ) + n * CAST(:step AS INTERVAL),
  CASE WHEN n % 50 > 0 THEN :now END FROM generate_series(1, 50000) n
"""
BLOCKED = """
INSERT INTO blocked_phone (caller_id, reason, blocked_at, blocked_by)
SELECT CAST(37069000000 + n AS TEXT), 'bench', :now, 'desk' FROM generate_series(1, 1000) n
"""
COUNTERS = """
INSERT INTO guard_counter (scope, subject, tries, failures, locks, history, moments, window_began_at, locked_until)
SELECT 'caller_id', CAST(37069000000 + n AS TEXT), 3, 3, 1, 7, '[]', :now,
  CASE WHEN n % 20 = 0 THEN CAST(:now AS TIMESTAMPTZ) + CAST('1 day' AS INTERVAL) END FROM generate_series(1, 20000) n
"""
WRONG_ENTRIES = """
INSERT INTO failed_entry (happened_at, kind, door, caller_id, access_number, card_id)
SELECT CAST(:first AS TIMESTAMPTZ) + n * CAST('8 seconds' AS INTERVAL), 'number_and_pin', 'phone',
  CAST(37069000000 + n % 20000 AS TEXT), '18005550100', :card + n FROM generate_series(1, :wrong) n
"""
RATES = {"prefix": "CAST(10000000 + n AS TEXT)", "destination_name": "'Destination ' || CAST(n % 1500 AS TEXT)"}
ROWS = (
    WALLETS, CARDS, PHONES, CALLS, ENTRIES, BOOKED, BATCHES, VOUCHER_ROWS, AUDIT, AUDIT_HEAD, JOB_ROWS, IMPORTS, ALARMS,
    BLOCKED, COUNTERS, WRONG_ENTRIES,
)  # fmt: skip


def make_list_world(engine: Engine, cards: int, calls: int) -> None:
    """Into a database that `bench.world.fill` has filled: its first rows are the pattern of the others."""
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SET maintenance_work_mem = '512MB'"))
        connection.execute(text("SET session_replication_role = replica"))  # no hold is made for these calls
        _small_tables(connection, cards)
        values = _values(connection, cards, calls)
        indexes = _without_indexes(connection)
        for rows in ROWS:
            connection.execute(text(rows), {name: values[name] for name in values if f":{name}" in rows})
        for index in indexes:  # filled at once, which takes a fraction of the time
            connection.execute(text(index))
        connection.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM ANALYZE"))


def _values(connection: Connection, cards: int, calls: int) -> dict[str, Any]:
    with Session(bind=connection) as session:
        open_house(session, "USD")
        session.flush()
        house = house_wallets(session)
    sender, payer = connection.execute(
        text("SELECT a.id, c.wallet_id FROM account a JOIN client c ON c.id = a.client_id ORDER BY a.id LIMIT 1")
    ).one()
    return {
        "cards": cards, "calls": calls, "small": cards - SMALL * SMALL_CARDS, "wallet": FIRST_WALLET,
        "card": FIRST_CARD, "now": LAST, "first": LAST - timedelta(days=DAYS), "step": timedelta(days=DAYS) / calls,
        "sender": sender, "payer": payer, "carrier": sender, "revenue": house["call_revenue", "USD"],
        "payments": house["payments", "USD"], "vouchers": VOUCHERS, "few": FEW, "many": MANY, "audited": AUDITED,
        "jobs": JOBS, "wrong": WRONG,
    }  # fmt: skip


def _small_tables(connection: Connection, cards: int) -> None:
    """Each many times over, by its first row: names and numbers differ, terms do not."""
    for seller in ("reseller", "distributor"):
        more = ", sees_pins" if seller == "distributor" else ""
        value = ", FALSE" if more else ""
        connection.execute(
            text(f"INSERT INTO {seller} (name, is_enabled{more}) SELECT '{seller} ' || n, TRUE{value}"  # noqa: S608
                 f" FROM generate_series(1, {FEW}) n")
        )  # fmt: skip
    named = {"name": "name || ' ' || n"}
    for table in ("card_group", "ivr_plan", "rate_table", "routing_plan"):
        _copies(connection, table, FEW, named)
    _copies(connection, "wallet", MANY, {"id": "900000000 + n"}, "kind = 'client'")
    _copies(connection, "client", MANY, {**named, "wallet_id": "900000000 + n"})
    client = "(SELECT id FROM client WHERE wallet_id = 900000000 + n)"
    is_carrier = f"n <= {FEW}"
    account = {"client_id": client, "terminator_enabled": is_carrier, "endpoint": "'other' || n"}
    _copies(connection, "account", MANY, account)
    _copies(connection, "access_number", MANY, {"number": "CAST(18005560000 + n AS TEXT)"})
    _copies(connection, "rate", 500_000, RATES, "rate_table_id = (SELECT MIN(id) FROM rate_table)")
    series = {"maintenance_fee_micros": "0"}
    quarter = cards // 4
    for number, reseller, quantity in (
        (BUSY, "2", quarter * 2),
        (QUIET, "1", quarter),
        (THIRD, "NULL", quarter - SMALL * SMALL_CARDS),
    ):
        fixed = {"number": f"{number}", "quantity": f"{quantity}", "reseller_id": reseller, "first_serial": "0"}
        _copies(connection, "card_series", 1, series | fixed, "number = 1")
    small = {"number": f"{FIRST_SMALL - 1} + n", "quantity": str(SMALL_CARDS), "first_serial": "0",
             "name": "'Small ' || n", "reseller_id": f"3 + n % {FEW - 3}"}  # fmt: skip
    _copies(connection, "card_series", SMALL, series | small, "number = 1")


def _copies(connection: Connection, table: str, count: int, changed: Mapping[str, str], where: str = "TRUE") -> None:
    """Of the first row that fits, `changed` by SQL in which `n` is the number of the copy."""
    columns = [column.name for column in Base.metadata.tables[table].columns]
    columns = [name for name in columns if name != "id" or "id" in changed]
    values = ", ".join(f"({changed[name]})" if name in changed else f"one.{name}" for name in columns)
    key = "id" if "id" in Base.metadata.tables[table].columns else columns[0]
    connection.execute(text(
        f'INSERT INTO {table} ({", ".join(columns)}) SELECT {values}'  # noqa: S608 (names of our own)
        f" FROM (SELECT * FROM {table} WHERE {where} ORDER BY {key} LIMIT 1) one, generate_series(1, {count}) n"
    ))  # fmt: skip


def _without_indexes(connection: Connection) -> list[str]:
    """The statements that make those of the large tables again."""
    found = connection.execute(text(INDEXES), {"tables": list(LARGE)}).all()
    for name, _ in found:
        connection.execute(text(f"DROP INDEX {name}"))
    return [statement for _, statement in found]
