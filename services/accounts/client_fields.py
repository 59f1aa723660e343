"""The fields of a client: its money, what holds for its accounts, and whether it may call at all."""

from services.store.fields import Field, FieldKind

CLIENT_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "The company's name, unique.", most=120),
    Field(
        "currency", FieldKind.TEXT, "ISO code of its wallet and of its rate tables, such as USD.", 3, 3, is_fixed=True
    ),
    Field("credit_limit_micros", FieldKind.MONEY, "How far it may go below 0 (postpaid); 0 = prepaid."),
    Field("is_enabled", FieldKind.FLAG, "Disabled: none of its accounts sends or takes a call."),
    Field(
        "originator_rate_table_id",
        FieldKind.CHOICE,
        "What calls cost it, for its accounts without a table of their own.",
        1,
        is_optional=True,
    ),
    Field(
        "originator_routing_plan_id",
        FieldKind.CHOICE,
        "Where its calls go, for its accounts without a plan of their own.",
        1,
        is_optional=True,
    ),
    Field(
        "terminator_rate_table_id",
        FieldKind.CHOICE,
        "What it asks for calls, for its accounts without a table of their own.",
        1,
        is_optional=True,
    ),
    Field("tax_profile_id", FieldKind.CHOICE, "Taxes on its calls.", 1, is_optional=True),
    Field("notes", FieldKind.TEXT, "Anything to remember.", most=2_000, is_optional=True),
)
