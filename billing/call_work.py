"""The cost of an answered call worked out step by step (features.md 3.11): every figure, from which both the charge and
its explanation are made.
"""

from typing import Final, NamedTuple

from billing.money import divide_ceiling, divide_floor
from billing.tariff import CallPrice, Tariff
from billing.taxes import TaxAmounts, net_within, taxes_on

SECONDS_PER_MINUTE: Final = 60


class TalkPart(NamedTuple):
    """A stretch of talk at one price; `step` 0 is the base price. `begun_seconds` are billed as `billed_seconds`."""

    step: int
    begun_seconds: int
    billed_seconds: int
    price_per_minute_micros: int
    fee_micros: int
    talk_micros: int


class CallWork(NamedTuple):
    """`call_seconds` is what of the talk is billed before blocks; `gross_micros` all but the activation fee and taxes
    on top; `net_micros` what of that is ours; `left_micros` what rounding taxes up leaves of a price that contains
    them, for us.
    """

    call_seconds: int
    parts: tuple[TalkPart, ...]
    blocks: int
    block_fee_micros: int
    disconnect_fee_micros: int
    minimum_top_up_micros: int
    access_surcharge_micros: int
    gross_micros: int
    taxes: TaxAmounts
    net_micros: int
    left_micros: int

    @property
    def billed_seconds(self) -> int:
        return sum(part.billed_seconds for part in self.parts)

    @property
    def talk_micros(self) -> int:
        return sum(part.fee_micros + part.talk_micros for part in self.parts)


def is_free(tariff: Tariff, talk_seconds: int) -> bool:
    """Within the free seconds a call has no charge at all and does not activate the card."""
    return talk_seconds == 0 or talk_seconds <= tariff.free_seconds


def worked_out(price: CallPrice, talk_seconds: int) -> CallWork:
    """Of a call that is not free; every term only grows with the seconds."""
    tariff = price.tariff
    call_seconds = _call_seconds(tariff, talk_seconds)
    parts = _talk_parts(tariff, call_seconds)
    blocks = divide_floor(call_seconds, tariff.block_fee_seconds) if tariff.block_fee_seconds else 0
    block_fee_micros = tariff.block_fee_micros * blocks
    is_long = talk_seconds >= tariff.disconnect_fee_after_seconds
    disconnect_fee_micros = tariff.disconnect_fee_micros if is_long else 0
    talk_micros = sum(part.fee_micros + part.talk_micros for part in parts)
    sum_micros = tariff.connect_fee_micros + talk_micros + block_fee_micros + disconnect_fee_micros
    minimum_top_up_micros = max(0, tariff.cost_min_micros - sum_micros)
    access = price.access_surcharge
    access_surcharge_micros = access.fee_micros + _priced_micros(access.price_per_minute_micros, talk_seconds)
    gross_micros = sum_micros + minimum_top_up_micros + access_surcharge_micros
    taxed_micros = net_within(gross_micros, price.taxes) if price.taxes_included else gross_micros
    taxes = taxes_on(taxed_micros, price.taxes)
    net_micros = gross_micros - sum(micros for _, micros in taxes) if price.taxes_included else gross_micros
    return CallWork(
        call_seconds=call_seconds,
        parts=parts,
        blocks=blocks,
        block_fee_micros=block_fee_micros,
        disconnect_fee_micros=disconnect_fee_micros,
        minimum_top_up_micros=minimum_top_up_micros,
        access_surcharge_micros=access_surcharge_micros,
        gross_micros=gross_micros,
        taxes=taxes,
        net_micros=net_micros,
        left_micros=net_micros - taxed_micros,
    )


def _call_seconds(tariff: Tariff, talk_seconds: int) -> int:
    call_seconds = talk_seconds + tariff.surcharge_seconds
    if tariff.round_up_above_seconds < call_seconds < tariff.round_up_to_seconds:
        return tariff.round_up_to_seconds
    return call_seconds


def _talk_parts(tariff: Tariff, call_seconds: int) -> tuple[TalkPart, ...]:
    """With steps the first block is the least that is cut into steps, and what is left after the last step runs at the
    base price, rounded up to the base increment. A part that is rounded up beyond its step does not shorten the next:
    the caller of A2Billing's vector 12 pays 90 s as 120 s, and the rest from the 91st second.
    """
    if not tariff.steps:
        return (_base_part(tariff, call_seconds, _billed_seconds(tariff, call_seconds)),)
    rest_seconds = max(call_seconds, tariff.first_block_seconds)
    parts: list[TalkPart] = []
    for place, step in enumerate(tariff.steps, 1):
        if not rest_seconds:
            return tuple(parts)
        begun_seconds = min(rest_seconds, step.seconds)
        billed_seconds = _round_up(begun_seconds, step.increment_seconds)
        talk_micros = _priced_micros(step.price_per_minute_micros, billed_seconds)
        price_micros = step.price_per_minute_micros
        parts.append(TalkPart(place, begun_seconds, billed_seconds, price_micros, step.fee_micros, talk_micros))
        rest_seconds = max(0, rest_seconds - step.seconds)
    if rest_seconds:
        parts.append(_base_part(tariff, rest_seconds, _round_up(rest_seconds, tariff.increment_seconds)))
    return tuple(parts)


def _base_part(tariff: Tariff, begun_seconds: int, billed_seconds: int) -> TalkPart:
    price_micros = tariff.price_per_minute_micros
    return TalkPart(0, begun_seconds, billed_seconds, price_micros, 0, _priced_micros(price_micros, billed_seconds))


def _billed_seconds(tariff: Tariff, call_seconds: int) -> int:
    beyond_seconds = max(0, call_seconds - tariff.first_block_seconds)
    return tariff.first_block_seconds + _round_up(beyond_seconds, tariff.increment_seconds)


def _round_up(seconds: int, increment_seconds: int) -> int:
    return divide_ceiling(seconds, increment_seconds) * increment_seconds


def _priced_micros(price_per_minute_micros: int, seconds: int) -> int:
    return divide_ceiling(price_per_minute_micros * seconds, SECONDS_PER_MINUTE)
