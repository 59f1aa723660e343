"""The cost of a call, one pure function, and the time limit that follows from it by search (features.md 3.11)."""

from billing.call_work import is_free, worked_out
from billing.charge import CallCharge, ChargeKind, ChargeLine
from billing.money import divide_floor
from billing.snapshot import call_price_as_json, call_price_from_json
from billing.tariff import (
    FREE_PRICE,
    AccessSurcharge,
    CallPrice,
    Step,
    Tariff,
    TariffRefused,
    Tax,
)
from billing.taxes import shares

__all__ = [
    "FREE_PRICE",
    "AccessSurcharge",
    "CallCharge",
    "CallPrice",
    "ChargeKind",
    "ChargeLine",
    "Step",
    "Tariff",
    "TariffRefused",
    "Tax",
    "affordable_seconds",
    "call_cost",
    "call_price_as_json",
    "call_price_from_json",
]


def call_cost(price: CallPrice, talk_seconds: int) -> CallCharge:
    """The cost of an answered call of whole `talk_seconds`; every term only grows with them.

    A call within the free seconds has no charge at all and does not activate the card. Of a price that contains its
    taxes each term is what is left of it without them, so that the sum is the price to the micro.
    """
    if talk_seconds < 0:
        raise ValueError(f"A call of {talk_seconds} seconds cannot be.")
    if is_free(price.tariff, talk_seconds):
        return CallCharge(talk_seconds)
    work = worked_out(price, talk_seconds)
    terms: tuple[int, ...] = (
        price.tariff.connect_fee_micros,
        work.talk_micros,
        work.block_fee_micros,
        work.disconnect_fee_micros,
        work.minimum_top_up_micros,
        work.access_surcharge_micros,
    )
    if price.taxes_included:
        terms = shares(terms, work.net_micros)
    connect, talk, block, disconnect, top_up, access = terms
    return CallCharge(
        talk_seconds=talk_seconds,
        billed_seconds=work.billed_seconds,
        connect_fee_micros=connect,
        talk_micros=talk,
        block_fee_micros=block,
        disconnect_fee_micros=disconnect,
        minimum_top_up_micros=top_up,
        access_surcharge_micros=access,
        taxes=work.taxes,
        activation_fee_micros=price.activation_fee_micros,
    )


def affordable_seconds(price: CallPrice, available_micros: int, seconds_max: int) -> int:
    """The longest call, at most `seconds_max`, that `available_micros` pay; 0 if not even one second is paid."""
    if available_micros < 0:
        return 0
    if call_cost(price, seconds_max).total_micros <= available_micros:
        return seconds_max
    paid_seconds, unpaid_seconds = 0, seconds_max
    while unpaid_seconds - paid_seconds > 1:
        middle_seconds = divide_floor(paid_seconds + unpaid_seconds, 2)
        if call_cost(price, middle_seconds).total_micros <= available_micros:
            paid_seconds = middle_seconds
        else:
            unpaid_seconds = middle_seconds
    return paid_seconds
