"""The fields of a routing plan and of its rules."""

from billing.routing_plan import RoutingStrategy
from services.store.fields import Field, FieldKind

ROUTES_MAX = 3  # what the dialplan tries
CAP_PERCENT_MAX = 1_000
PREFIX_DIGITS_MAX = 15
WEIGHT_MAX = 1_000
PRIORITY_MAX = 1_000_000

PLAN_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "The plan's name, unique.", most=120),
    Field("strategy", FieldKind.WORD, "In which order its carriers are tried.", words=RoutingStrategy),
    Field("routes_max", FieldKind.WHOLE, "Carriers that are tried for a call.", 1, ROUTES_MAX),
    Field(
        "price_cap_percent",
        FieldKind.WHOLE,
        "A carrier dearer than the cheapest by more than this is left out; empty = no cap.",
        0,
        CAP_PERCENT_MAX,
        is_optional=True,
    ),
    Field("loss_guard", FieldKind.FLAG, "Leave out carriers on which the call loses money."),
)
RULE_FIELDS: tuple[Field, ...] = (
    Field(
        "strategy",
        FieldKind.WORD,
        "Order; empty = the plan's.",
        words=RoutingStrategy,
        is_optional=True,
    ),
    Field("routes_max", FieldKind.WHOLE, "Carriers tried; empty = as the plan.", 1, ROUTES_MAX, is_optional=True),
    Field("price_cap_percent", FieldKind.WHOLE, "Empty = the plan's cap.", 0, CAP_PERCENT_MAX, is_optional=True),
    Field("carrier_tag", FieldKind.TEXT, "Only carriers of this tag (JA-45).", most=40, is_optional=True),
    Field("is_blocked", FieldKind.FLAG, "No carrier takes these calls."),
)
CARRIER_FIELDS: tuple[Field, ...] = (
    Field("priority", FieldKind.WHOLE, "A smaller one is tried earlier.", 0, PRIORITY_MAX),
    Field("weight", FieldKind.WHOLE, "Its part of the calls that are shared out.", 0, WEIGHT_MAX),
)
