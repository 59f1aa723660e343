"""Prove the money: every invariant of the ledger, the holds, the calls and the cards, each by one query that finds
its breaches.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from services.audit.audit import broken_links
from services.money.verify_screens import Screen, finds, make_room, screens

Look = Callable[[Session], list["Breach"]]
BREACHES_SHOWN_MAX = 100  # of each invariant; the first ones tell the story


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken invariant: which (reliability.md 9), of what, and expected against found."""

    invariant: str
    subject: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.subject}: expected {self.expected}, found {self.found}"


# Each query yields (subject, expected, found) for what is broken and nothing where all is well. SECONDS(moment) is
# written in the words of each database.
CHECKS = {
    "I1 balance = opening + in - out": """
        WITH moved AS (
            SELECT wallet_id, SUM(amount) AS amount FROM (
                SELECT destination_wallet_id AS wallet_id, amount_micros AS amount FROM ledger_entry
                UNION ALL SELECT source_wallet_id, -amount_micros FROM ledger_entry) AS sides
            GROUP BY wallet_id)
        SELECT 'wallet ' || w.id, w.opening_micros + COALESCE(m.amount, 0), w.balance_micros
        FROM wallet w LEFT JOIN moved m ON m.wallet_id = w.id
        WHERE w.kind IN ('card', 'client') AND w.balance_micros <> w.opening_micros + COALESCE(m.amount, 0)""",
    "I2 held = sum of open holds": """
        SELECT 'wallet ' || w.id, COALESCE(h.amount, 0) || ' in ' || COALESCE(h.holds, 0),
               w.held_micros || ' in ' || w.open_holds
        FROM wallet w LEFT JOIN (SELECT wallet_id, SUM(amount_micros) AS amount, COUNT(*) AS holds
                                 FROM hold WHERE state = 'open' GROUP BY wallet_id) h ON h.wallet_id = w.id
        WHERE w.held_micros <> COALESCE(h.amount, 0) OR w.open_holds <> COALESCE(h.holds, 0)""",
    "I3 never overdrawn": """
        SELECT 'wallet ' || id, 'held >= 0 and available >= 0',
               'balance ' || balance_micros || ', held ' || held_micros || ', credit ' || credit_limit_micros
        FROM wallet WHERE held_micros < 0 OR balance_micros - held_micros < -credit_limit_micros""",
    "I4 a hold is resolved once": """
        SELECT 'call ' || h.call_id, 'a call record if and only if resolved', h.state
        FROM hold h LEFT JOIN call_record c ON c.call_id = h.call_id
        WHERE (h.state = 'open') <> (c.call_id IS NULL) OR (h.state = 'open') <> (h.resolved_at IS NULL)""",
    "I4 a call has its hold": """
        SELECT 'call ' || c.call_id, 'a hold', 'none'
        FROM call_record c LEFT JOIN hold h ON h.call_id = c.call_id WHERE h.call_id IS NULL""",
    "I5 an answered call has a settled hold, another a voided one": """
        SELECT 'call ' || c.call_id, CASE WHEN c.answered_at IS NULL THEN 'voided' ELSE 'settled' END, h.state
        FROM call_record c JOIN hold h ON h.call_id = c.call_id
        WHERE (c.answered_at IS NULL) <> (h.state = 'voided')""",
    "I5 a charge has an answered call": """
        SELECT 'ledger entry ' || l.id, 'an answered call', COALESCE(l.call_id, 'no call')
        FROM ledger_entry l LEFT JOIN call_record c ON c.call_id = l.call_id
        WHERE l.kind IN ('call', 'connect_fee', 'block_fee', 'disconnect_fee', 'access_surcharge', 'tax')
          AND c.answered_at IS NULL""",
    "I6 the charge is what the ledger says, and within the hold": """
        SELECT 'call ' || c.call_id, c.cost_micros || ' of ' || h.amount_micros, CAST(COALESCE(l.amount, 0) AS
        VARCHAR(40))
        FROM call_record c JOIN hold h ON h.call_id = c.call_id
        LEFT JOIN (SELECT call_id, SUM(amount_micros) AS amount FROM ledger_entry
                   WHERE call_id IS NOT NULL AND kind <> 'reversal' GROUP BY call_id) l ON l.call_id = c.call_id
        WHERE c.cost_micros <> COALESCE(l.amount, 0) OR c.cost_micros > h.amount_micros
           OR c.held_micros <> h.amount_micros""",
    "I6 a reversed call was given back whole, and no other one": """
        SELECT 'call ' || c.call_id, CASE WHEN c.reversed_at IS NULL THEN 0 ELSE c.cost_micros END,
               COALESCE(r.amount, 0)
        FROM call_record c
        LEFT JOIN (SELECT call_id, SUM(amount_micros) AS amount FROM ledger_entry WHERE kind = 'reversal'
                   GROUP BY call_id) r ON r.call_id = c.call_id
        WHERE COALESCE(r.amount, 0) <> CASE WHEN c.reversed_at IS NULL THEN 0 ELSE c.cost_micros END""",
    "I6 a reversal is one entry of a call, the other way round": """
        WITH reversal AS (
            SELECT l.*, CASE WHEN l.reference LIKE 'entry:%' AND LENGTH(l.reference) BETWEEN 7 AND 24
                              AND LTRIM(SUBSTR(l.reference, 7), '0123456789') = ''
                             THEN CAST(SUBSTR(l.reference, 7) AS BIGINT) END AS of_id
            FROM ledger_entry l WHERE l.kind = 'reversal')
        SELECT 'ledger entry ' || r.id, 'the mirror of an entry of its call', r.reference
        FROM reversal r LEFT JOIN ledger_entry o ON o.id = r.of_id
        WHERE o.id IS NULL OR o.kind = 'reversal' OR o.call_id IS NULL OR r.call_id IS NULL OR o.call_id <> r.call_id
           OR o.source_wallet_id <> r.destination_wallet_id OR o.destination_wallet_id <> r.source_wallet_id
           OR o.amount_micros <> r.amount_micros""",
    "I7 double entry": """
        SELECT 'ledger entry ' || id, 'two sides of one currency and a positive amount', CAST(amount_micros AS
        VARCHAR(40))
        FROM ledger_entry l
        WHERE amount_micros <= 0 OR source_wallet_id = destination_wallet_id
           OR (SELECT currency FROM wallet WHERE id = source_wallet_id)
              <> (SELECT currency FROM wallet WHERE id = destination_wallet_id)""",
    "I9 a redeemed voucher was credited once, to its card": """
        SELECT 'voucher ' || v.id, CASE WHEN v.status = 'redeemed' THEN b.value_micros || ' to its card' ELSE 'nothing'
               END, COALESCE(l.amount_micros || ' to wallet ' || l.destination_wallet_id, 'nothing')
        FROM voucher v JOIN voucher_batch b ON b.id = v.batch_id LEFT JOIN card c ON c.id = v.redeemed_card_id
        LEFT JOIN ledger_entry l ON l.kind = 'recharge' AND l.reference = 'voucher:' || v.id
        WHERE (v.status = 'redeemed') <> (l.id IS NOT NULL)
           OR l.amount_micros <> b.value_micros OR l.destination_wallet_id <> c.wallet_id""",
    "I9 a credit by voucher has its voucher": """
        SELECT 'ledger entry ' || l.id, 'a voucher', l.reference
        FROM ledger_entry l WHERE l.kind = 'recharge' AND l.reference LIKE 'voucher:%'
          AND NOT EXISTS (SELECT 1 FROM voucher v
                          WHERE v.id = CAST(substr(l.reference, 9) AS BIGINT) AND v.status = 'redeemed')""",
    "I9 fee rows are unique": """
        SELECT kind || ' ' || reference, 'one row', CAST(COUNT(*) AS VARCHAR(40))
        FROM ledger_entry WHERE kind IN ('activation_fee', 'maintenance_fee')
        GROUP BY kind, reference HAVING COUNT(*) > 1""",
    "I9 a maintenance fee is for one period of one card, not before it was due": r"""
        WITH fee AS (
            SELECT l.id, l.reference, l.created_at, c.id AS card_id, c.series_id,
                   c.activated_at, c.maintenance_since, c.maintenance_periods_before AS before,
                   c.maintenance_periods_done AS done,
                   REPLACE(l.reference, 'card:' || c.id || '\:period\:', '') AS period
            FROM ledger_entry l LEFT JOIN card c ON c.wallet_id = l.source_wallet_id
            WHERE l.kind = 'maintenance_fee'),
        counted AS (
            SELECT fee.*, CASE WHEN LTRIM(period, '0123456789') = '' AND LENGTH(period) BETWEEN 1 AND 9
                               THEN CAST(period AS BIGINT) END AS number FROM fee)
        SELECT 'ledger entry ' || f.id, 'a period of ' || COALESCE(f.done, 0) || ' done, when it was due', f.reference
        FROM counted f LEFT JOIN card_series s ON s.id = f.series_id
        WHERE f.number IS NULL OR f.activated_at IS NULL OR f.number NOT BETWEEN 1 AND f.done
           OR f.reference <> 'card:' || f.card_id || '\:period\:' || f.number
           OR f.maintenance_since IS NULL AND SECONDS(f.created_at) - SECONDS(f.activated_at)
              < s.maintenance_every_hours * 3600
                * (CASE WHEN s.maintenance_starts = 'at_activation' THEN f.number - 1 ELSE f.number END)
           OR f.number > f.before AND SECONDS(f.created_at) - SECONDS(f.maintenance_since)
              < s.maintenance_every_hours * 3600 * (f.number - f.before)""",
    "I9 a lapse leaves nothing": """
        SELECT 'ledger entry ' || l.id, '0',
               CAST(w.opening_micros + SUM(CASE WHEN m.destination_wallet_id = w.id THEN m.amount_micros
                                                ELSE -m.amount_micros END) AS VARCHAR(40))
        FROM ledger_entry l JOIN wallet w ON w.id = l.source_wallet_id
        JOIN ledger_entry m ON (m.source_wallet_id = w.id OR m.destination_wallet_id = w.id) AND m.id <= l.id
        WHERE l.kind = 'lapse' GROUP BY l.id, w.id, w.opening_micros
        HAVING w.opening_micros + SUM(CASE WHEN m.destination_wallet_id = w.id THEN m.amount_micros
                                           ELSE -m.amount_micros END) <> 0""",
    "I10 a series has as many cards as were asked for": """
        SELECT 'series ' || s.number, s.quantity || ' numbers and PINs',
               COUNT(DISTINCT c.number) || ' numbers, ' || COUNT(DISTINCT c.pin_digest) || ' PINs'
        FROM card_series s LEFT JOIN card c ON c.series_id = s.id GROUP BY s.id, s.number, s.quantity, s.made_at
        HAVING (s.made_at IS NOT NULL AND COUNT(DISTINCT c.number) <> s.quantity)
            OR COUNT(DISTINCT c.number) > s.quantity OR COUNT(DISTINCT c.pin_digest) <> COUNT(DISTINCT c.number)""",
    "I11 a card's state fits its history": """
        SELECT 'card ' || c.id, 'unused, as no call of it was charged', c.status
        FROM card c WHERE c.status IN ('inactive', 'pending')
          AND EXISTS (SELECT 1 FROM call_record r WHERE r.card_id = c.id AND r.cost_micros > 0)""",
    "I11 only a stopped card remembers a state, and one that fits its activation": """
        SELECT 'card ' || c.id, 'a state to which it goes back, as it was used or not',
               c.status || ' before ' || c.status_before
        FROM card c WHERE c.status_before IS NOT NULL
          AND (c.status NOT IN ('blocked', 'expired') OR c.status_before = 'blocked'
               OR (c.status_before IN ('inactive', 'pending') AND c.activated_at IS NOT NULL)
               OR (c.status_before IN ('activated', 'used') AND c.activated_at IS NULL))""",
    "I12 each call tells what was announced": """
        SELECT 'call ' || call_id, 'announced and granted seconds', announced_seconds || ' of ' || limit_seconds
        FROM call_record WHERE announced_seconds < 0 OR limit_seconds < 0 OR talk_seconds > limit_seconds""",
    "I14 a budget half spent raised its alarm": """
        SELECT 'wrong entries of ' || kind || ' with ' || secret_length || ' digits', 'an alarm',
               failures || ' of ' || allowed || ' and none'
        FROM guard_budget WHERE failures * 2 >= allowed AND alarmed_at IS NULL""",
    "I15 a carrier's counted lines are those of open holds": """
        SELECT 'account ' || a.id, COALESCE(h.calls, 0) || ' lines', COALESCE(l.terminating, 0) || ' lines'
        FROM account a LEFT JOIN account_load l ON l.account_id = a.id
        LEFT JOIN (SELECT route_account_id, COUNT(*) AS calls FROM hold
                   WHERE state = 'open' AND route_account_id IS NOT NULL GROUP BY route_account_id) h
            ON h.route_account_id = a.id
        WHERE COALESCE(l.terminating, 0) <> COALESCE(h.calls, 0)""",
    "I16 a filed wallet knows the series of its card": """
        SELECT 'wallet ' || w.id, 'series ' || COALESCE(c.series_id, 0), 'series ' || w.series_id
        FROM wallet w LEFT JOIN card c ON c.wallet_id = w.id
        WHERE w.series_id <> COALESCE(c.series_id, 0)""",
    "I16 a filed entry knows the series of its cards": """
        SELECT 'ledger entry ' || l.id, 'series ' || COALESCE(s.series_id, d.series_id, 0),
               'series ' || COALESCE(l.series_id, 0) || ', other ' || COALESCE(l.other_series_id, 0)
        FROM ledger_entry l LEFT JOIN card s ON s.wallet_id = l.source_wallet_id
        LEFT JOIN card d ON d.wallet_id = l.destination_wallet_id
        WHERE l.series_id <> COALESCE(s.series_id, d.series_id, 0)
           OR COALESCE(l.other_series_id, 0)
              <> CASE WHEN l.series_id IS NOT NULL AND s.series_id <> d.series_id THEN d.series_id ELSE 0 END""",
}

