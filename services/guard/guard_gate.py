"""What the guard has counted about an entry, as columns without a table: read alone, or beside the card in one
statement.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, func, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from billing.guard import GateFacts, GuardRules, TryVerdict, judge
from billing.states import GuardScope
from models import BlockedPhone, Card, GuardBudget, GuardCounter
from services.guard.guard_entry import EntryAttempt, undialled_subject
from services.store.run import Values, run

DEFAULT_RULES: Final = GuardRules()


def may_try(session: Session, entry: EntryAttempt, now: datetime, rules: GuardRules = DEFAULT_RULES) -> TryVerdict:
    """Whether this entry may be tried, before it is compared with anything. One statement."""
    return verdict(read_gate(session, entry, now), entry, now, rules)


def read_gate(session: Session, entry: EntryAttempt, now: datetime) -> Sequence[Any]:
    """The values of GATE_COLUMNS, by a statement of their own."""
    return run(session, GATE, gate_values(entry, now)).one()


def verdict(gate: Sequence[Any], entry: EntryAttempt, now: datetime, rules: GuardRules) -> TryVerdict:
    """Judge the values of GATE_COLUMNS."""
    return judge(GateFacts(*gate), rules, now, budget_refuses=entry.is_secret_alone)


def has_wrong_tries(gate: Sequence[Any]) -> bool:
    """A right entry needs to be counted only where a wrong one is among the last tries of its lines."""
    facts = GateFacts(*gate)
    return bool(facts.access_history or facts.trunk_history)


def gate_values(entry: EntryAttempt, now: datetime) -> Values:
    """The parameters of GATE_COLUMNS; what is not known finds no row."""
    scope, person = entry.person
    lines = dict(entry.lines)
    has_name = entry.caller_id is not None and entry.access_number is not None
    return {
        "gate_scope": scope,
        "gate_person": person,
        "gate_access": lines.get(GuardScope.ACCESS_NUMBER),
        "gate_trunk": lines.get(GuardScope.TRUNK),
        "gate_day": now.astimezone(UTC).date(),
        "gate_kind": entry.kind,
        "gate_length": entry.secret_length,
        "gate_card": entry.card_id,
        "gate_caller": entry.caller_id,
        "gate_undialled": undialled_subject(entry.caller_id or "", entry.access_number or "") if has_name else None,
    }


def _counter(column: InstrumentedAttribute[Any], scope: ColumnElement[Any], subject: str) -> ColumnElement[Any]:
    this_one = (GuardCounter.scope == scope) & (GuardCounter.subject == bindparam(subject, type_=COUNTED.type))
    return select(column).where(this_one).scalar_subquery()


def _budget(column: InstrumentedAttribute[int]) -> ColumnElement[Any]:
    this_one = (
        (GuardBudget.day == bindparam("gate_day"))
        & (GuardBudget.kind == bindparam("gate_kind"))
        & (GuardBudget.secret_length == bindparam("gate_length"))
    )
    return select(column).where(this_one).scalar_subquery()


def _word(scope: GuardScope) -> ColumnElement[Any]:
    return literal(scope, GuardCounter.scope.type)


COUNTED: Final = GuardCounter.subject
# The fields of GateFacts in their order, each found by a primary key.
GATE_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    _counter(GuardCounter.locked_until, bindparam("gate_scope", type_=GuardCounter.scope.type), "gate_person"),
    func.coalesce(_counter(GuardCounter.history, _word(GuardScope.ACCESS_NUMBER), "gate_access"), 0),
    func.coalesce(_counter(GuardCounter.history, _word(GuardScope.TRUNK), "gate_trunk"), 0),
    func.coalesce(_budget(GuardBudget.failures), 0),
    _budget(GuardBudget.allowed),
    select(Card.locked_until).where(Card.id == bindparam("gate_card", type_=Card.id.type)).scalar_subquery(),
    _counter(GuardCounter.locked_until, _word(GuardScope.UNDIALLED), "gate_undialled"),
    select(BlockedPhone.blocked_at)
    .where(BlockedPhone.caller_id == bindparam("gate_caller", type_=BlockedPhone.caller_id.type))
    .scalar_subquery(),
)
GATE: Final = select(*GATE_COLUMNS)
