"""What an import refuses before anything is written: cards that do not fit their group or each other, and numbers and
PINs that a card here has already.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.card_number import find_series_and_serial
from models import Card, CardGroup, CardSeries
from services.keys.pin_keys import PinKeys
from services.series.import_cells import ImportedCard
from services.series.import_table import LineRefused

CARDS_A_QUESTION = 5_000


def refusals(session: Session, keys: PinKeys, group: CardGroup, cards: Sequence[ImportedCard]) -> list[LineRefused]:
    """An empty list lets the cards in."""
    return [
        *_of_group(group, cards),
        *_of_each_other(cards),
        *_numbers_here(session, cards),
        *_pins_here(session, keys, cards),
    ]


def _of_group(group: CardGroup, cards: Sequence[ImportedCard]) -> Iterator[LineRefused]:
    """The lengths by which a caller's entry ends: one for all numbers of a group, one for all PINs of a file."""
    pin_length = len(cards[0].pin)
    for card in cards:
        if card.number is not None and len(card.number) != group.number_length:
            sentence = f"{len(card.number)} digits; the group {group.name} asks for {group.number_length}."
            yield LineRefused(card.line, "Number", sentence)
        if len(card.pin) != pin_length:
            sentence = f"another length than line {cards[0].line}: import the cards of each PIN length apart."
            yield LineRefused(card.line, "PIN", sentence)
        if card.number is not None and card.number.endswith(card.pin):
            yield LineRefused(card.line, "PIN", "a part of the card's own number, which is no secret: give a new PIN.")


def _of_each_other(cards: Sequence[ImportedCard]) -> Iterator[LineRefused]:
    line_of_number: dict[str, int] = {}
    line_of_pin: dict[str, int] = {}
    for card in cards:
        if card.number is not None and (first := line_of_number.setdefault(card.number, card.line)) != card.line:
            yield LineRefused(card.line, "Number", f"the same as in line {first}.")
        if (first := line_of_pin.setdefault(card.pin, card.line)) != card.line:
            yield LineRefused(card.line, "PIN", f"the same as in line {first}.")


def _numbers_here(session: Session, cards: Sequence[ImportedCard]) -> Iterator[LineRefused]:
    """A series belongs to one group and has one set of terms, so that cards are never added to one that exists."""
    series_of = {number: parts[0] for card in cards if (number := card.number) and (parts := split(number))}
    query = select(CardSeries.number).where(CardSeries.number.in_(set(series_of.values())))
    known_series = set(session.scalars(query))
    told: set[int] = set()
    for chunk in _chunks([card for card in cards if card.number and series_of[card.number] in known_series]):
        numbers = select(Card.number).where(Card.number.in_([card.number for card in chunk]))
        known = set(session.scalars(numbers))
        for card in chunk:
            series = series_of[card.number or ""]
            if card.number in known:
                yield LineRefused(card.line, "Number", "a card here has this number already.")
            elif series not in told:
                told.add(series)
                yield LineRefused(card.line, "Number", f"it belongs to series {series}, which exists already.")


def _pins_here(session: Session, keys: PinKeys, cards: Sequence[ImportedCard]) -> Iterator[LineRefused]:
    """By every live key: a card that still stands under an older one has its PIN as well."""
    for chunk in _chunks(cards):
        for key in keys.live():
            card_of = dict(zip(key.digest_each(card.pin for card in chunk), chunk, strict=False))
            for digest in session.scalars(select(Card.pin_digest).where(Card.pin_digest.in_(card_of))):
                yield LineRefused(card_of[digest].line, "PIN", "a card here has this PIN already: give a new one.")


def split(number: str) -> tuple[int, int]:
    """Series and serial of a number that was checked."""
    parts = find_series_and_serial(number)
    if parts is None:
        raise ValueError("an imported number was not checked")
    return parts


def _chunks(cards: Sequence[ImportedCard]) -> Iterator[Sequence[ImportedCard]]:
    for place in range(0, len(cards), CARDS_A_QUESTION):
        yield cards[place : place + CARDS_A_QUESTION]
