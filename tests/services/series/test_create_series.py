"""Making a series: its numbers, its PINs, its wallets, and what is refused before anything is made."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from factories import KEYS, NOW, World, a_group, a_rate_table, a_series, a_world, micros
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from billing.card_number import CardNumberRefused
from billing.states import CardStatus, PinEntryMode, SeriesStatus
from models import Card, CardSeries, LedgerEntry, Wallet, WalletKind
from services.series.create_series import SeriesRefused, create_series

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from services.series.create_series import NewCard


def made(session: Session, *, group: dict[str, Any] | None = None, **terms: object) -> list[NewCard]:
    group_id = a_group(session, **(group or {}))
    return create_series(session, KEYS, a_series(group_id, a_rate_table(session, "Table", ()), **terms), NOW)


def test_serials_are_consecutive_and_start_where_the_operator_says(session: Session) -> None:
    """JC-26, JC-47."""
    cards = made(session, group={"number_length": 11}, number=45, first_serial=1_122_333, quantity=2)
    assert [card.number for card in cards] == ["45-001122333", "45-001122334"]
    stored = session.scalars(select(Card.number).order_by(Card.serial)).all()
    assert stored == ["45001122333", "45001122334"]


def test_each_card_has_its_own_wallet_that_opens_with_the_face_value(session: Session) -> None:
    """JC-2, JC-27: 100 cards need no row in the ledger."""
    made(session, quantity=100)
    mine = Wallet.kind == WalletKind.CARD
    opened = session.execute(
        select(func.count(), func.min(Wallet.balance_micros), func.sum(Wallet.opening_micros)).where(mine)
    ).one()
    assert tuple(opened) == (100, micros("5.00"), 100 * micros("5.00"))
    assert session.scalar(select(func.count(func.distinct(Card.wallet_id)))) == 100
    assert session.scalar(select(func.count(LedgerEntry.id))) == 0


def test_the_house_is_open_in_the_currency_of_the_group(session: Session) -> None:
    group_id = a_group(session, currency="EUR")
    table_id = a_rate_table(session, "Euro", (), currency="EUR")
    for number in (1, 2):
        create_series(session, KEYS, a_series(group_id, table_id, number=number), NOW)
    kinds = session.scalars(select(Wallet.kind).where(Wallet.currency == "EUR", Wallet.kind != WalletKind.CARD)).all()
    assert len(kinds) == len(set(kinds)) == 6


def test_the_pins_of_neighbours_tell_nothing_about_each_other(session: Session) -> None:
    """JC-50: distinct, of the length asked for, in no order, and no step between neighbours comes twice."""
    pins = [card.pin for card in made(session, quantity=200, pin_length=12)]
    assert len(set(pins)) == 200
    assert {len(pin) for pin in pins} == {12}
    assert all(pin.isascii() and pin.isdigit() for pin in pins)
    steps = [int(after) - int(before) for before, after in pairwise(pins)]
    assert len(set(steps)) == len(steps)
    assert min(abs(step) for step in steps) > 1_000
    assert sorted(pins) not in (pins, pins[::-1])
    digits = "".join(pins)
    assert all(150 < digits.count(digit) < 330 for digit in "0123456789")


def test_a_pin_is_stored_as_digest_and_sealed_copy_only(session: Session) -> None:
    [card] = made(session, quantity=1)
    digest, sealed, number = session.execute(select(Card.pin_digest, Card.pin_encrypted, Card.number)).one()
    assert digest == KEYS.digest(card.pin)
    assert KEYS.decrypt(sealed, number) == card.pin
    assert card.pin.encode() not in digest + sealed


@pytest.mark.parametrize("status", [CardStatus.PENDING, CardStatus.INACTIVE])
def test_cards_begin_in_the_state_of_the_series(session: Session, status: CardStatus) -> None:
    """JC-30."""
    made(session, initial_card_status=status)
    assert set(session.scalars(select(Card.status))) == {status}
    assert session.scalars(select(CardSeries.status)).one() is SeriesStatus.ACTIVE


def test_a_card_that_no_one_has_used_expires_on_the_date_of_its_series(session: Session) -> None:
    """JC-38, by the platform's clock; else one call could spend all of an expired card. The period has not begun."""
    terms = {"expiry_date": date(2026, 11, 21), "expiry_period_days": 30, "expiry_grace_days": 7, "quantity": 1}
    group_id = a_group(session)
    series = a_series(group_id, a_rate_table(session, "Table", ()), **terms)
    create_series(session, KEYS, series, NOW, ZoneInfo("Europe/Vilnius"))
    ends = session.execute(select(Card.expires_at, Card.grace_ends_at)).one()
    assert tuple(ends) == (datetime(2026, 11, 21, 22, tzinfo=UTC), datetime(2026, 11, 28, 22, tzinfo=UTC))


