"""Cards of a test whose calls go to chosen carriers in turn, with an access number of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from factories import a_carrier, a_group, a_plan, a_rate_table, a_series, row, shared
from house import RATES
from sqlalchemy import insert, select, update

from billing.routing_plan import RoutingStrategy
from billing.states import PinEntryMode
from models import Account, RoutingPlan, RoutingPlanCarrier
from services.keys.pin_keys import load_pin_keys
from services.series.create_series import create_series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from house import House
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from services.series.create_series import NewCard

NEW_CARRIERS_PERCENT = 40  # of our prices, for carriers that the demo has not


@dataclass(frozen=True, slots=True)
class Shelf:
    """`series` and `access_number` are of this test alone."""

    access_number: str
    endpoints: Sequence[str]
    series: int
    quantity: int = 3
    strategy: RoutingStrategy = RoutingStrategy.PRIORITY


def cards_in_turn(house: House, session: Session, shelf: Shelf) -> list[NewCard]:
    plan_id = row(session, RoutingPlan, name=shelf.access_number, strategy=shelf.strategy, loss_guard=False)
    for priority, endpoint in enumerate(shelf.endpoints, 1):
        _add_carrier(session, plan_id, endpoint)
        session.execute(update(RoutingPlanCarrier).where(*_link(session, plan_id, endpoint)).values(priority=priority))
    group = {"pin_entry_mode": PinEntryMode.PIN_ONLY, "number_length": 11, "call_seconds_min": 1}
    group_id = a_group(session, name=shelf.access_number, routing_plan_id=plan_id, **group)
    a_plan(session, [group_id], name=shelf.access_number, access={"number": shelf.access_number})
    terms = {"number": shelf.series, "pin_length": 9, "quantity": shelf.quantity, "face_value_micros": 5_000_000}
    series = a_series(group_id, a_rate_table(session, f"Sell {shelf.access_number}", RATES), **terms)
    return create_series(session, load_pin_keys(house.state / "keys.json"), series, datetime.now(UTC))


def account_of(session: Session, endpoint: str) -> int:
    return session.scalars(select(Account.id).where(Account.endpoint == endpoint)).one()


def _add_carrier(session: Session, plan_id: int, endpoint: str) -> None:
    """The demo's carrier of this name, or a new one."""
    known = session.scalars(select(Account.id).where(Account.endpoint == endpoint)).one_or_none()
    if known is not None:
        session.execute(insert(RoutingPlanCarrier).values(routing_plan_id=plan_id, account_id=known))
        return
    table_id = a_rate_table(session, f"Buy {endpoint}", shared(RATES, NEW_CARRIERS_PERCENT))
    a_carrier(session, plan_id, endpoint, table_id)


def _link(session: Session, plan_id: int, endpoint: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    account_id = account_of(session, endpoint)
    return RoutingPlanCarrier.routing_plan_id == plan_id, RoutingPlanCarrier.account_id == account_id
