"""A chart of bars as plain shapes: the template draws them, no script is needed, and the numbers stand beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from billing.money import divide_floor

WIDTH, HEIGHT = 960, 220
LEFT, BOTTOM, TOP = 8, 22, 8
LABELS_MAX = 12
LETTER_WIDTH = 7
BAR_WIDTH_MAX = 90
SPLIT_WIDTH, SEEN_WIDTH_MIN = 1000, 30  # a card of a million is seen too


@dataclass(frozen=True, slots=True)
class Bar:
    """Lengths are units of the picture, whole ones; `inner_height` is the part of a second value within the first."""

    x: int
    y: int
    width: int
    height: int
    inner_y: int
    inner_height: int
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM


def bar_chart(values: Sequence[tuple[str, int, int, str]]) -> Chart | None:
    """Of label, value, part of it, and what is told of both; None where there is nothing to draw. What is below 0 is
    drawn as nothing: the table tells it.
    """
    greatest = max((value for _, value, _, _ in values), default=0)
    if greatest <= 0:
        return None
    room = divide_floor(WIDTH - 2 * LEFT, len(values))
    width = min(BAR_WIDTH_MAX, max(1, divide_floor(room * 7, 10)))
    every = -(-len(values) // LABELS_MAX)
    letters = divide_floor(room * every, LETTER_WIDTH)
    bars = [
        _bar(LEFT + place * room, width, greatest, one, label=one[0][:letters] if place % every == 0 else "")
        for place, one in enumerate(values)
    ]
    return Chart(tuple(bars))


def _bar(x: int, width: int, greatest: int, one: tuple[str, int, int, str], *, label: str) -> Bar:
    _, value, part, title = one
    room = HEIGHT - TOP - BOTTOM
    height = divide_floor(max(0, value) * room, greatest)
    inner = min(height, divide_floor(max(0, part) * room, greatest))
    base = HEIGHT - BOTTOM
    return Bar(x, base - height, width, height, base - inner, inner, label, title)


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of a bar; `word` says what it counts."""

    word: str
    x: int
    width: int


def split_bar(counts: Sequence[tuple[str, int]]) -> tuple[Part, ...]:
    """One bar in stretches side by side, each as long as its count; what is there is seen, however few it is."""
    whole = sum(count for _, count in counts)
    if whole <= 0:
        return ()
    widths = [max(SEEN_WIDTH_MIN, divide_floor(count * SPLIT_WIDTH, whole)) if count else 0 for _, count in counts]
    widths[widths.index(max(widths))] += SPLIT_WIDTH - sum(widths)
    begins = accumulate(widths, initial=0)
    return tuple(Part(word, x, width) for (word, _), x, width in zip(counts, begins, widths, strict=False) if width)
