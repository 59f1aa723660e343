"""The prefixes of a rate table put in order for billing.rate_deck, by numpy: no call waits for a loop over them."""

from array import array
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from billing.phone import NUMBER_DIGITS_MAX
from billing.rate_deck import LENGTH_BITS, LENGTH_MASK, NOTHING_ABOVE, SPANS, TableDeck, Terms

Whole = NDArray[np.int64]
HEAD_DIGITS_MAX = 4  # 40 kB for a large table
SHORT_MOST = 2**16
COMMA, ZERO, NINE = b",09"
_SPANS: Whole = np.array(SPANS, dtype=np.int64)


def ordered(revision: int, terms: Terms, prefixes: Sequence[str]) -> TableDeck:
    """`prefixes` holds for each term the prefixes it is said of, with commas between them. What is no prefix of any
    number (letters, more than 15 digits) is left out.
    """
    keys, term_of = _keys(prefixes)
    places = sorted(range(len(terms.periods)), key=lambda place: terms.periods[place].precision())
    rank = np.empty(len(places), dtype=np.int64)
    rank[places] = np.arange(len(places))
    order = np.lexsort((rank[np.asarray(terms.period_of, dtype=np.int64)[term_of]], keys))
    keys, term_of = keys[order], term_of[order]
    head_span, heads = _heads(keys)
    of_terms = "H" if len(prefixes) <= SHORT_MOST else "i"
    columns = (_array("i", heads), _array("q", keys), _array("i", _up(keys)), _array(of_terms, term_of))
    return TableDeck(revision, head_span, *columns, terms)


def _keys(prefixes: Sequence[str]) -> tuple[Whole, Whole]:
    """The key of each prefix, and the place of its term."""
    if not prefixes:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    letters = np.frombuffer((",".join(prefixes) + ",").encode(), dtype=np.uint8)
    ends = np.flatnonzero(letters == COMMA)
    starts = np.concatenate(([0], ends[:-1] + 1))
    lengths = ends - starts
    counts = np.array([text.count(",") + 1 for text in prefixes])
    term_of = np.repeat(np.arange(len(prefixes)), counts)
    wrong = np.concatenate(([0], np.cumsum(((letters < ZERO) | (letters > NINE)) & (letters != COMMA))))
    good = (lengths > 0) & (lengths <= NUMBER_DIGITS_MAX) & (wrong[ends] == wrong[starts])
    starts, lengths = starts[good], lengths[good]
    values = np.zeros(len(starts), dtype=np.int64)
    for place in range(NUMBER_DIGITS_MAX):
        has_digit = lengths > place
        values[has_digit] = values[has_digit] * 10 + (letters[starts[has_digit] + place] - ZERO)
    return values * _SPANS[lengths] << LENGTH_BITS | lengths, term_of[good]


def _up(keys: Whole) -> Whole:
    """For each key the place before it if that has the same key, else the last place of the longest prefix above."""
    places = np.arange(len(keys))
    up = np.full(len(keys), NOTHING_ABOVE, dtype=np.int64)
    lengths = keys & LENGTH_MASK
    present = np.flatnonzero(np.bincount(lengths, minlength=1)).tolist()
    for length in present[:-1]:  # from short to long: a longer one above takes the place of a shorter one
        below = places[lengths > length]
        filled = keys[below] >> LENGTH_BITS
        above = filled - filled % SPANS[length] << LENGTH_BITS | length
        found = np.searchsorted(keys, above, side="right") - 1
        is_there = (found >= 0) & (keys[found] == above)
        up[below[is_there]] = found[is_there]
    same = np.flatnonzero(keys[1:] == keys[:-1]) + 1
    up[same] = same - 1
    return up


def _heads(keys: Whole) -> tuple[int, Whole]:
    """As many heads as leave some ten prefixes to each, were they spread evenly; four digits at most."""
    digits = min(HEAD_DIGITS_MAX, max(0, len(str(len(keys))) - 2))
    span = SPANS[digits]
    bounds = np.arange(10**digits + 1, dtype=np.int64) * span << LENGTH_BITS
    return span, np.searchsorted(keys, bounds, side="left")


def _array(kind: str, values: Whole) -> "array[int]":
    packed: array[int] = array(kind)
    packed.frombytes(values.astype(np.dtype(kind)).tobytes())
    return packed
