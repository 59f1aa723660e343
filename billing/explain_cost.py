"""The cost of a call as a sum that a reader can follow: each term, how it comes about, its micros."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from billing.call_work import CallWork, TalkPart, is_free, worked_out
from billing.money import text_from_micros
from billing.tariff import CallPrice, Tariff, Tax

THEN: Final = "; "  # between the sentences of one line: each is told by itself in the reader's language


class CostTerm(StrEnum):
    """The terms of features.md 3.11, in the order of the sum."""

    FREE = "free_seconds"
    CONNECT_FEE = "connect_fee"
    TALK = "talk"
    STEP = "step"
    BLOCK_FEE = "block_fee"
    DISCONNECT_FEE = "disconnect_fee"
    MINIMUM = "cost_min"
    ACCESS_SURCHARGE = "access_surcharge"
    TAX = "tax"
    TAX_CONTAINED = "tax_contained"
    NET = "net"
    ACTIVATION_FEE = "activation_fee"


@dataclass(frozen=True, slots=True)
class CostLine:
    """`how` tells the arithmetic. What a contained line tells is in the lines above it already and adds nothing."""

    term: CostTerm
    what: str
    how: str
    amount_micros: int
    is_contained: bool = False


def explained_cost(price: CallPrice, talk_seconds: int) -> tuple[CostLine, ...]:
    """The lines of a call that was answered and talked for whole seconds; those that are not contained sum to
    `call_cost(price, talk_seconds).total_micros`. Both come from the same work.
    """
    if is_free(price.tariff, talk_seconds):
        how = f"{talk_seconds} s talked, up to {price.tariff.free_seconds} s cost nothing"
        return (CostLine(CostTerm.FREE, "free seconds", how, 0),)
    work = worked_out(price, talk_seconds)
    return (
        *_tariff_lines(price.tariff, work, talk_seconds),
        *_access_lines(price, work, talk_seconds),
        *(_included_taxes(price, work) if price.taxes_included else _added_taxes(price, work)),
        *_fee(CostTerm.ACTIVATION_FEE, "activation fee", "once, with the first call", price.activation_fee_micros),
    )


def _tariff_lines(tariff: Tariff, work: CallWork, talk_seconds: int) -> Iterator[CostLine]:
    yield from _fee(CostTerm.CONNECT_FEE, "connection fee", "for each answered call", tariff.connect_fee_micros)
    yield from _talk_lines(tariff, work, talk_seconds)
    block, fee = tariff.block_fee_seconds, _units(tariff.block_fee_micros)
    how = f"{work.blocks} full blocks of {block} s in {work.call_seconds} s x {fee}"
    yield from _fee(CostTerm.BLOCK_FEE, "block fee", how, work.block_fee_micros)
    how = f"from {tariff.disconnect_fee_after_seconds} s of talk on"
    yield from _fee(CostTerm.DISCONNECT_FEE, "disconnection fee", how, work.disconnect_fee_micros)
    how = f"raised to the least cost of a call, {_units(tariff.cost_min_micros)}"
    yield from _fee(CostTerm.MINIMUM, "minimum cost", how, work.minimum_top_up_micros)


def _talk_lines(tariff: Tariff, work: CallWork, talk_seconds: int) -> Iterator[CostLine]:
    begun = _begun(tariff, work, talk_seconds)
    for part in work.parts:
        priced = _priced(part)
        if part.step:
            how = THEN.join((_blocks_of_step(tariff, part), priced))
            yield CostLine(CostTerm.STEP, f"step {part.step}", how, part.fee_micros + part.talk_micros)
        else:
            how = THEN.join((*begun, _blocks(tariff, part), priced))
            yield CostLine(CostTerm.TALK, "talk", how, part.talk_micros)
        begun = ()


def _priced(part: TalkPart) -> str:
    price, billed = _units(part.price_per_minute_micros), part.billed_seconds
    if part.step and part.fee_micros:
        return f"{_units(part.fee_micros)} + {price} a minute x {billed} s / 60, rounded up"
    return f"{price} a minute x {billed} s / 60, rounded up"


def _begun(tariff: Tariff, work: CallWork, talk_seconds: int) -> tuple[str, ...]:
    """How the seconds talked become those that are billed, where they differ."""
    if work.call_seconds == talk_seconds:
        return ()
    added, call = tariff.surcharge_seconds, work.call_seconds
    if call == talk_seconds + added:
        return (f"{talk_seconds} s + {added} s surcharge = {call} s",)
    above, raised = tariff.round_up_above_seconds, tariff.round_up_to_seconds
    if added:
        return (f"{talk_seconds} s + {added} s surcharge, above {above} s billed as {raised} s",)
    return (f"{talk_seconds} s, above {above} s billed as {raised} s",)


def _blocks(tariff: Tariff, part: TalkPart) -> str:
    if tariff.steps:
        return f"the rest of {part.begun_seconds} s in blocks of {tariff.increment_seconds} s = {part.billed_seconds} s"
    first, next_ = tariff.first_block_seconds, tariff.increment_seconds
    return f"{part.begun_seconds} s in blocks of {first}/{next_} s = {part.billed_seconds} s"


def _blocks_of_step(tariff: Tariff, part: TalkPart) -> str:
    increment_seconds = tariff.steps[part.step - 1].increment_seconds
    return f"{part.begun_seconds} s in blocks of {increment_seconds} s = {part.billed_seconds} s"


def _access_lines(price: CallPrice, work: CallWork, talk_seconds: int) -> Iterator[CostLine]:
    access = price.access_surcharge
    fee, per_minute = _units(access.fee_micros), _units(access.price_per_minute_micros)
    how = f"{fee} + {per_minute} a minute x {talk_seconds} s / 60, rounded up"
    yield from _fee(CostTerm.ACCESS_SURCHARGE, "access number surcharge", how, work.access_surcharge_micros)


def _added_taxes(price: CallPrice, work: CallWork) -> Iterator[CostLine]:
    for how, (name, micros) in _taxed(price, work, work.net_micros):
        yield CostLine(CostTerm.TAX, name, how, micros)


def _included_taxes(price: CallPrice, work: CallWork) -> Iterator[CostLine]:
    """The price holds; it is told apart into what is ours and each tax."""
    for how, (name, micros) in _taxed(price, work, work.net_micros - work.left_micros):
        yield CostLine(CostTerm.TAX_CONTAINED, name, how, micros, is_contained=True)
    gross, left = _units(work.gross_micros), work.left_micros
    how = f"what is left of {gross} without the taxes"
    if left:
        how = f"what is left of {gross} without the taxes, {left} micros of it by rounding the taxes up"
    yield CostLine(CostTerm.NET, "our own", how, work.net_micros, is_contained=True)


def _taxed(price: CallPrice, work: CallWork, base_micros: int) -> Iterator[tuple[str, tuple[str, int]]]:
    before_micros = 0
    for tax, amount in zip(price.taxes, work.taxes, strict=True):
        on_micros = base_micros + (before_micros if tax.is_compound else 0)
        yield _taxed_on(tax, on_micros), amount
        before_micros += amount[1]


def _taxed_on(tax: Tax, on_micros: int) -> str:
    percent = text_from_micros(tax.parts_per_million * 100, 0)
    if tax.is_compound:
        return f"{percent} % of {_units(on_micros)} (with the taxes before it), rounded up"
    return f"{percent} % of {_units(on_micros)}, rounded up"


def _units(micros: int) -> str:
    return text_from_micros(micros)


def _fee(term: CostTerm, what: str, how: str, micros: int) -> Iterator[CostLine]:
    if micros:
        yield CostLine(term, what, how, micros)
