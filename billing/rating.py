"""The cost of a call, one pure function, and the time limit that follows from it by search (features.md 3.11)."""

from billing.charge import CallCharge, ChargeKind, ChargeLine
from billing.money import divide_ceiling, divide_floor
from billing.snapshot import call_price_as_json, call_price_from_json
from billing.tariff import (
    FREE_PRICE,
    PARTS_PER_MILLION,
    AccessSurcharge,
    CallPrice,
    Step,
    Tariff,
    TariffRefused,
    Tax,
)

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

SECONDS_PER_MINUTE = 60


def call_cost(price: CallPrice, talk_seconds: int) -> CallCharge:
    """The cost of an answered call of whole `talk_seconds`; every term only grows with them.

    A call within the free seconds has no charge at all and does not activate the card.
    """
    if talk_seconds < 0:
        raise ValueError(f"A call of {talk_seconds} seconds cannot be.")
    tariff = price.tariff
    if talk_seconds == 0 or talk_seconds <= tariff.free_seconds:
        return CallCharge(talk_seconds)
    call_seconds = _call_seconds(tariff, talk_seconds)
    billed_seconds, talk_micros = _talk(tariff, call_seconds)
    block_fee_micros = _block_fee_micros(tariff, call_seconds)
    is_long = talk_seconds >= tariff.disconnect_fee_after_seconds
    disconnect_fee_micros = tariff.disconnect_fee_micros if is_long else 0
    sum_micros = tariff.connect_fee_micros + talk_micros + block_fee_micros + disconnect_fee_micros
    minimum_top_up_micros = max(0, tariff.cost_min_micros - sum_micros)
    access = price.access_surcharge
    access_surcharge_micros = access.fee_micros + _priced_micros(access.price_per_minute_micros, talk_seconds)
    return CallCharge(
        talk_seconds=talk_seconds,
        billed_seconds=billed_seconds,
        connect_fee_micros=tariff.connect_fee_micros,
        talk_micros=talk_micros,
        block_fee_micros=block_fee_micros,
        disconnect_fee_micros=disconnect_fee_micros,
        minimum_top_up_micros=minimum_top_up_micros,
        access_surcharge_micros=access_surcharge_micros,
        taxes=_taxes(price, sum_micros + minimum_top_up_micros + access_surcharge_micros),
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


def _call_seconds(tariff: Tariff, talk_seconds: int) -> int:
    call_seconds = talk_seconds + tariff.surcharge_seconds
    if tariff.round_up_above_seconds < call_seconds < tariff.round_up_to_seconds:
        return tariff.round_up_to_seconds
    return call_seconds


def _talk(tariff: Tariff, call_seconds: int) -> tuple[int, int]:
    """Billed seconds and their price.

    With steps the first block is the least that is cut into steps, and what is left after the last step runs at the
    base price, rounded up to the base increment. A part that is rounded up beyond its step does not shorten the next:
    the caller of A2Billing's vector 12 pays 90 s as 120 s, and the rest from the 91st second.
    """
    if not tariff.steps:
        billed_seconds = _billed_seconds(tariff, call_seconds)
        return billed_seconds, _priced_micros(tariff.price_per_minute_micros, billed_seconds)
    rest_seconds = max(call_seconds, tariff.first_block_seconds)
    billed_seconds = talk_micros = 0
    for step in tariff.steps:
        if not rest_seconds:
            return billed_seconds, talk_micros
        part_seconds = _round_up(min(rest_seconds, step.seconds), step.increment_seconds)
        billed_seconds += part_seconds
        talk_micros += step.fee_micros + _priced_micros(step.price_per_minute_micros, part_seconds)
        rest_seconds = max(0, rest_seconds - step.seconds)
    part_seconds = _round_up(rest_seconds, tariff.increment_seconds)
    return billed_seconds + part_seconds, talk_micros + _priced_micros(tariff.price_per_minute_micros, part_seconds)


def _billed_seconds(tariff: Tariff, call_seconds: int) -> int:
    beyond_seconds = max(0, call_seconds - tariff.first_block_seconds)
    return tariff.first_block_seconds + _round_up(beyond_seconds, tariff.increment_seconds)


def _round_up(seconds: int, increment_seconds: int) -> int:
    return divide_ceiling(seconds, increment_seconds) * increment_seconds


def _priced_micros(price_per_minute_micros: int, seconds: int) -> int:
    return divide_ceiling(price_per_minute_micros * seconds, SECONDS_PER_MINUTE)


def _block_fee_micros(tariff: Tariff, call_seconds: int) -> int:
    if not tariff.block_fee_seconds:
        return 0
    return tariff.block_fee_micros * divide_floor(call_seconds, tariff.block_fee_seconds)


def _taxes(price: CallPrice, taxable_micros: int) -> tuple[tuple[str, int], ...]:
    """Each tax is on the call alone, never on another tax."""
    return tuple(
        (tax.name, divide_ceiling(taxable_micros * tax.parts_per_million, PARTS_PER_MILLION)) for tax in price.taxes
    )
