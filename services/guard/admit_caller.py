"""Admit a caller: the card of a known phone, and whether any other may be asked for a card; one or two statements."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy.orm import Session

from billing.guard import GateFacts, GuardRules, TryVerdict, is_before
from services.calls.access import Access
from services.calls.day_limits import is_pin_asked
from services.calls.identify_card import Identified, NotAccepted, check_card_facts, find_bound_card_and_gate
from services.guard.guard_entry import Caller, entry_of
from services.guard.guard_gate import DEFAULT_RULES, read_gate, verdict


@dataclass(frozen=True, slots=True)
class Admission:
    """`bound` is the card of the phone, or why it may not call; `verdict` holds for entries of anyone else.

    `is_shut_out`: blocked by an operator, or too many calls without a destination: not even a bound phone goes on.
    """

    bound: Identified | NotAccepted | None
    verdict: TryVerdict
    is_shut_out: bool


def admit_caller(
    session: Session, access: Access, caller: Caller, now: datetime, zone: tzinfo, rules: GuardRules = DEFAULT_RULES
) -> Admission:
    """What the gates of features.md 5.3 say about this caller now. A known phone whose card has spent today what may
    be spent without its PIN counts as not bound (3.10); days end by the clock of `zone`.
    """
    entry = entry_of(access, caller, access.entry.pin_length or 0)
    found = find_bound_card_and_gate(session, access, entry, now)
    gate = read_gate(session, entry, now) if found is None else found[1]
    bound = None if found is None or found[0] is None else check_card_facts(found[0], now)
    if isinstance(bound, Identified) and is_pin_asked(session, bound.card, now, zone):
        bound = None
    facts = GateFacts(*gate)
    is_blocked, is_shut_out = facts.blocked_at is not None, is_before(now, facts.undialled_until)
    return Admission(bound, verdict(gate, entry, now, rules), is_blocked or is_shut_out)
