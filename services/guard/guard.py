"""The guard against guessing, shared by every door: before an entry `may_try`, after it `record_failure` or
`record_success` (reliability.md 11). All counts are in the database.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import case, insert, or_, update
from sqlalchemy.orm import Session

from billing.guard import GuardRules, after_failure, is_before, is_over_share
from billing.states import EntryKind, GuardScope
from models import Card, FailedEntry, GuardCounter
from services.guard.guard_budget import spend_budget
from services.guard.guard_counters import Counter, counters_locked, shift_right, write_counters
from services.guard.guard_entry import EntryAttempt
from services.guard.guard_gate import DEFAULT_RULES, may_try
from services.store.run import run

__all__ = ["EntryAttempt", "may_try", "record_failure", "record_success"]

NUMBERED = frozenset({EntryKind.NUMBER_AND_PIN, EntryKind.PORTAL})
NO_CARD = 0
log = structlog.get_logger()


def record_failure(session: Session, entry: EntryAttempt, now: datetime, rules: GuardRules = DEFAULT_RULES) -> bool:
    """Count a wrong entry on card, caller, lines and budget, and list it, in this transaction.

    False: wrong entries at the same instant locked the caller or spent the budget before it, so it is not admitted:
    answer `try-again-later`. An unknown number, a wrong secret and a locked card run the same statements.
    """
    if entry.kind in NUMBERED:
        _count_on_card(session, entry.card_id, now, rules)
    counters = counters_locked(session, [entry.person, *entry.lines], now)
    person = counters[entry.person]
    if is_before(now, person.locked_until) or not spend_budget(session, entry, now):
        return False
    lines = [counters[line] for line in entry.lines]
    after = [_caller_after(person, entry, now, rules), *(line.after_wrong(rules, now) for line in lines)]
    write_counters(session, after)
    run(session, insert(FailedEntry).values(_listed(entry, now)))
    for before, counted in zip(lines, after[1:], strict=True):
        if before.alarmed_at is None and counted.alarmed_at is not None:
            log.warning(
                "alarm",
                about="wrong entries",
                scope=counted.scope.value,
                subject=counted.subject,
                of_last_50=counted.failures,
            )
    return True


def record_success(session: Session, entry: EntryAttempt, now: datetime, rules: GuardRules = DEFAULT_RULES) -> None:
    """Count a right entry: it ends the card's row of wrong ones, and the share of wrong tries sinks by it.

    The caller's failures stay: whoever owns one card could else guess others without end.
    """
    if entry.card_id is not None and entry.kind is not EntryKind.VOUCHER:  # a voucher proves no PIN
        forgiven = (Card.id == entry.card_id) & (Card.pin_failures > 0)
        run(session, update(Card).where(forgiven).values(pin_failures=0, locked_until=None))
    count_right(session, entry, now, rules)


def count_right(session: Session, entry: EntryAttempt, now: datetime, rules: GuardRules) -> None:
    """One more right try of the entry's access number and trunk; an alarm ends when its share is permitted again."""
    if not entry.lines:
        return
    for line in shift_right(session, entry.lines):
        if line.alarmed_at is not None and not is_over_share(line.history, rules.share_percent_max):
            this_one = (GuardCounter.scope == line.scope) & (GuardCounter.subject == line.subject)
            run(session, update(GuardCounter).where(this_one).values(alarmed_at=None))
            log.info("alarm over", scope=line.scope.value, subject=line.subject, at=now.isoformat())


def _count_on_card(session: Session, card_id: int | None, now: datetime, rules: GuardRules) -> None:
    """The fifth wrong PIN in a row locks the card; the count begins anew when the lock has run out. Wrong PINs during
    a lock do not prolong it. Without a card the same statement finds no row.
    """
    locks = Card.pin_failures + 1 >= rules.card_failures_max
    until = now + timedelta(seconds=rules.card_lock_seconds)
    run(
        session,
        update(Card)
        .where(Card.id == (card_id or NO_CARD), or_(Card.locked_until.is_(None), Card.locked_until <= now))
        .values(
            pin_failures=case((locks, 0), else_=Card.pin_failures + 1),
            locked_until=case((locks, until), else_=Card.locked_until),
        ),
    )


def _caller_after(counter: Counter, entry: EntryAttempt, now: datetime, rules: GuardRules) -> Counter:
    is_visitor = counter.scope is GuardScope.ADDRESS
    failures_max = rules.caller_failures_max if is_visitor else rules.failures_max(entry.caller_id)
    after = after_failure(counter.standing, now, failures_max, rules.window_seconds)
    if after.locked_until != counter.locked_until and after.locked_until is not None:
        log.info("caller locked", scope=counter.scope.value, locks=after.locks, until=after.locked_until.isoformat())
    return counter.standing_as(after, now)


def _listed(entry: EntryAttempt, now: datetime) -> dict[str, object]:
    return {
        "happened_at": now,
        "kind": entry.kind,
        "door": entry.door.value,
        "caller_id": entry.caller_id,
        "access_number": entry.access_number,
        "trunk": entry.trunk,
        "address": entry.address,
        "card_id": entry.card_id,
    }
