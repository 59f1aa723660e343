"""The fields of a rate table and of a rate (features.md 2d) with their bounds and what each does."""

from billing.announcement import GHOST_PERCENT_MAX, GHOST_PERCENT_MIN
from billing.rate_choice import EVERY_DAY, MINUTES_A_DAY
from billing.tariff import TERM_SECONDS_MAX
from services.store.fields import Field, FieldKind

PREFIX_DIGITS_MAX = 20

TABLE_FIELDS: tuple[Field, ...] = (
    Field("name", FieldKind.TEXT, "The table's name, unique.", most=120),
    Field("currency", FieldKind.TEXT, "ISO code of the currency of all its prices, such as USD.", least=3, most=3),
    Field("notes", FieldKind.TEXT, "Notes.", most=2_000, is_optional=True),
)


def _seconds(name: str, told: str, least: int = 0) -> Field:
    return Field(name, FieldKind.WHOLE, told, least, TERM_SECONDS_MAX)


TERM_FIELDS: tuple[Field, ...] = (
    Field("price_per_minute_micros", FieldKind.MONEY, "Price of a minute."),
    Field("connect_fee_micros", FieldKind.MONEY, "Fee of each answered call."),
    _seconds("first_block_seconds", "The first so many seconds are billed whole."),
    _seconds("increment_seconds", "Then each begun increment is billed whole.", 1),
    Field("cost_min_micros", FieldKind.MONEY, "An answered call costs at least this."),
    _seconds("free_seconds", "A call of at most so many seconds costs nothing."),
    _seconds("surcharge_seconds", "Seconds added to each call; published in the price sheet."),
    Field("disconnect_fee_micros", FieldKind.MONEY, "Fee of a call that lasts disconnect-fee-after-seconds."),
    _seconds("disconnect_fee_after_seconds", "From how many seconds on that fee is due; 0 = every call."),
    Field("block_fee_micros", FieldKind.MONEY, "Fee of each full block of block-fee-seconds."),
    _seconds("block_fee_seconds", "Length of such a block; 0 = no block fee."),
    _seconds("round_up_above_seconds", "A call longer than this ..."),
    _seconds("round_up_to_seconds", "... and shorter than this is billed as the latter; both 0 = off."),
)
RATE_FIELDS: tuple[Field, ...] = (
    Field("prefix", FieldKind.TEXT, "Digits with which the numbers begin.", most=PREFIX_DIGITS_MAX, is_fixed=True),
    Field("destination_name", FieldKind.TEXT, "What is told of the destination.", most=120),
    *TERM_FIELDS,
    Field("valid_from", FieldKind.MOMENT, "From when it holds."),
    Field("valid_until", FieldKind.MOMENT, "Until before when; empty = without end.", is_optional=True),
    Field("days", FieldKind.WHOLE, "Weekdays as bits: 1 Monday ... 64 Sunday.", 1, EVERY_DAY),
    Field("from_minute", FieldKind.WHOLE, "From this minute of the day.", 0, MINUTES_A_DAY - 1),
    Field("until_minute", FieldKind.WHOLE, "Until before this minute of the day.", 1, MINUTES_A_DAY),
    Field(
        "ghost_minutes_percent",
        FieldKind.WHOLE,
        "Share of the true minutes that is announced; empty = as the card group says.",
        GHOST_PERCENT_MIN,
        GHOST_PERCENT_MAX,
        is_optional=True,
    ),
    Field("is_blocked", FieldKind.FLAG, "No call goes to these numbers."),
)
