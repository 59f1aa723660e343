"""Screens before the proof: each is one pass over millions of rows that finds whether any of several invariants may be
broken. Only if it finds something the single checks run, and tell what.
"""

import secrets
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

MEMORY_MB = 256  # for each sort and hash: the tables of millions of calls are joined without many rounds over the disk


@dataclass(frozen=True, slots=True)
class Screen:
    """`query` yields a row whenever one of the checks `covers` would; it may yield one where none does."""

    what: str
    query: str
    covers: tuple[str, ...]


CALLS = Screen(
    "I4 to I6, I12: holds, calls and their charges",
    """
    WITH charged AS (
        SELECT call_id, SUM(CASE WHEN kind <> 'reversal' THEN amount_micros ELSE 0 END) AS spent,
               SUM(CASE WHEN kind = 'reversal' THEN amount_micros ELSE 0 END) AS back
        FROM ledger_entry WHERE call_id IS NOT NULL GROUP BY call_id)
    SELECT 1
    FROM hold h LEFT JOIN call_record c ON c.call_id = h.call_id LEFT JOIN charged l ON l.call_id = h.call_id
    WHERE (h.state = 'open') <> (c.call_id IS NULL) OR (h.state = 'open') <> (h.resolved_at IS NULL)
       OR (c.call_id IS NULL AND l.call_id IS NOT NULL)
       OR (c.call_id IS NOT NULL AND (
              (c.answered_at IS NULL) <> (h.state = 'voided')
           OR (c.answered_at IS NULL AND l.call_id IS NOT NULL)
           OR c.cost_micros <> COALESCE(l.spent, 0) OR c.cost_micros > h.amount_micros
           OR c.held_micros <> h.amount_micros
           OR COALESCE(l.back, 0) <> CASE WHEN c.reversed_at IS NULL THEN 0 ELSE c.cost_micros END
           OR c.announced_seconds < 0 OR c.limit_seconds < 0 OR c.talk_seconds > c.limit_seconds))
    LIMIT 1""",
    (
        "I4 a hold is resolved once",
        "I5 an answered call has a settled hold, another a voided one",
        "I5 a charge has an answered call",
        "I6 the charge is what the ledger says, and within the hold",
        "I6 a reversed call was given back whole, and no other one",
        "I12 each call tells what was announced",
    ),
)
STRAYS = Screen(
    "I4, I5: calls and charges without a hold",
    """
    SELECT 1 FROM (
        SELECT (SELECT COUNT(*) FROM call_record) AS records,
               (SELECT COUNT(*) FROM hold WHERE state <> 'open') AS closed,
               (SELECT COUNT(*) FROM ledger_entry WHERE call_id IS NULL AND kind IN
                   ('call', 'connect_fee', 'block_fee', 'disconnect_fee', 'access_surcharge', 'tax')) AS nameless,
               (SELECT COUNT(*) FROM ledger_entry l WHERE l.call_id IS NOT NULL
                   AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.call_id = l.call_id)) AS strays) counted
    WHERE records <> closed OR nameless > 0 OR strays > 0""",
    ("I4 a call has its hold", "I5 a charge has an answered call"),
)
# Without a join: each table is read once, by all workers. A call's share of a sum is weighed by a hash of its id under
# a key that is drawn for this run. Two sums of millions of calls that differ in any call are then equal by a chance of
# 1 in 2**64, and nobody can prepare rows for a key of tomorrow.
FINGERPRINTS = Screen(
    "I4 to I6, I12: fingerprints of holds, calls and charges",
    """
    SELECT 1
    FROM (SELECT COALESCE(SUM(WEIGHT) FILTER (WHERE state NOT IN ('open', 'voided')), 0) AS settled,
                 COALESCE(SUM(WEIGHT) FILTER (WHERE state = 'voided'), 0) AS voided,
                 COALESCE(SUM(WEIGHT * amount_micros) FILTER (WHERE state <> 'open'), 0) AS amount,
                 COUNT(*) FILTER (WHERE (state = 'open') <> (resolved_at IS NULL)) AS odd
          FROM hold) h,
         (SELECT COALESCE(SUM(WEIGHT) FILTER (WHERE answered_at IS NOT NULL), 0) AS answered,
                 COALESCE(SUM(WEIGHT) FILTER (WHERE answered_at IS NULL), 0) AS unanswered,
                 COALESCE(SUM(WEIGHT * held_micros), 0) AS held, COALESCE(SUM(WEIGHT * cost_micros), 0) AS cost,
                 COALESCE(SUM(WEIGHT * cost_micros) FILTER (WHERE reversed_at IS NOT NULL), 0) AS back,
                 COUNT(*) FILTER (WHERE cost_micros > held_micros OR (answered_at IS NULL AND cost_micros <> 0)
                     OR announced_seconds < 0 OR limit_seconds < 0 OR talk_seconds > limit_seconds) AS odd
          FROM call_record) c,
         (SELECT COALESCE(SUM(WEIGHT * amount_micros) FILTER (WHERE kind <> 'reversal'), 0) AS spent,
                 COALESCE(SUM(WEIGHT * amount_micros) FILTER (WHERE kind = 'reversal'), 0) AS back,
                 COUNT(*) FILTER (WHERE amount_micros <= 0 OR (call_id IS NULL AND kind IN
                     ('call', 'connect_fee', 'block_fee', 'disconnect_fee', 'access_surcharge', 'tax'))) AS odd
          FROM ledger_entry) l
    WHERE h.odd + c.odd + l.odd > 0 OR h.settled <> c.answered OR h.voided <> c.unanswered OR h.amount <> c.held
       OR c.cost <> l.spent OR c.back <> l.back""".replace(
        "WEIGHT", "CAST(hashtextextended(call_id, :key) AS NUMERIC)"
    ),
    (*CALLS.covers, "I4 a call has its hold"),
)
LEDGER = Screen(
    "I1, I7, I16: every movement, its series, and the balances that follow",
    """
    WITH pair AS (
        SELECT source_wallet_id AS source, destination_wallet_id AS destination, SUM(amount_micros) AS amount,
               MIN(amount_micros) AS least, MIN(series_id) AS series, MAX(series_id) AS last_series,
               MIN(COALESCE(other_series_id, 0)) AS other, MAX(other_series_id) AS last_other
        FROM ledger_entry GROUP BY source_wallet_id, destination_wallet_id),
    moved AS (
        SELECT wallet_id, SUM(amount) AS amount FROM (
            SELECT destination AS wallet_id, amount FROM pair UNION ALL SELECT source, -amount FROM pair) AS sides
        GROUP BY wallet_id)
    SELECT 1 FROM (
        SELECT 1 AS one FROM pair p JOIN wallet a ON a.id = p.source JOIN wallet b ON b.id = p.destination
        LEFT JOIN card s ON s.wallet_id = p.source LEFT JOIN card d ON d.wallet_id = p.destination
        WHERE p.least <= 0 OR p.source = p.destination OR a.currency <> b.currency
           OR p.series <> COALESCE(s.series_id, d.series_id, 0) OR p.last_series <> p.series
           OR p.other <> CASE WHEN s.series_id <> d.series_id THEN d.series_id ELSE 0 END OR p.last_other <> p.other
        UNION ALL
        SELECT 1 FROM wallet w LEFT JOIN moved m ON m.wallet_id = w.id
        WHERE w.kind IN ('card', 'client') AND w.balance_micros <> w.opening_micros + COALESCE(m.amount, 0)) AS broken
    LIMIT 1""",
    ("I1 balance = opening + in - out", "I7 double entry", "I16 a filed entry knows the series of its cards"),
)
SCREENS = {"sqlite": (LEDGER, CALLS, STRAYS), "postgresql": (LEDGER, FINGERPRINTS)}


def screens(session: Session) -> tuple[Screen, ...]:
    return SCREENS[session.get_bind().dialect.name]


def finds(session: Session, screen: Screen) -> bool:
    """Whether any of its checks may be broken."""
    key = {"key": secrets.randbits(63)} if ":key" in screen.query else {}
    return session.execute(text(screen.query), key).first() is not None


def make_room(session: Session) -> None:
    """For this transaction only."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SET LOCAL work_mem = '{MEMORY_MB}MB'"))
