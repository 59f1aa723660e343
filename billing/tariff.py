"""What a call is priced with: the terms of features.md 3.11 as values that refuse nonsense when they are made."""

from dataclasses import dataclass, fields
from typing import Final

PRICE_MICROS_MAX: Final = 10**12  # a million units a minute or a fee: any currency fits, and a day of it fits a BIGINT
TERM_SECONDS_MAX: Final = 86_400  # no block, increment or free time is longer than a day
STEPS_MAX: Final = 10
TAXES_MAX: Final = 5
TAX_NAME_LENGTH_MAX: Final = 40
PARTS_PER_MILLION: Final = 1_000_000


class TariffRefused(ValueError):
    """A price that cannot be billed; the sentence says what to change."""


# The checks stand first because default values below are made while this file is read.
def _check_whole_number(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TariffRefused(f"{name} is {value!r}: give a whole number.")
    if not least <= value <= most:
        raise TariffRefused(f"{name} is {value}: give a whole number from {least} to {most}.")


def _check_tax_name(name: object) -> None:
    if not isinstance(name, str) or not 0 < len(name.strip()) <= TAX_NAME_LENGTH_MAX:
        raise TariffRefused(f"A tax needs a name of 1 to {TAX_NAME_LENGTH_MAX} characters: it stands in the ledger.")


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise TariffRefused(f"{name} is {value!r}: give true or false.")


def _check_whole_numbers(terms: "Step | Tariff | AccessSurcharge", at_least_one: tuple[str, ...] = ()) -> None:
    for field in fields(terms):
        if field.name.endswith("_micros"):
            _check_whole_number(field.name, getattr(terms, field.name), 0, PRICE_MICROS_MAX)
        elif field.name.endswith("seconds"):
            least = int(field.name in at_least_one)
            _check_whole_number(field.name, getattr(terms, field.name), least, TERM_SECONDS_MAX)


@dataclass(frozen=True, slots=True)
class Step:
    """The first `seconds` of a call (or the next, for a later step) at a price and a fee of their own."""

    seconds: int
    price_per_minute_micros: int
    increment_seconds: int = 1
    fee_micros: int = 0

    def __post_init__(self) -> None:
        _check_whole_numbers(self, at_least_one=("seconds", "increment_seconds"))


@dataclass(frozen=True, slots=True)
class Tariff:
    """The price of one destination. A term of 0 is off; `block_fee_seconds` and the `round_up_...` pair likewise."""

    price_per_minute_micros: int
    connect_fee_micros: int = 0
    first_block_seconds: int = 1
    increment_seconds: int = 1
    cost_min_micros: int = 0
    free_seconds: int = 0
    surcharge_seconds: int = 0
    disconnect_fee_micros: int = 0
    disconnect_fee_after_seconds: int = 0
    block_fee_micros: int = 0
    block_fee_seconds: int = 0
    round_up_above_seconds: int = 0
    round_up_to_seconds: int = 0
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        _check_whole_numbers(self, at_least_one=("increment_seconds",))
        if self.block_fee_micros and not self.block_fee_seconds:
            raise TariffRefused("A block fee needs its length: set block_fee_seconds, or block_fee_micros to 0.")
        self._check_round_up()
        if len(self.steps) > STEPS_MAX:
            raise TariffRefused(f"There are {len(self.steps)} steps: give at most {STEPS_MAX}.")

    def _check_round_up(self) -> None:
        above, to = self.round_up_above_seconds, self.round_up_to_seconds
        if bool(above) != bool(to):
            raise TariffRefused("Rounding up needs both round_up_above_seconds and round_up_to_seconds, or neither.")
        if above and above >= to:
            raise TariffRefused(f"round_up_to_seconds is {to}: make it longer than round_up_above_seconds, {above}.")


@dataclass(frozen=True, slots=True)
class AccessSurcharge:
    """What the access number adds to each call over it (a toll-free number costs us money)."""

    fee_micros: int = 0
    price_per_minute_micros: int = 0

    def __post_init__(self) -> None:
        _check_whole_numbers(self)


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on the call; 20 % are 200,000 parts per million. A compound one is on the taxes before it, too."""

    name: str
    parts_per_million: int
    is_compound: bool = False

    def __post_init__(self) -> None:
        _check_tax_name(self.name)
        _check_flag("is_compound", self.is_compound)
        _check_whole_number("parts_per_million", self.parts_per_million, 0, PARTS_PER_MILLION)


@dataclass(frozen=True, slots=True)
class CallPrice:
    """All that a call costs: frozen on its hold, so that a change of rates in mid-call changes nothing for it."""

    tariff: Tariff
    access_surcharge: AccessSurcharge = AccessSurcharge()
    taxes: tuple[Tax, ...] = ()
    activation_fee_micros: int = 0
    taxes_included: bool = False  # the price of the rate table and of the access number contains them

    def __post_init__(self) -> None:
        _check_flag("taxes_included", self.taxes_included)
        _check_whole_number("activation_fee_micros", self.activation_fee_micros, 0, PRICE_MICROS_MAX)
        if len(self.taxes) > TAXES_MAX:
            raise TariffRefused(f"There are {len(self.taxes)} taxes: give at most {TAXES_MAX}.")
        if len({tax.name for tax in self.taxes}) < len(self.taxes):
            raise TariffRefused("Two taxes have one name: give each its own, since each is a line in the ledger.")


FREE_PRICE: Final = CallPrice(Tariff(price_per_minute_micros=0))  # for `unlimited` cards