SECONDS = {
    "sqlite": r"CAST(STRFTIME('%s', \1) AS INTEGER)",
    "postgresql": r"FLOOR(EXTRACT(EPOCH FROM \1))",
}

TRIGGERS = {
    "ledger_entry_no_update",
    "audit_entry_no_update",
    "wallet_opening_fixed",
    "wallet_no_delete",
}
TRIGGERS_SQLITE = TRIGGERS | {"ledger_entry_no_delete", "audit_entry_no_delete"}
TRIGGERS_POSTGRESQL = TRIGGERS | {"ledger_entry_no_truncate", "audit_entry_no_truncate"}


def verify_ledger(session: Session) -> list[Breach]:
    """Every breach found; an empty list proves the money. Use a read session: it sees one moment of the database."""
    return [breach for _, breaches in looks(session) for breach in breaches]


def looks(session: Session) -> Iterator[tuple[str, list[Breach]]]:
    """One after the other, each with its breaches."""
    for what, look in ledger_looks(session).items():
        yield what, look(session)


def ledger_looks(session: Session) -> dict[str, Look]:
    """All that proves the ledger, the longest first; each may run on a connection of its own. The checks that a screen
    covers run when it finds any.
    """
    works: dict[str, Callable[[Session], Iterator[Breach]]] = {
        screen.what: partial(_screened, screen=screen) for screen in screens(session)
    }
    covered = {name for screen in screens(session) for name in screen.covers}
    alone = {name: query for name, query in CHECKS.items() if name not in covered}
    works |= {name: partial(_breaches, name=name, query=query) for name, query in alone.items()}
    works |= {"audit log": _broken_audit_log, "guards": _missing_guards}
    return {what: partial(_looked, work=work) for what, work in works.items()}


