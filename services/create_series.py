"""Create a card series with all its cards in one transaction."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from billing.card_number import card_number, keyed_number, number_length
from billing.expiry import expires_at, grace_ends_at
from billing.pin import check_pin_space
from billing.states import CardStatus, MaintenanceStarts, PinEntryMode, SeriesStatus
from models import Card, CardGroup, CardSeries, RateTable, Wallet, WalletKind
from services.house_wallets import open_house
from services.pin_keys import PinKeys

DRAWS_MAX = 100  # the PIN space is at most a fifth full, so that a free PIN is found long before


class SeriesRefused(ValueError):
    """The series cannot be made so; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class NewSeries:
    """The commercial terms of a series (JC-23 to JC-40). Amounts are in the group's currency."""

    card_group_id: int
    number: int
    rate_table_id: int
    face_value_micros: int
    quantity: int
    first_serial: int = 1
    name: str | None = None
    pin_length: int = 12
    initial_card_status: CardStatus = CardStatus.PENDING
    portal_login: bool = False
    tax_profile_id: int | None = None
    routing_plan_id: int | None = None
    activation_fee_micros: int = 0
    maintenance_fee_micros: int = 0
    maintenance_every_hours: int = 24
    maintenance_starts: MaintenanceStarts = MaintenanceStarts.AFTER_PERIOD
    expiry_date: date | None = None
    expiry_period_days: int | None = None
    expiry_grace_days: int = 0
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class NewCard:
    """What is printed on a card. The PIN is shown here once; in the database it is a digest and an encrypted copy."""

    card_id: int
    number: str
    pin: str = field(repr=False)


def create_series(
    session: Session, keys: PinKeys, terms: NewSeries, now: datetime, zone: tzinfo | None = None
) -> list[NewCard]:
    """The cards of the new series, in the order of their serials. `zone` is the platform's: an expiration date ends
    by it.
    """
    group = session.get_one(CardGroup, terms.card_group_id)
    _check(session, terms, group)
    ends = _ends(terms, zone)
    open_house(session, group.currency)
    columns = {name: getattr(terms, name) for name in NewSeries.__slots__}
    made = (
        insert(CardSeries)
        .values(**columns, status=SeriesStatus.ACTIVE, created_at=now, made_at=now)
        .returning(CardSeries.id)
    )
    series_id = session.scalars(made).one()
    return [
        _card(session, keys, terms, {"series_id": series_id, "wallet_id": wallet_id, **ends}, place)
        for place, wallet_id in _wallets(session, terms, group)
    ]


def _check(session: Session, terms: NewSeries, group: CardGroup) -> None:
    digits = number_length(terms.number)
    if digits != group.number_length:
        raise SeriesRefused(
            f"Cards of series {terms.number} have {digits} digits, the group {group.name} asks for "
            f"{group.number_length}: choose another series number, or change the number length of the group."
        )
    currency = session.scalars(select(RateTable.currency).where(RateTable.id == terms.rate_table_id)).one()
    if currency != group.currency:
        raise SeriesRefused(
            f"The rate table is in {currency}, the group {group.name} in {group.currency}: "
            f"choose a table in {group.currency}."
        )
    cards_total = _cards_of_this_space(session, group.pin_entry_mode, terms.pin_length) + terms.quantity
    too_dense = check_pin_space(group.pin_entry_mode, terms.pin_length, cards_total)
    if too_dense:
        raise SeriesRefused(too_dense)


def _cards_of_this_space(session: Session, mode: PinEntryMode, pin_length: int) -> int:
    """The cards with PINs of this length; where the PIN logs in alone, those of such groups."""
    query = select(func.coalesce(func.sum(CardSeries.quantity), 0)).where(CardSeries.pin_length == pin_length)
    if mode is PinEntryMode.PIN_ONLY:
        query = query.join(CardGroup, CardGroup.id == CardSeries.card_group_id).where(CardGroup.pin_entry_mode == mode)
    return session.scalars(query).one()


def _wallets(session: Session, terms: NewSeries, group: CardGroup) -> Iterator[tuple[int, int]]:
    value = terms.face_value_micros
    row = {"kind": WalletKind.CARD, "currency": group.currency, "opening_micros": value, "balance_micros": value}
    made = insert(Wallet).returning(Wallet.id)
    return enumerate(session.scalars(made, [row] * terms.quantity).all())


def _ends(terms: NewSeries, zone: tzinfo | None) -> dict[str, datetime | None]:
    """A card that no one has used expires on the date of its series; the period begins when it is activated."""
    if terms.expiry_date is None:
        return {}
    if zone is None:
        raise SeriesRefused("An expiration date ends by the platform's clock: its time zone is needed.")
    expiry = expires_at(None, terms.expiry_date, None, zone)
    return {"expires_at": expiry, "grace_ends_at": grace_ends_at(expiry, terms.expiry_grace_days, zone)}


def _card(session: Session, keys: PinKeys, terms: NewSeries, common: dict[str, Any], place: int) -> NewCard:
    serial = terms.first_serial + place
    number = card_number(terms.number, serial)
    pin = _free_pin(session, keys, terms.pin_length)
    row = {
        **common,
        "serial": serial,
        "number": keyed_number(number),
        "pin_digest": keys.digest(pin),
        "pin_encrypted": keys.encrypt(pin, keyed_number(number)),
        "pin_key": keys.number,
        "status": terms.initial_card_status,
    }
    card_id = session.scalars(insert(Card).values(row).returning(Card.id)).one()
    return NewCard(card_id, number, pin)


def _free_pin(session: Session, keys: PinKeys, length: int) -> str:
    for _ in range(DRAWS_MAX):
        pin = "".join(secrets.choice("0123456789") for _ in range(length))
        if session.scalars(select(Card.id).where(Card.pin_digest == keys.digest(pin))).first() is None:
            return pin
    raise SeriesRefused(f"No free PIN of {length} digits was found: choose longer PINs.")
