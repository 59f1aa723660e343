"""What a call costs, term by term, and the ledger lines made of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class ChargeKind(StrEnum):
    """The kinds of ledger entry that a call makes."""

    CALL = "call"
    CONNECT_FEE = "connect_fee"
    BLOCK_FEE = "block_fee"
    DISCONNECT_FEE = "disconnect_fee"
    ACCESS_SURCHARGE = "access_surcharge"
    TAX = "tax"
    ACTIVATION_FEE = "activation_fee"


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One ledger row; kind and label together are unique in a call (the label of a tax is its name)."""

    kind: ChargeKind
    label: str
    amount_micros: int


@dataclass(frozen=True, slots=True)
class CallCharge:
    """The terms of one call's cost; `minimum_top_up_micros` is what raises the sum to the tariff's `cost_min`."""

    talk_seconds: int
    billed_seconds: int = 0
    connect_fee_micros: int = 0
    talk_micros: int = 0
    block_fee_micros: int = 0
    disconnect_fee_micros: int = 0
    minimum_top_up_micros: int = 0
    access_surcharge_micros: int = 0
    taxes: tuple[tuple[str, int], ...] = ()
    activation_fee_micros: int = 0

    @property
    def tariff_micros(self) -> int:
        """What the tariff alone earns: without access surcharge, taxes and activation fee."""
        return (
            self.connect_fee_micros
            + self.talk_micros
            + self.block_fee_micros
            + self.disconnect_fee_micros
            + self.minimum_top_up_micros
        )

    @property
    def taxes_micros(self) -> int:
        return sum(amount_micros for _, amount_micros in self.taxes)

    @property
    def total_micros(self) -> int:
        return self.tariff_micros + self.access_surcharge_micros + self.taxes_micros + self.activation_fee_micros

    def lines(self) -> tuple[ChargeLine, ...]:
        """The rows to book, none of zero; their amounts sum to `total_micros`."""
        terms = (
            ChargeLine(ChargeKind.ACTIVATION_FEE, "activation fee", self.activation_fee_micros),
            ChargeLine(ChargeKind.CONNECT_FEE, "connection fee", self.connect_fee_micros),
            ChargeLine(ChargeKind.CALL, "call", self.talk_micros + self.minimum_top_up_micros),
            ChargeLine(ChargeKind.BLOCK_FEE, "block fee", self.block_fee_micros),
            ChargeLine(ChargeKind.DISCONNECT_FEE, "disconnection fee", self.disconnect_fee_micros),
            ChargeLine(ChargeKind.ACCESS_SURCHARGE, "access number surcharge", self.access_surcharge_micros),
            *(ChargeLine(ChargeKind.TAX, name, amount_micros) for name, amount_micros in self.taxes),
        )
        return tuple(line for line in terms if line.amount_micros)


def lines_within(lines: Iterable[ChargeLine], amount_micros: int) -> tuple[ChargeLine, ...]:
    """The lines that an amount pays, in their order; the one at its edge is cut."""
    paid: list[ChargeLine] = []
    for line in lines:
        part_micros = min(line.amount_micros, amount_micros)
        if part_micros:
            paid.append(replace(line, amount_micros=part_micros))
        amount_micros -= part_micros
    return tuple(paid)
