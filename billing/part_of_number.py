"""The serials of a series whose card number holds some digits: by arithmetic, so that no card is looked at."""

from collections.abc import Iterator

from billing.card_number import SERIAL_DIGITS


class PartTooCommon(ValueError):
    """More cards than are shown by a part of their number hold these digits."""


def serials_with_part(series_number: int, serials: range, part: str, most: int) -> list[int]:
    """In their order; `part` is digits, anywhere in series number and serial. At most `most` of them, else refused."""
    found: set[int] = set()
    for run in _runs(str(series_number), serials, part):
        found.update(range(run.start, min(run.stop, run.start + most + 1)))
        if len(found) > most:
            raise PartTooCommon(f"More than {most} cards of the series hold {part} in their number: give more digits.")
    return sorted(found)


def _runs(series: str, serials: range, part: str) -> Iterator[range]:
    """By the place at which the part begins in the number; before 0 it begins within the series number."""
    for begin in range(-len(series), SERIAL_DIGITS - len(part) + 1):
        before = part[: max(0, -begin)]
        if before == series[len(series) + begin :][: len(before)] or not before:
            yield from _runs_at(serials, max(0, begin), part[len(before) :])


def _runs_at(serials: range, begin: int, digits: str) -> Iterator[range]:
    """Serials whose digits from `begin` on, of nine, are these."""
    block, step = 10 ** (SERIAL_DIGITS - begin), 10 ** (SERIAL_DIGITS - begin - len(digits))
    offset = int(digits or "0") * step
    for high in range(serials.start // block, (serials.stop - 1) // block + 1):
        first = max(serials.start, high * block + offset)
        stop = min(serials.stop, high * block + offset + step)
        if first < stop:
            yield range(first, stop)
