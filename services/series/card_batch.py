"""Cards before they are stored: numbers in order, PINs by chance; no database is asked."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from billing.card_number import SERIAL_DIGITS
from services.keys.pin_keys import PinKeys
from services.series.random_digits import RandomSource, distinct_digits


@dataclass(frozen=True, slots=True)
class CardBatch:
    """Columns of cards: the same place in each list is one card. `numbers` are without the dash."""

    key_number: int
    serials: Sequence[int]
    numbers: list[str]
    pins: list[str] = field(repr=False)
    digests: list[bytes] = field(repr=False)
    sealed: list[bytes] = field(repr=False)


def draw_batch(
    keys: PinKeys, series_number: int, serials: Sequence[int], pin_length: int, source: RandomSource = os.urandom
) -> CardBatch:
    """A card for each serial, each with a PIN that no other one of the batch has."""
    return seal_batch(keys, series_number, serials, distinct_digits(len(serials), pin_length, source))


def seal_batch(keys: PinKeys, series_number: int, serials: Sequence[int], pins: Iterable[str]) -> CardBatch:
    """These PINs as the cards of these serials."""
    chosen = list(pins)
    numbers = [f"{series_number}{serial:0{SERIAL_DIGITS}d}" for serial in serials]
    return CardBatch(
        keys.number, serials, numbers, chosen, keys.digest_each(chosen), keys.encrypt_each(chosen, numbers)
    )
