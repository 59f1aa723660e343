"""Redeem a voucher on a card: one conditional UPDATE decides who gets it (features.md part 4, no. 2).

Every door asks the guard before it calls this, and tells it afterwards: a wrong entry where the refusal
`is_wrong_code`, a right one only after Redeemed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.recharge import RechargeProblem
from billing.states import VoucherStatus
from models import Voucher, VoucherBatch
from services.audit.audit import Act, Actor, Door, note
from services.cards.card_facts import CardFacts
from services.keys.pin_keys import KeySource
from services.money.add_credit import add_credit, locked_card, payment, recharge_problem, recharge_terms
from services.money.book_movement import Booked, Movement, find_booked
from services.vouchers.voucher_codes import code_digests, could_be_code

AMOUNT_PROBLEMS = (None, RechargeProblem.BELOW_MINIMUM, RechargeProblem.ABOVE_MAXIMUM)


OPERATORS_DOORS = (Door.CONSOLE, Door.CLI, Door.API)


class VoucherRefusal(StrEnum):
    """The value is the prompt's id, but for `not-rechargeable`: ask for `prompt_id`."""

    NOT_FOUND = "voucher-not-found"  # also a blocked one, and one of a batch that is still being made
    USED = "voucher-used"
    EXPIRED = "voucher-expired"
    TOP_UP_LIMIT = "top-up-limit"  # outside the limits of the group, or in another currency
    NOT_RECHARGEABLE = "not-rechargeable"  # whatever the code: such a card is no means to try codes

    @property
    def prompt_id(self) -> str:
        return VoucherRefusal.TOP_UP_LIMIT.value if self is VoucherRefusal.NOT_RECHARGEABLE else self.value

    @property
    def is_wrong_code(self) -> bool:
        """Counts as a wrong entry. A used code does too: it is no proof that the caller bought anything."""
        return self in (VoucherRefusal.NOT_FOUND, VoucherRefusal.USED)


SENTENCES: Final[Mapping[VoucherRefusal, str]] = {
    VoucherRefusal.NOT_FOUND: "This voucher is not known.",
    VoucherRefusal.USED: "This voucher has been used.",
    VoucherRefusal.EXPIRED: "This voucher has expired.",
    VoucherRefusal.TOP_UP_LIMIT: "This card cannot take that amount, or not in this currency.",
    VoucherRefusal.NOT_RECHARGEABLE: "This card takes no recharge as it is now.",
}


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What the voucher gave, and the balance right after it."""

    amount_micros: int
    balance_micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class _Found:
    id: int
    status: VoucherStatus
    redeemed_at: datetime | None
    redeemed_card_id: int | None
    value_micros: int
    currency: str
    expires_at: datetime | None
    made_at: datetime | None


def redeem_voucher(
    session: Session,
    keys: KeySource,
    card: CardFacts,
    code: str,
    now: datetime,
    zone: tzinfo,
    actor: Actor | None = None,
) -> Redeemed | VoucherRefusal:
    """The first failing line decides. `actor` is the card itself at the IVR if not given. The same act repeated (same
    card, code and `now`: a retry after a lost answer) gives the first result; a later one finds the voucher used.
    """
    card = locked_card(session, card.card_id)
    found = _find(session, keys, code)
    by = actor or Actor(card.number, Door.IVR)
    if found is not None and (found.redeemed_card_id, found.redeemed_at) == (card.card_id, now):
        return _first_result(session, card, found, by)
    refusal = _refusal(session, card, found, now)
    if found is None or refusal is not None:
        return refusal or VoucherRefusal.NOT_FOUND
    with session.begin_nested() as attempt:
        if not _take(session, found.id, card.card_id, now):
            return VoucherRefusal.USED
        booked = add_credit(session, card, _movement(session, card, found, by), now, zone)
        if isinstance(booked, Booked):
            _note(session, card, found, by, now)
            return Redeemed(found.value_micros, booked.balance_micros, card.currency)
        attempt.rollback()
    return VoucherRefusal.NOT_RECHARGEABLE if isinstance(booked, RechargeProblem) else VoucherRefusal.TOP_UP_LIMIT


def _refusal(session: Session, card: CardFacts, found: _Found | None, now: datetime) -> VoucherRefusal | None:
    terms = recharge_terms(session, card)
    amount_micros = found.value_micros if found else terms.min_micros
    problem = recharge_problem(session, card, terms, amount_micros, now)
    if problem not in AMOUNT_PROBLEMS:
        return VoucherRefusal.NOT_RECHARGEABLE
    if found is None:
        return VoucherRefusal.NOT_FOUND
    return _check_voucher(found, now) or _check_amount(found, card, problem)


def _check_voucher(found: _Found, now: datetime) -> VoucherRefusal | None:
    if found.made_at is None or found.status is VoucherStatus.BLOCKED:
        return VoucherRefusal.NOT_FOUND
    if found.status is VoucherStatus.REDEEMED:
        return VoucherRefusal.USED
    if found.expires_at is not None and now >= found.expires_at:
        return VoucherRefusal.EXPIRED
    return None


def _check_amount(found: _Found, card: CardFacts, problem: RechargeProblem | None) -> VoucherRefusal | None:
    if problem is not None or found.currency != card.currency:
        return VoucherRefusal.TOP_UP_LIMIT
    return None


def _find(session: Session, keys: KeySource, code: str) -> _Found | None:
    """What was keyed may be anything; only digits of a code's length are looked up."""
    if not could_be_code(code):
        return None
    columns: tuple[Any, ...] = (
        Voucher.id,
        Voucher.status,
        Voucher.redeemed_at,
        Voucher.redeemed_card_id,
        VoucherBatch.value_micros,
        VoucherBatch.currency,
        VoucherBatch.expires_at,
        VoucherBatch.made_at,
    )
    query = select(*columns).join(VoucherBatch, VoucherBatch.id == Voucher.batch_id)
    row = session.execute(query.where(Voucher.code_digest.in_(code_digests(keys.current(), code)))).one_or_none()
    if row is None:
        return None
    values: list[Any] = list(row)
    return _Found(*values)


def _take(session: Session, voucher_id: int, card_id: int, now: datetime) -> bool:
    """Of many callers with one voucher, one finds it ready; the row lock makes the others wait and then miss it."""
    taken = (
        update(Voucher)
        .where(Voucher.id == voucher_id, Voucher.status == VoucherStatus.READY)
        .values(status=VoucherStatus.REDEEMED, redeemed_at=now, redeemed_card_id=card_id)
        .returning(Voucher.id)
    )
    return session.scalars(taken).one_or_none() is not None


def _movement(session: Session, card: CardFacts, found: _Found, actor: Actor) -> Movement:
    return payment(session, card, found.value_micros, f"voucher:{found.id}", actor)


def _first_result(session: Session, card: CardFacts, found: _Found, actor: Actor) -> Redeemed:
    booked = find_booked(session, _movement(session, card, found, actor))
    assert isinstance(booked, Booked), found.id  # noqa: S101 (written by the transaction that took the voucher)
    return Redeemed(found.value_micros, booked.balance_micros, card.currency)


def _note(session: Session, card: CardFacts, found: _Found, actor: Actor, now: datetime) -> None:
    """A holder's own act stands in the ledger; that of an operator in the audit log too."""
    if actor.door in OPERATORS_DOORS:
        after = {"voucher_id": found.id, "amount_micros": found.value_micros}
        note(session, actor, Act("card.voucher_redeemed", "card", card.number, after=after), now)
