"""The fields of an account (JA-24 to JA-49). Lists are texts whose parts stand between ";" (JA-27)."""

from models import AniSide, CallerIdMode, IdentBy, TrunkProtocol
from services.store.fields import Field, FieldKind

LIST_CHARACTERS_MAX = 10_000
PREFIX_DIGITS_MAX = 15


def _choice(name: str, told: str) -> Field:
    return Field(name, FieldKind.CHOICE, told, 1, is_optional=True)


def _list(name: str, told: str) -> Field:
    return Field(name, FieldKind.TEXT, told, most=LIST_CHARACTERS_MAX, is_optional=True)


def _prefix(name: str, told: str) -> Field:
    return Field(name, FieldKind.TEXT, told, most=PREFIX_DIGITS_MAX, is_optional=True)


GENERAL: tuple[Field, ...] = (
    Field("client_id", FieldKind.CHOICE, "The client that owns it (JA-24).", 1, is_fixed=True),
    Field("name", FieldKind.TEXT, "Its name, unique within the client; the login if identified by name.", most=120),
    Field("ident_by", FieldKind.WORD, "By what its calls are known (JA-26).", words=IdentBy),
    _list(
        "addresses",
        "Addresses and subnets of its gateways, separated by ';' (JA-27, JA-28); of a login, where it is taken from.",
    ),
    Field("ani_side", FieldKind.WORD, "Whose number identifies (JA-30).", words=AniSide),
    _list("numbers", "Numbers that identify its calls, separated by ';' (JA-30)."),
    _prefix("tech_prefix", "Digits before the dialled number that tell it from others; cut off before rating (JA-31)."),
    _list("gateways", "Only calls through these gateways, names separated by ';'; empty = any (JA-35, JA-36)."),
    Field("notes", FieldKind.TEXT, "Anything to remember.", most=2_000, is_optional=True),
)
ORIGINATOR: tuple[Field, ...] = (
    Field("originator_enabled", FieldKind.FLAG, "It may send calls to us (JA-38)."),
    _choice("originator_rate_table_id", "What its calls cost it; empty = the client's (JA-39)."),
    _choice("originator_routing_plan_id", "Where its calls go; empty = the client's (JA-40)."),
    Field("originator_tag", FieldKind.TEXT, "A word for rules and reports (JA-41).", most=40, is_optional=True),
    Field("originator_capacity", FieldKind.WHOLE, "Calls at once; empty = no limit (JA-42).", is_optional=True),
)
TERMINATOR: tuple[Field, ...] = (
    Field("terminator_enabled", FieldKind.FLAG, "It takes calls from us: a carrier (JA-43)."),
    _choice("terminator_rate_table_id", "What it asks for calls; empty = the client's (JA-44)."),
    Field("terminator_tag", FieldKind.TEXT, "A word for rules and reports (JA-45).", most=40, is_optional=True),
    Field("terminator_capacity", FieldKind.WHOLE, "Calls at once; empty = no limit (JA-46).", is_optional=True),
    Field("protocol", FieldKind.WORD, "Protocol of its gateway (JA-47).", words=TrunkProtocol),
    Field("proxy", FieldKind.TEXT, "Host name or address of its gateway (JA-48).", most=253, is_optional=True),
    Field("port", FieldKind.WHOLE, "Port of its gateway; empty = the protocol's (JA-49).", 1, 65_535, is_optional=True),
    Field("registers", FieldKind.FLAG, "Register there with the account's name and password."),
    Field(
        "endpoint",
        FieldKind.TEXT,
        "Its name in Asterisk, unique; made of the names of client and account if left out.",
        most=40,
        is_fixed=True,
        is_optional=True,
    ),
    Field("ring_seconds", FieldKind.WHOLE, "How long it may ring before the call counts as not answered.", 5, 300),
    _prefix("cut_prefix", "Leading digits that are cut off a number before it goes there."),
    _prefix("add_prefix", "Digits put before a number that goes there."),
    _prefix("terminator_tech_prefix", "Its own tech prefix, before everything else."),
    Field("caller_id_mode", FieldKind.WORD, "The number that it is shown (V-35).", words=CallerIdMode),
    _list("shown_numbers", "The numbers shown if fixed or of a pool, separated by ';'."),
    Field("rest_after_failures", FieldKind.WHOLE, "After so many failures in a row it is left alone.", 1, 1_000),
    Field("rest_seconds", FieldKind.WHOLE, "For so long.", 0, 86_400),
)
ACCOUNT_FIELDS = (*GENERAL, *ORIGINATOR, *TERMINATOR)
LISTS = ("addresses", "numbers", "gateways", "shown_numbers")  # in tables of their own
NEVER_EMPTY = (  # the columns hold "" where the form is empty
    "tech_prefix",
    "originator_tag",
    "terminator_tag",
    "cut_prefix",
    "add_prefix",
    "terminator_tech_prefix",
)
