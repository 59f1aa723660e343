"""The demo: access numbers, card groups, JeraSoft's three example series, rate tables and carriers, ready for a
first call.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import exists, insert, select, update
from sqlalchemy.orm import Session

from billing.money import MICROS_PER_UNIT
from billing.states import CardStatus, PinEntryMode
from models import (
    AccessNumber,
    CardGroup,
    CardSeries,
    IvrPlan,
    IvrPlanGroup,
    Rate,
    RateTable,
    RoutingPlan,
    RoutingPlanCarrier,
)
from services.demo.demo_accounts import ACTOR, CURRENCY, create_carrier, create_sender
from services.keys.pin_keys import PinKeys
from services.resellers.save_reseller import create_reseller
from services.series.create_series import NewCard, NewSeries, create_series

ACCESS_NUMBER_AND_PIN = "18005550100"
ACCESS_PIN_ONLY = "18005550101"
ACCESS_SPANISH = "18005550102"
FACE_VALUE_MICROS = 5 * MICROS_PER_UNIT
QUANTITY = 100
FIRST_SERIAL = 5_668_240  # JeraSoft's own example: 1-005668240
VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)

# prefix, name, price a minute, connection fee, first block, increment (amounts in micros)
SELL_RATES = (
    ("1", "United States and Canada", 20_000, 0, 1, 1),
    ("34", "Spain", 50_000, 0, 30, 6),
    ("370", "Lithuania", 70_000, 100_000, 60, 6),
    ("44", "United Kingdom", 30_000, 0, 1, 1),
    ("447", "United Kingdom, mobile", 90_000, 50_000, 30, 6),
    ("999", "Test numbers", 60_000, 0, 1, 1),
)
# name, endpoint known to Asterisk, its loopback address, price of every destination in percent of the selling price
CARRIERS = (
    ("Cheap Calls", "demo.cheap", "127.0.0.2", 40),
    ("Second Telecom", "demo.second", "127.0.0.3", 55),
    ("Dear Networks", "demo.dear", "127.0.0.4", 75),
)


@dataclass(frozen=True, slots=True)
class DemoCards:
    """One series of the demo, with the group it belongs to."""

    group: str
    series: int
    cards: list[NewCard]


def has_demo(session: Session) -> bool:
    """True where the demo's data stands, be it beside series that were made since."""
    return bool(session.scalar(select(exists().where(CardSeries.is_demo))))


def is_empty(session: Session) -> bool:
    """True where nothing was set up yet."""
    return session.scalars(select(CardGroup.id).limit(1)).first() is None


def create_demo(session: Session, keys: PinKeys, now: datetime, carrier_port: int) -> list[DemoCards]:
    """Everything that a first call needs. Carriers are the demo's second Asterisk, which listens on `carrier_port`."""
    sell_id = _rate_table(session, "RT ORIG", 100)
    dear_sell_id = _rate_table(session, "RT TERM", 150)
    plan_id = _routing_plan(session, carrier_port, now)
    create_sender(session, sell_id, plan_id, now)
    with_pin = _group(session, plan_id, "Number and PIN", PinEntryMode.NUMBER_AND_PIN)
    pin_only = _group(session, plan_id, "PIN only", PinEntryMode.PIN_ONLY)
    _access(session, "Number and PIN", ACCESS_NUMBER_AND_PIN, ["en"], with_pin)
    _access(session, "PIN only, known phones need none", ACCESS_PIN_ONLY, ["en"], pin_only)
    _access(session, "Español", ACCESS_SPANISH, ["es"], with_pin)
    reseller_id = create_reseller(session, {"name": "Reseller 1"}, ACTOR, now).id
    telecard = replace(
        _terms(with_pin, 1, "Telecard", sell_id), maintenance_fee_micros=MICROS_PER_UNIT // 4, reseller_id=reseller_id
    )
    phonecard = replace(_terms(with_pin, 2, "Phonecard", dear_sell_id), reseller_id=reseller_id)
    series = (
        ("Number and PIN", replace(telecard, maintenance_fee_micros=MICROS_PER_UNIT // 4)),
        ("Number and PIN", replace(phonecard, activation_fee_micros=2 * MICROS_PER_UNIT)),
        ("Number and PIN", replace(_terms(with_pin, 3, "New-card", sell_id), reseller_id=reseller_id)),
        ("PIN only", _terms(pin_only, 4, "Pin card", sell_id)),
    )
    made = [DemoCards(group, terms.number, create_series(session, keys, terms, now)) for group, terms in series]
    session.execute(update(CardSeries).values(is_demo=True))
    return made


def _terms(group_id: int, number: int, name: str, rate_table_id: int) -> NewSeries:
    return NewSeries(
        card_group_id=group_id,
        number=number,
        name=name,
        rate_table_id=rate_table_id,
        face_value_micros=FACE_VALUE_MICROS,
        quantity=QUANTITY,
        first_serial=FIRST_SERIAL,
        initial_card_status=CardStatus.PENDING,
        portal_login=True,
    )


def _rate_table(session: Session, name: str, percent: int) -> int:
    table = insert(RateTable).values(name=name, currency=CURRENCY).returning(RateTable.id)
    table_id = session.scalars(table).one()
    for prefix, destination, price, connect_fee, first_block, increment in SELL_RATES:
        rate = {
            "rate_table_id": table_id,
            "prefix": prefix,
            "destination_name": destination,
            "price_per_minute_micros": price * percent // 100,
            "connect_fee_micros": connect_fee * percent // 100,
            "first_block_seconds": first_block,
            "increment_seconds": increment,
            "valid_from": VALID_FROM,
        }
        session.execute(insert(Rate).values(rate))
    return table_id


def _routing_plan(session: Session, carrier_port: int, now: datetime) -> int:
    plan = insert(RoutingPlan).values(name="Cheapest first").returning(RoutingPlan.id)
    plan_id = session.scalars(plan).one()
    for name, endpoint, address, percent in CARRIERS:
        rate_table_id = _rate_table(session, f"Buy {name}", percent)
        account_id = create_carrier(session, (name, endpoint, address), rate_table_id, carrier_port, now)
        session.execute(insert(RoutingPlanCarrier).values(routing_plan_id=plan_id, account_id=account_id))
    return plan_id


def _group(session: Session, routing_plan_id: int, name: str, mode: PinEntryMode) -> int:
    group = {
        "name": name,
        "currency": CURRENCY,
        "sale_price_micros": FACE_VALUE_MICROS,
        "pin_entry_mode": mode,
        "pinless_allowed": mode is PinEntryMode.PIN_ONLY,
        "says_seconds": True,
        "says_closing_balance": True,
        "routing_plan_id": routing_plan_id,
    }
    return session.scalars(insert(CardGroup).values(group).returning(CardGroup.id)).one()


def _access(session: Session, name: str, number: str, languages: list[str], group_id: int) -> None:
    is_pin_only = number == ACCESS_PIN_ONLY
    plan = insert(IvrPlan).values(name=name, languages=languages, pinless_enabled=is_pin_only).returning(IvrPlan.id)
    plan_id = session.scalars(plan).one()
    session.execute(insert(IvrPlanGroup).values(ivr_plan_id=plan_id, card_group_id=group_id))
    session.execute(insert(AccessNumber).values(number=number, ivr_plan_id=plan_id, language=languages[0]))