def _looked(session: Session, work: Callable[[Session], Iterator[Breach]]) -> list[Breach]:
    make_room(session)
    return list(work(session))


def _screened(session: Session, screen: Screen) -> Iterator[Breach]:
    if not finds(session, screen):
        return
    for name in screen.covers:
        yield from _breaches(session, name, CHECKS[name])


def _breaches(session: Session, name: str, query: str) -> Iterator[Breach]:
    seconds = SECONDS[session.get_bind().dialect.name]
    rows = session.execute(text(re.sub(r"SECONDS\((.*?)\)", seconds, f"{query} LIMIT {BREACHES_SHOWN_MAX}")))
    for subject, expected, found in rows:
        yield Breach(name, str(subject), str(expected), str(found))


def _broken_audit_log(session: Session) -> Iterator[Breach]:
    """I13: no act was changed, removed or put in between."""
    for sentence in islice(broken_links(session), BREACHES_SHOWN_MAX):
        yield Breach("I13 the audit log is whole", "audit log", "every link of the chain", sentence)


def _missing_guards(session: Session) -> Iterator[Breach]:
    """I8, I9: what keeps the ledger append-only and free of duplicates is there and switched on."""
    if session.get_bind().dialect.name == "sqlite":
        wanted, query = TRIGGERS_SQLITE, "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        wanted, query = TRIGGERS_POSTGRESQL, "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
    present = set(session.scalars(text(query)))
    for missing in sorted(wanted - present):
        yield Breach("I8 the ledger is append-only", f"trigger {missing}", "present and enabled", "missing or disabled")
    keys = [set(key["column_names"]) for key in inspect(session.connection()).get_unique_constraints("ledger_entry")]
    if {"kind", "reference"} not in keys:
        yield Breach("I9 a reference is booked once", "unique key (kind, reference)", "present", "missing")
