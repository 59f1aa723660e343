"""Replace a lost card by another: balance, dates, phone, short numbers and language move in one transaction, and each
ledger names the other card (features.md V-30; part 4, no. 14).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from billing.states import CardStatus, ExpiryGivenBy
from models import Card, LedgerEntry, LedgerKind, Wallet
from services.audit.audit import Act, Actor, note
from services.cards.card_facts import CardFacts, get_card
from services.cards.card_lock import lock_cards
from services.cards.check_replacement import CardLife, ReplacementRefused, card_life, check_replacement
from services.cards.move_belongings import move_belongings
from services.money.wallet_balance import balance_after
from services.upkeep.charge_fees import book_due_fees, forgive_periods

REASON_CHARACTERS_MAX = 400  # the old card's reason also names the new one


@dataclass(frozen=True, slots=True)
class Replaced:
    """`amount_micros` moved, 0 if the old card was empty; `balance_micros` is what the new card had right after."""

    old_number: str
    new_number: str
    amount_micros: int
    balance_micros: int
    currency: str
    is_repeat: bool = False


def replace_card(
    session: Session, old_card_id: int, new_card_id: int, reason: str, actor: Actor, now: datetime
) -> Replaced:
    """Let an unused card take the place of another, and block the old one. A face value of its own stays on the new
    card: it holds the sum. The old card's dates hold for all of it, as does its maintenance clock. A repeat gives the
    first result.
    """
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
        raise ReplacementRefused(f"A replacement needs a reason of 1 to {REASON_CHARACTERS_MAX} characters.")
    if old_card_id == new_card_id:
        raise ReplacementRefused("A card cannot replace itself: give two cards.")
    lock_cards(session, [old_card_id, new_card_id])
    life = card_life(session, old_card_id)
    if life.replaced_by_card_id == new_card_id:
        return _first_result(session, old_card_id, new_card_id)
    _lock_wallets(session, old_card_id, new_card_id)
    check_replacement(session, get_card(session, old_card_id), get_card(session, new_card_id), life, now)
    book_due_fees(session, [old_card_id], actor, now)
    old, new = get_card(session, old_card_id), get_card(session, new_card_id)
    balance_micros = _move_money(session, old, new, reason, actor, now)
    _take_over(session, old, new, life, now)
    _go_on_charging(session, old, new, now)
    _retire(session, old, new, life, reason)
    moved = move_belongings(session, old, new, now, str(actor))
    replaced = Replaced(old.number, new.number, old.balance_micros, balance_micros, old.currency)
    _note(session, old, new, replaced, moved, reason, actor, now)
    return replaced


def _lock_wallets(session: Session, *card_ids: int) -> None:
    """In the order of their ids. From here no call can place a hold on either."""
    wallets = select(Card.wallet_id).where(Card.id.in_(card_ids))
    locked = select(Wallet.id).where(Wallet.id.in_(wallets)).order_by(Wallet.id)
    session.execute(locked.with_for_update(key_share=True)).all()


def _first_result(session: Session, old_card_id: int, new_card_id: int) -> Replaced:
    old, new = get_card(session, old_card_id), get_card(session, new_card_id)
    query = select(LedgerEntry.id, LedgerEntry.amount_micros).where(
        LedgerEntry.kind == LedgerKind.TRANSFER, LedgerEntry.reference == transfer_reference(old_card_id, new_card_id)
    )
    entry = session.execute(query).one_or_none()
    if entry is None:
        return Replaced(old.number, new.number, 0, new.balance_micros, old.currency, is_repeat=True)
    balance_micros = balance_after(session, new.wallet_id, entry.id)
    return Replaced(old.number, new.number, entry.amount_micros, balance_micros, old.currency, is_repeat=True)


def _move_money(session: Session, old: CardFacts, new: CardFacts, reason: str, actor: Actor, now: datetime) -> int:
    """All of it; the balance of the new card afterwards. Both wallets are locked and were read after that."""
    amount_micros = old.balance_micros
    if not amount_micros:
        return new.balance_micros
    sides = sorted(((old.wallet_id, -amount_micros), (new.wallet_id, amount_micros)))
    for wallet_id, gained_micros in sides:
        moved = {"balance_micros": Wallet.balance_micros + gained_micros}
        session.execute(update(Wallet).where(Wallet.id == wallet_id).values(moved))
    entry = {
        "source_wallet_id": old.wallet_id,
        "destination_wallet_id": new.wallet_id,
        "amount_micros": amount_micros,
        "kind": LedgerKind.TRANSFER,
        "reference": transfer_reference(old.card_id, new.card_id),
        "created_at": now,
        "actor": str(actor),
        "reason": reason,
        "series_id": old.series.id,
        "other_series_id": None if new.series.id == old.series.id else new.series.id,
    }
    session.execute(insert(LedgerEntry).values(entry))
    return new.balance_micros + amount_micros


def transfer_reference(old_card_id: int, new_card_id: int) -> str:
    return f"transfer:{old_card_id}:{new_card_id}"


def _take_over(session: Session, old: CardFacts, new: CardFacts, life: CardLife, now: datetime) -> None:
    """The new card goes on where the old one was. A date that is not by the rules of its own series must not follow
    them later.
    """
    is_same_series = old.series.id == new.series.id
    values = {
        "status": CardStatus.EXPIRED if life.status is CardStatus.EXPIRED else life.state,
        "status_before": life.status_before if life.status is CardStatus.EXPIRED else None,
        "activated_at": life.activated_at,
        "expires_at": life.expires_at,
        "grace_ends_at": life.grace_ends_at,
        "expiry_given_by": life.expiry_given_by or (None if is_same_series else ExpiryGivenBy.OPERATOR),
        "language": life.language or new.language,
        "released_at": func.coalesce(Card.released_at, now),
    }
    session.execute(update(Card).where(Card.id == new.card_id).values(values))


def _go_on_charging(session: Session, old: CardFacts, new: CardFacts, now: datetime) -> None:
    """The maintenance clock runs on. What the old card owed is booked, so the periods until now are done, also those
    of another series with other hours.
    """
    clock = card_life(session, old.card_id)
    is_same_series = old.series.id == new.series.id
    values = {
        "maintenance_since": clock.maintenance_since,
        "maintenance_periods_before": clock.maintenance_periods_before if is_same_series else 0,
        "maintenance_periods_done": clock.maintenance_periods_done if is_same_series else 0,
    }
    session.execute(update(Card).where(Card.id == new.card_id).values(values))
    forgive_periods(session, [new.card_id], now)


def _retire(session: Session, old: CardFacts, new: CardFacts, life: CardLife, reason: str) -> None:
    values = {
        "status": CardStatus.BLOCKED,
        "status_before": life.status_before if life.status is CardStatus.BLOCKED else life.state,
        "status_reason": f"replaced by {new.number}: {reason}",
        "replaced_by_card_id": new.card_id,
    }
    session.execute(update(Card).where(Card.id == old.card_id).values(values))


def _note(
    session: Session,
    old: CardFacts,
    new: CardFacts,
    replaced: Replaced,
    moved: dict[str, Any],
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """An act on each card, each naming the other."""
    facts = {"amount_micros": replaced.amount_micros, **moved}
    before = {"status": old.status.value, "balance_micros": old.balance_micros}
    after = {"status": CardStatus.BLOCKED.value, "replaced_by": new.number, **facts}
    note(session, actor, Act("card.replaced", "card", old.number, before, after, reason), now)
    before = {"status": new.status.value, "balance_micros": new.balance_micros}
    taken = get_card(session, new.card_id)
    after = {"status": taken.status.value, "balance_micros": taken.balance_micros, "replaces": old.number, **facts}
    note(session, actor, Act("card.replaces", "card", new.number, before, after, reason), now)