def test_a_date_without_the_platforms_clock_is_refused(session: Session) -> None:
    with pytest.raises(SeriesRefused, match="time zone"):
        made(session, expiry_date=date(2026, 11, 21))


def test_a_number_of_another_length_than_the_groups_is_refused(session: Session) -> None:
    with pytest.raises(SeriesRefused, match="11 digits"):
        made(session, number=45)


def test_a_rate_table_of_another_currency_is_refused(session: Session) -> None:
    with pytest.raises(SeriesRefused, match="USD"):
        made(session, group={"currency": "EUR"})


@pytest.mark.parametrize("length", [7, 17])
def test_a_pin_length_out_of_range_is_refused(session: Session, length: int) -> None:
    """JC-29."""
    with pytest.raises(SeriesRefused, match="8 to 16"):
        made(session, pin_length=length)


def test_pins_that_log_in_alone_need_more_digits(session: Session) -> None:
    """features.md 3.9: 10 cards on 8 digits, and no eleventh."""
    group = {"pin_entry_mode": PinEntryMode.PIN_ONLY}
    with pytest.raises(SeriesRefused, match="11 cards are too many"):
        made(session, group=group, quantity=11, pin_length=8)


def test_the_pin_space_is_shared_by_all_series(session: Session) -> None:
    """features.md 3.9: n counts every card of this PIN length that logs in by its PIN alone."""
    group_id = a_group(session, pin_entry_mode=PinEntryMode.PIN_ONLY)
    table_id = a_rate_table(session, "Table", ())
    create_series(session, KEYS, a_series(group_id, table_id, quantity=6, pin_length=8), NOW)
    create_series(session, KEYS, a_series(group_id, table_id, number=2, quantity=50), NOW)
    other_id = a_group(session, name="Number and PIN")
    create_series(session, KEYS, a_series(other_id, table_id, number=3, quantity=50, pin_length=8), NOW)
    with pytest.raises(SeriesRefused, match="11 cards are too many"):
        create_series(session, KEYS, a_series(group_id, table_id, number=4, quantity=5, pin_length=8), NOW)
    create_series(session, KEYS, a_series(group_id, table_id, number=4, quantity=4, pin_length=8), NOW)


@pytest.mark.parametrize(
    ("terms", "error"),
    [
        ({"first_serial": 999_999_999, "quantity": 2}, CardNumberRefused),
        ({"first_serial": -1}, CardNumberRefused),
        ({"number": 0}, CardNumberRefused),
        ({"number": 100_000_001}, CardNumberRefused),
        ({"quantity": 0}, SeriesRefused),
        ({"quantity": 1_001}, SeriesRefused),
        ({"quantity": 1_000_001}, SeriesRefused),
        ({"face_value_micros": -1}, SeriesRefused),
        ({"activation_fee_micros": -1}, SeriesRefused),
        ({"maintenance_every_hours": 0}, SeriesRefused),
        ({"expiry_period_days": 0}, SeriesRefused),
        ({"expiry_grace_days": -1}, SeriesRefused),
        ({"initial_card_status": CardStatus.ACTIVATED}, SeriesRefused),
    ],
)
def test_terms_out_of_range_make_no_series(session: Session, terms: dict[str, Any], error: type[Exception]) -> None:
    """By a sentence that says what to change, before anything is written; the database would refuse it too."""
    with pytest.raises(error):
        made(session, **terms)
    session.rollback()
    assert session.scalar(select(func.count(CardSeries.id))) == 0


def test_a_series_number_is_given_once(world: World) -> None:
    """JC-9."""
    with pytest.raises(SeriesRefused, match="There is a series 1"):
        create_series(world.session, KEYS, a_series(world.group_id, world.rate_table_id), NOW)


def test_a_series_without_a_rate_table_cannot_be(session: Session) -> None:
    """JC-33: mandatory in the database too."""
    world = a_world(session)
    with pytest.raises(IntegrityError):
        world.set_series(rate_table_id=None)
