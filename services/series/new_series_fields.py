"""The fields of a series that is to be made (JC-23 to JC-40), by the sections of the form."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from billing.card_number import SERIAL_MAX, SERIES_NUMBER_MAX
from billing.expiry import EXPIRY_DAYS_MAX
from billing.pin import PIN_LENGTH_MAX, PIN_LENGTH_MIN
from billing.states import CardStatus, MaintenanceStarts, RechargeExtends
from services.series.series_terms import QUANTITY_MAX, NewSeries
from services.store.fields import Field, FieldKind


class InitialStatus(StrEnum):
    """JC-30: ready, or to be released before it may be used."""

    PENDING = "pending"
    INACTIVE = "inactive"


IDENTITY = (
    Field("name", FieldKind.TEXT, "Optional; shown beside the number.", most=120, is_optional=True),
    Field("number", FieldKind.WHOLE, "Digits before the serial: 45 gives 45-001122333.", 1, SERIES_NUMBER_MAX),
)
CARDS = (
    Field("card_group_id", FieldKind.CHOICE, "The product: currency, IVR behaviour, number length.", 1),
    Field("quantity", FieldKind.WHOLE, "How many cards, up to a million.", 1, QUANTITY_MAX),
    Field("first_serial", FieldKind.WHOLE, "The serial of the first card; the others follow.", 0, SERIAL_MAX),
    Field(
        "pin_length",
        FieldKind.WHOLE,
        "8 to 16 digits; empty = the shortest safe length.",
        PIN_LENGTH_MIN,
        PIN_LENGTH_MAX,
        is_optional=True,
    ),
    Field("initial_card_status", FieldKind.WORD, "inactive cards must be released or sold.", words=InitialStatus),
    Field("portal_login", FieldKind.FLAG, "Holders may log in to the portal by number and PIN."),
)
BILLING = (
    Field("face_value_micros", FieldKind.MONEY, "What each card is worth, in the group's currency."),
    Field("reseller_id", FieldKind.CHOICE, "Who owns the series; empty = the platform.", 1, is_optional=True),
    Field("rate_table_id", FieldKind.CHOICE, "What calls cost; it must be in the group's currency.", 1),
    Field("tax_profile_id", FieldKind.CHOICE, "Taxes on calls.", 1, is_optional=True),
    Field("routing_plan_id", FieldKind.CHOICE, "Empty = the group's plan.", 1, is_optional=True),
    Field("activation_fee_micros", FieldKind.MONEY, "Charged once, at activation."),
    Field("maintenance_fee_micros", FieldKind.MONEY, "Charged for each period of an activated card."),
    Field("maintenance_every_hours", FieldKind.WHOLE, "Hours of a period.", 1, 24 * EXPIRY_DAYS_MAX),
    Field("maintenance_starts", FieldKind.WORD, "When the first fee falls due.", words=MaintenanceStarts),
)
EXPIRY = (
    Field("expiry_date", FieldKind.DAY, "Cards expire at the end of this day.", is_optional=True),
    Field(
        "expiry_period_days", FieldKind.WHOLE, "Or so many days after activation.", 1, EXPIRY_DAYS_MAX, is_optional=True
    ),
    Field("expiry_grace_days", FieldKind.WHOLE, "Days for which the balance is kept then.", 0, EXPIRY_DAYS_MAX),
    Field("recharge_extends_expiry", FieldKind.WORD, "What a recharge does to the date.", words=RechargeExtends),
)
NOTES = (Field("notes", FieldKind.TEXT, "Free text.", most=2_000, is_optional=True),)
SECTIONS = (("Identity", IDENTITY), ("Cards", CARDS), ("Billing", BILLING), ("Expiry", EXPIRY), ("Notes", NOTES))
NEW_SERIES_FIELDS = tuple(field for _, fields in SECTIONS for field in fields)
DEFAULTS: Mapping[str, Any] = {
    "quantity": 100,
    "first_serial": 1,
    "initial_card_status": InitialStatus.PENDING,
    "activation_fee_micros": 0,
    "maintenance_fee_micros": 0,
    "maintenance_every_hours": 24,
    "maintenance_starts": MaintenanceStarts.AFTER_PERIOD,
    "expiry_grace_days": 0,
    "recharge_extends_expiry": RechargeExtends.NO,
}


def new_series(values: Mapping[str, Any]) -> tuple[NewSeries, bool]:
    """The terms from checked values, and whether the length of PINs is to be chosen."""
    terms = {**values, "initial_card_status": CardStatus(values["initial_card_status"].value)}
    chooses_length = terms["pin_length"] is None
    if chooses_length:
        del terms["pin_length"]
    return NewSeries(**terms), chooses_length
