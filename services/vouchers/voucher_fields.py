"""The fields of a batch of vouchers that is to be made, and its terms from their values."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from billing.expiry import expires_at
from services.store.fields import Field, FieldKind
from services.vouchers.make_vouchers import NAME_CHARACTERS_MAX, QUANTITY_MAX, NewVoucherBatch
from services.vouchers.voucher_codes import CODE_LENGTH_MAX, CODE_LENGTH_MIN

BATCH_FIELDS = (
    Field("name", FieldKind.TEXT, "The batch's name, unique.", most=NAME_CHARACTERS_MAX),
    Field("currency", FieldKind.TEXT, "ISO code; only cards of this currency take its vouchers.", 3, 3),
    Field("value_micros", FieldKind.MONEY, "What each voucher adds to a card."),
    Field("quantity", FieldKind.WHOLE, "How many vouchers, up to a million.", 1, QUANTITY_MAX),
    Field("code_length", FieldKind.WHOLE, "Digits of each code.", CODE_LENGTH_MIN, CODE_LENGTH_MAX),
    Field("last_day", FieldKind.DAY, "The last day on which they can be redeemed; empty = no end.", is_optional=True),
)
DEFAULTS: Mapping[str, Any] = {"currency": "USD", "quantity": 100, "code_length": 14}


def new_batch(values: Mapping[str, Any], zone: tzinfo) -> NewVoucherBatch:
    """From checked values."""
    last_day = values["last_day"]
    terms = {name: value for name, value in values.items() if name != "last_day"}
    return NewVoucherBatch(**terms, expires_at=None if last_day is None else expires_at(None, last_day, None, zone))
