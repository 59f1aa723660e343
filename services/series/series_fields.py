"""The fields of a series that may change after its cards are made (JC-55 to JC-58), and those that may not."""

from billing.expiry import EXPIRY_DAYS_MAX
from billing.states import CardStatus, MaintenanceStarts, RechargeExtends, SeriesStatus
from services.store.fields import Field, FieldKind

FIXED = (
    ("number", "series number"),
    ("card_group_id", "card group"),
    ("face_value_micros", "balance"),
    ("quantity", "quantity"),
    ("first_serial", "first serial"),
    ("pin_length", "PIN length"),
)
SERIES_FIELDS: tuple[Field, ...] = (
    *(Field(name, FieldKind.WHOLE, f"The {told}, fixed.", is_fixed=True) for name, told in FIXED),
    Field("name", FieldKind.TEXT, "The name of the series.", most=120, is_optional=True),
    Field("status", FieldKind.WORD, "Whether its cards may be used (JC-5 to JC-7).", words=SeriesStatus),
    Field(
        "initial_card_status",
        FieldKind.WORD,
        "inactive or pending: also moves all cards that no one activated.",
        words=CardStatus,
    ),
    Field("portal_login", FieldKind.FLAG, "Holders may log in to the portal."),
    Field("notes", FieldKind.TEXT, "Notes.", most=2_000, is_optional=True),
    Field("rate_table_id", FieldKind.CHOICE, "What its calls cost, from the next call on.", 1),
    Field("tax_profile_id", FieldKind.CHOICE, "Taxes on its calls, from the next call on.", 1, is_optional=True),
    Field("routing_plan_id", FieldKind.CHOICE, "Carriers of its calls; empty = the group's plan.", 1, is_optional=True),
    Field("reseller_id", FieldKind.CHOICE, "Who owns it; empty = the platform.", 1, is_optional=True),
    Field("activation_fee_micros", FieldKind.MONEY, "Charged once at activation."),
    Field("maintenance_fee_micros", FieldKind.MONEY, "Charged for each period of an activated card."),
    Field("maintenance_every_hours", FieldKind.WHOLE, "Hours of a period.", 1, 24 * EXPIRY_DAYS_MAX),
    Field("maintenance_starts", FieldKind.WORD, "When the first fee falls due.", words=MaintenanceStarts),
    Field("expiry_date", FieldKind.DAY, "Its cards expire at the end of this day.", is_optional=True),
    Field(
        "expiry_period_days",
        FieldKind.WHOLE,
        "Days from activation until a card expires.",
        1,
        EXPIRY_DAYS_MAX,
        is_optional=True,
    ),
    Field(
        "expiry_grace_days", FieldKind.WHOLE, "Days for which an expired card keeps its balance.", 0, EXPIRY_DAYS_MAX
    ),
    Field("recharge_extends_expiry", FieldKind.WORD, "What a recharge does to the expiry.", words=RechargeExtends),
)
# The sections of JeraSoft's tab (JC-55 to JC-58).
_EDITED = {
    "System information": ("name", "status", "initial_card_status", "portal_login", "reseller_id"),
    "Notes": ("notes",),
    "Billing settings": (
        "rate_table_id",
        "tax_profile_id",
        "routing_plan_id",
        "activation_fee_micros",
        "maintenance_fee_micros",
        "maintenance_every_hours",
        "maintenance_starts",
    ),
    "Expiration settings": ("expiry_date", "expiry_period_days", "expiry_grace_days", "recharge_extends_expiry"),
}
SECTIONS = tuple((title, tuple(one for one in SERIES_FIELDS if one.name in names)) for title, names in _EDITED.items())
EXPIRY = ("expiry_date", "expiry_period_days", "expiry_grace_days")
MAINTENANCE = ("maintenance_fee_micros", "maintenance_every_hours", "maintenance_starts")
