"""Cards at the end of their life, for the tests of expiry, lapse and revival: the example of VOS (V-13, V-14)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from factories import KEYS, World, a_world
from sqlalchemy import insert, select, update

from models import Card, LedgerEntry, LedgerKind, Wallet, WalletKind
from services.audit.audit import Actor, Door
from services.calls.identify_card import NotAccepted, identify_card
from services.cards.activate_card import activate_card
from services.cards.card_facts import series_terms
from services.upkeep.expire_cards import expire_cards
from services.upkeep.lapse_cards import lapse_cards

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from billing.refusals import Refusal
    from billing.states import CardStatus
    from services.upkeep.job_step import JobStep

JOB = Actor("expiry", Door.JOB)
ANNA = Actor("anna", Door.CONSOLE)
VILNIUS = ZoneInfo("Europe/Vilnius")
NEW_YORK = ZoneInfo("America/New_York")
NEW_YEAR = datetime(2026, 1, 1, 10, tzinfo=VILNIUS)
MINUTE = timedelta(minutes=1)
VOS: dict[str, Any] = {"expiry_period_days": 30, "expiry_grace_days": 7}


def local(day: date, zone: ZoneInfo = VILNIUS) -> datetime:
    """The midnight that begins this day."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


END = local(date(2026, 2, 1))  # valid through 31 January
GRACE_END = local(date(2026, 2, 8))  # kept through 7 February


def vos(session: Session, group: dict[str, Any] | None = None, **series: object) -> World:
    """Activated on 1 January at 10:00 in Vilnius, 30 days, 7 of grace."""
    world = a_world(session, group=group, series={**VOS, **series})
    activate(world, NEW_YEAR)
    return world


def activate(world: World, at: datetime, zone: ZoneInfo = VILNIUS, place: int = 0) -> None:
    card_id = world.cards[place].card_id
    assert activate_card(world.session, card_id, series_terms(world.session, card_id), at.astimezone(UTC), zone)


def ids(world: World) -> list[int]:
    return [card.card_id for card in world.cards]


def expire(world: World, now: datetime) -> JobStep:
    return expire_cards(world.session, ids(world), JOB, now)


def lapse(world: World, now: datetime, zone: ZoneInfo = VILNIUS) -> JobStep:
    return lapse_cards(world.session, ids(world), JOB, now, zone)


def state(world: World, place: int = 0) -> tuple[CardStatus, CardStatus | None]:
    query = select(Card.status, Card.status_before).where(Card.id == world.cards[place].card_id)
    status, before = world.session.execute(query).one()
    return status, before


def heard(world: World, now: datetime) -> Refusal | None:
    number, pin = world.keyed()
    answer = identify_card(world.session, KEYS, world.access(), number, pin, now)
    return answer.refusal if isinstance(answer, NotAccepted) else None


def lapses(world: World) -> list[tuple[str, int]]:
    return [(reference, amount) for kind, reference, amount in world.ledger() if kind == "lapse"]


def credit(world: World, amount: int, at: datetime) -> None:
    wallet_id = world.card().wallet_id
    house = world.session.scalars(select(Wallet.id).where(Wallet.kind == WalletKind.ADJUSTMENTS)).one()
    add = update(Wallet).where(Wallet.id == wallet_id).values(balance_micros=Wallet.balance_micros + amount)
    world.session.execute(add)
    entry = {"source_wallet_id": house, "destination_wallet_id": wallet_id, "amount_micros": amount}
    kind = {"kind": LedgerKind.ADJUSTMENT, "reference": f"test:{at}", "created_at": at, "actor": "test"}
    world.session.execute(insert(LedgerEntry).values(**entry, **kind))
