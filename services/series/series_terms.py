"""The terms on which a series is made, and what is refused before anything is made."""

from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.card_number import card_number, number_length
from billing.pin import PIN_LENGTH_MAX, PIN_LENGTH_MIN, check_pin_space
from billing.states import CardStatus, MaintenanceStarts, PinEntryMode, RechargeExtends
from models import CardGroup, CardSeries
from services.rates.table_users import rate_table_problem

QUANTITY_MAX = 1_000_000  # JC-28
INITIAL_STATES = (CardStatus.PENDING, CardStatus.INACTIVE)


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
    recharge_extends_expiry: RechargeExtends = RechargeExtends.NO
    reseller_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewCard:
    """What is printed on a card. The PIN is shown here once; in the database it is a digest and an encrypted copy."""

    card_id: int
    number: str
    pin: str = field(repr=False)


def check_terms(session: Session, terms: NewSeries, group: CardGroup, *, allows_dense_pins: bool = False) -> None:
    """Refuse what the group, the rate table or the space of PINs does not allow. Only cards that exist already, those
    of another system, may fill their space more densely.
    """
    _check_figures(terms)
    digits = number_length(terms.number)
    if digits != group.number_length:
        raise SeriesRefused(
            f"Cards of series {terms.number} have {digits} digits, the group {group.name} asks for "
            f"{group.number_length}: choose another series number, or change the number length of the group."
        )
    card_number(terms.number, terms.first_serial)
    card_number(terms.number, terms.first_serial + terms.quantity - 1)
    problem = rate_table_problem(session, terms.rate_table_id, group.currency, f"the group {group.name}")
    if problem:
        raise SeriesRefused(problem)
    too_dense = _too_dense(session, group.pin_entry_mode, terms.pin_length, terms.quantity)
    if too_dense and not allows_dense_pins:
        raise SeriesRefused(too_dense)


def shortest_pin_length(session: Session, mode: PinEntryMode, quantity: int) -> int | None:
    """The shortest safe PIN for so many more cards, or None when even the longest is too short (features.md 3.9)."""
    lengths = range(PIN_LENGTH_MIN, PIN_LENGTH_MAX + 1)
    return next((length for length in lengths if _too_dense(session, mode, length, quantity) is None), None)


def cards_of_this_space(session: Session, mode: PinEntryMode, pin_length: int) -> int:
    """The cards with PINs of this length; where the PIN logs in alone, those of such groups."""
    query = select(func.coalesce(func.sum(CardSeries.quantity), 0)).where(CardSeries.pin_length == pin_length)
    if mode is PinEntryMode.PIN_ONLY:
        query = query.join(CardGroup, CardGroup.id == CardSeries.card_group_id).where(CardGroup.pin_entry_mode == mode)
    return session.scalars(query).one()


def _too_dense(session: Session, mode: PinEntryMode, pin_length: int, quantity: int) -> str | None:
    return check_pin_space(mode, pin_length, cards_of_this_space(session, mode, pin_length) + quantity)


def _check_figures(terms: NewSeries) -> None:
    if not 1 <= terms.quantity <= QUANTITY_MAX:
        raise SeriesRefused(f"{terms.quantity} cards cannot be one series: choose 1 to {QUANTITY_MAX}.")
    if min(terms.face_value_micros, terms.activation_fee_micros, terms.maintenance_fee_micros) < 0:
        raise SeriesRefused("An amount is negative: a card's value and its fees are 0 or more.")
    if terms.maintenance_every_hours < 1:
        raise SeriesRefused("The maintenance fee falls due every hour at most: choose whole hours from 1.")
    if terms.expiry_period_days is not None and terms.expiry_period_days < 1:
        raise SeriesRefused("A card expires a whole number of days after its activation: choose 1 or more.")
    if terms.expiry_grace_days < 0:
        raise SeriesRefused("The days of grace are negative: choose 0 or more.")
    if terms.initial_card_status not in INITIAL_STATES:
        raise SeriesRefused(f"No card begins as {terms.initial_card_status}: choose pending or inactive.")
