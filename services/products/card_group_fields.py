"""The fields of a card group (features.md 0.3) with their bounds and what each does."""

from collections.abc import Iterable

from billing.announcement import GHOST_PERCENT_MAX, GHOST_PERCENT_MIN
from billing.states import ActivatesOn, CardType, PinEntryMode
from services.store.fields import Field, FieldKind


def _flags(*flags: tuple[str, str]) -> Iterable[Field]:
    return (Field(name, FieldKind.FLAG, told) for name, told in flags)


def _amounts(*amounts: tuple[str, str]) -> Iterable[Field]:
    return (Field(name, FieldKind.MONEY, told) for name, told in amounts)


def _optional_amounts(*amounts: tuple[str, str]) -> Iterable[Field]:
    return (Field(name, FieldKind.MONEY, told, is_optional=True) for name, told in amounts)


GROUP_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "The product's name, unique.", most=120),
    Field("description", FieldKind.TEXT, "What the product is.", most=2_000, is_optional=True),
    Field("currency", FieldKind.TEXT, "ISO code of the currency of all its amounts, such as USD.", least=3, most=3),
    *_amounts(("sale_price_micros", "Sale price of a card, with tax.")),
    Field("card_type", FieldKind.WORD, "What its cards can do.", words=CardType),
    Field("number_length", FieldKind.WHOLE, "Digits of a card number: those of the series number + 9.", 10, 18),
    Field("pin_entry_mode", FieldKind.WORD, "What callers are asked for.", words=PinEntryMode),
    Field("card_entry_attempts_max", FieldKind.WHOLE, "Tries for number and PIN in a call.", 1, 10),
    Field("destination_attempts_max", FieldKind.WHOLE, "Wrong destinations in a row.", 1, 10),
    Field("calls_per_session_max", FieldKind.WHOLE, "Calls without dialling in again.", 1, 10),
    *_flags(
        ("says_balance", "Say the balance."),
        ("says_balance_after_destination", "Say it after the destination instead of before."),
        ("says_expiry", "Say when the card expires."),
        ("says_price", "Say the price of a minute and every fee."),
        ("says_time", "Say the time that the money lasts."),
        ("says_seconds", "Say it to the second."),
        ("says_cost", "Say what the call cost."),
        ("says_closing_balance", "Say what is left after a call."),
    ),
    Field(
        "ghost_minutes_percent",
        FieldKind.WHOLE,
        "Share of the true time that is announced; 100 is honest.",
        GHOST_PERCENT_MIN,
        GHOST_PERCENT_MAX,
    ),
    Field(
        "ghost_balance_percent",
        FieldKind.WHOLE,
        "Share of the true balance that is announced; 100 is honest.",
        GHOST_PERCENT_MIN,
        GHOST_PERCENT_MAX,
    ),
    *_flags(
        ("pinless_allowed", "A known phone needs no PIN (the IVR plan must enable it too)."),
        ("pinless_confirm", "Ask before a phone is remembered (press 1)."),
        ("pinless_deny_double_use", "A card keeps its first phone; off: the newest wins (MOR)."),
    ),
    Field("calls_max", FieldKind.WHOLE, "Calls at once with one card.", 1, 100),
    Field("call_seconds_min", FieldKind.WHOLE, "A call that could not last so long is refused.", 1, 86_400),
    Field("call_seconds_max", FieldKind.WHOLE, "The longest call.", 1, 86_400),
    *_amounts(
        ("balance_min_to_call_micros", "Below this balance no call begins."),
        ("empty_below_micros", "Below this balance a card is empty."),
        ("low_credit_below_micros", "Below this balance the caller is told that it is low; 0 = never."),
    ),
    Field("activates_on", FieldKind.WORD, "When a card begins its life (fee, expiry).", words=ActivatesOn),
    *_optional_amounts(
        ("spend_a_day_max_micros", "A card spends at most this in a day; empty = no limit."),
        ("pinless_spend_a_day_max_micros", "Above this in a day the PIN is asked of known phones too; empty = never."),
    ),
    Field(
        "talk_seconds_a_day_max",
        FieldKind.WHOLE,
        "A card talks so long in a day; empty = no limit.",
        1,
        is_optional=True,
    ),
    *_flags(("disposable_until_empty", "A disposable card may call until it is empty, not only once.")),
    *_amounts(("recharge_min_micros", "The least that a recharge adds.")),
    *_optional_amounts(("recharge_max_micros", "The most that a recharge adds; empty = no limit.")),
    *_flags(
        ("replacement_allowed", "A lost card's balance may move to a new card."),
        ("menu_balance", "Menu after *: balance."),
        ("menu_top_up", "Menu after *: top up."),
        ("menu_speed_dial", "Menu after *: speed dial."),
        ("menu_last_call", "Menu after *: last call and account information."),
        ("menu_phones", "Menu after *: phones."),
        ("menu_languages", "Menu after *: languages."),
    ),
    Field("routing_plan_id", FieldKind.CHOICE, "Default routing plan of its series.", 1, is_optional=True),
)

_SECTION_NAMES = (
    ("Product", "name", "description", "currency", "sale_price_micros", "card_type", "routing_plan_id"),
    (
        "What callers are asked",
        "number_length",
        "pin_entry_mode",
        "card_entry_attempts_max",
        "destination_attempts_max",
        "calls_per_session_max",
    ),
    (
        "What callers are told",
        "says_balance",
        "says_balance_after_destination",
        "says_expiry",
        "says_price",
        "says_time",
        "says_seconds",
        "says_cost",
        "says_closing_balance",
        "ghost_minutes_percent",
        "ghost_balance_percent",
    ),
    (
        "Known phones",
        "pinless_allowed",
        "pinless_confirm",
        "pinless_deny_double_use",
        "pinless_spend_a_day_max_micros",
    ),
    (
        "Limits",
        "calls_max",
        "call_seconds_min",
        "call_seconds_max",
        "balance_min_to_call_micros",
        "empty_below_micros",
        "low_credit_below_micros",
        "spend_a_day_max_micros",
        "talk_seconds_a_day_max",
        "activates_on",
        "disposable_until_empty",
    ),
    ("Recharge and replacement", "recharge_min_micros", "recharge_max_micros", "replacement_allowed"),
    (
        "Menu after *",
        "menu_balance",
        "menu_top_up",
        "menu_speed_dial",
        "menu_last_call",
        "menu_phones",
        "menu_languages",
    ),
)
_BY_NAME = {field.name: field for field in GROUP_FIELDS}
GROUP_SECTIONS = tuple((title, tuple(_BY_NAME[name] for name in names)) for title, *names in _SECTION_NAMES)
