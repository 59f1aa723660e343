"""Top a card up by a voucher code that its holder enters: the guard first, then the voucher."""

from dataclasses import replace
from datetime import datetime, tzinfo

from sqlalchemy.orm import Session

from billing.guard import GuardRules
from billing.refusals import Refusal
from services.audit.audit import Actor
from services.cards.card_facts import CardFacts
from services.guard.guard import record_failure, record_success
from services.guard.guard_entry import EntryAttempt
from services.guard.guard_gate import may_try
from services.keys.pin_keys import KeySource
from services.vouchers.redeem_voucher import Redeemed, VoucherRefusal, redeem_voucher


def top_up(
    session: Session,
    keys: KeySource,
    card: CardFacts,
    code: str,
    attempt: EntryAttempt,
    now: datetime,
    zone: tzinfo,
    rules: GuardRules,
) -> Redeemed | VoucherRefusal | Refusal:
    """`attempt` says by which door and whose entry it is. Refusal.TRY_AGAIN_LATER: the guard lets nothing be tried."""
    entry = replace(attempt, secret_length=len(code), card_id=card.card_id)
    verdict = may_try(session, entry, now, rules)
    if verdict.refusal is not None:
        return verdict.refusal
    result = redeem_voucher(session, keys, card, code, now, zone, Actor(card.number, attempt.door))
    if isinstance(result, Redeemed):
        record_success(session, entry, now, rules)
    elif result.is_wrong_code and not record_failure(session, entry, now, rules):
        return Refusal.TRY_AGAIN_LATER
    return result
