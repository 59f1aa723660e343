"""Refill a card by a voucher in the portal: as by telephone, and a form that is sent twice books once."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.guard import GuardRules
from billing.refusals import Refusal
from billing.states import EntryKind
from models import Voucher, VoucherBatch
from services.audit.audit import Door
from services.cards.card_facts import CardFacts
from services.guard.guard_entry import EntryAttempt
from services.keys.pin_keys import KeySource
from services.money.add_credit import locked_card
from services.money.top_up import top_up
from services.vouchers.redeem_voucher import Redeemed, VoucherRefusal
from services.vouchers.voucher_codes import code_digests, could_be_code

CODE_DIGITS_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class OnThisCard:
    """The voucher was redeemed on this very card before: its first result, and nothing is booked again."""

    amount_micros: int
    redeemed_at: datetime


def refill(
    session: Session,
    keys: KeySource,
    card: CardFacts,
    code: str,
    address: str,
    now: datetime,
    zone: tzinfo,
    rules: GuardRules,
) -> Redeemed | OnThisCard | VoucherRefusal | Refusal:
    """The card is locked first, so that of two at once the second finds what the first has done."""
    digits = "".join(code.replace("-", " ").split())[:CODE_DIGITS_MAX]
    card = locked_card(session, card.card_id)
    done = _done(session, keys, card.card_id, digits)
    if done is not None:
        return done
    attempt = EntryAttempt(EntryKind.VOUCHER, Door.PORTAL, 0, address=address)
    return top_up(session, keys, card, digits, attempt, now, zone, rules)


def _done(session: Session, keys: KeySource, card_id: int, code: str) -> OnThisCard | None:
    """It tells a holder what that holder did: nobody learns a code by it, so the guard need not count it."""
    if not could_be_code(code):
        return None
    query = (
        select(VoucherBatch.value_micros, Voucher.redeemed_at)
        .join(VoucherBatch, VoucherBatch.id == Voucher.batch_id)
        .where(Voucher.code_digest.in_(code_digests(keys.current(), code)), Voucher.redeemed_card_id == card_id)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else OnThisCard(row.value_micros, row.redeemed_at)
