"""Store a batch of cards with their wallets; PINs that some card has already are drawn again."""

import os
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Card, Wallet
from services.keys.closed_keys import refuse_closed_key
from services.keys.pin_keys import PinKeys
from services.series.card_batch import CardBatch, seal_batch
from services.series.random_digits import RandomSource, random_digits
from services.series.series_in_making import SeriesInMaking
from services.series.series_terms import SeriesRefused
from services.store.bulk_insert import ROW_REFUSED, insert_columns, reserve_ids

ATTEMPTS_MAX = 3  # a PIN that was free a moment ago may be taken by another series in the making
DRAWS_MAX = 100  # the PIN space is at most a fifth full, so that free PINs are found long before


class PinTaken(Exception):
    """A card that still stands under an older key has one of the PINs."""


def store_batch(
    session: Session, making: SeriesInMaking, keys: PinKeys, batch: CardBatch, source: RandomSource = os.urandom
) -> CardBatch:
    """The batch as it was stored: collisions are rare, so that the database's unique key looks for them, not we."""
    wallet_ids = reserve_ids(session, Wallet, len(batch.serials))
    insert_columns(session, Wallet, {"id": wallet_ids}, making.wallet)
    for attempt in range(ATTEMPTS_MAX):
        try:
            with session.begin_nested():
                _insert(session, making, keys, batch, wallet_ids)
            break
        except (*ROW_REFUSED, PinTaken):
            pins = _free_pins(session, keys, batch.pins, source)
            if pins == batch.pins or attempt == ATTEMPTS_MAX - 1:
                raise
            batch = seal_batch(keys, making.series_number, batch.serials, pins)
    refuse_closed_key(session, keys.number)
    return batch


def _insert(
    session: Session, making: SeriesInMaking, keys: PinKeys, batch: CardBatch, wallet_ids: Sequence[int]
) -> None:
    columns = {
        "serial": batch.serials,
        "number": batch.numbers,
        "pin_digest": batch.digests,
        "pin_encrypted": batch.sealed,
        "wallet_id": wallet_ids,
    }
    insert_columns(session, Card, columns, {**making.card, "pin_key": keys.number})
    # After the insert: a rotation that gives an old card its new digest just now meets our row and waits.
    if any(_taken(session, older, batch.pins) for older in keys.older):
        raise PinTaken


def _free_pins(session: Session, keys: PinKeys, pins: list[str], source: RandomSource) -> list[str]:
    """The PINs that no card has, and as many new ones as are missing."""
    free: dict[str, None] = {}
    drawn = dict.fromkeys(pins)
    for _ in range(DRAWS_MAX):
        taken = set().union(*(_taken(session, key, list(drawn)) for key in keys.live()))
        free |= {pin: None for pin in drawn if pin not in taken}
        missing = len(pins) - len(free)
        if not missing:
            return list(free)
        drawn = {pin: None for pin in random_digits(missing, len(pins[0]), source) if pin not in free}
    raise SeriesRefused(f"No free PIN of {len(pins[0])} digits was found: choose longer PINs.")


def _taken(session: Session, key: PinKeys, pins: list[str]) -> set[str]:
    """The PINs that some card has by this key."""
    pin_of = dict(zip(key.digest_each(pins), pins, strict=True))
    return {pin_of[digest] for digest in session.scalars(select(Card.pin_digest).where(Card.pin_digest.in_(pin_of)))}
