"""What becomes of the periods of one code: new ones are laid over old ones, in whole and exactly."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from services.rate_import.line_reader import FileRate
from services.rate_import.table_rates import FOREVER, TableRate
from services.rate_import.terms import MISSING, Terms

Span = tuple[datetime, datetime]  # from, until before


class Segment(NamedTuple):
    """A time for which a line of the file says what holds. `terms` None: nothing does."""

    begins: datetime
    ends: datetime
    rate: FileRate
    covering: TableRate | None  # what the table has at its beginning
    terms: Terms | None

    @property
    def is_kept(self) -> bool:
        """The table says the same already, at least at its beginning."""
        return self.covering is not None and self.covering.terms == self.terms


def same_terms(given: Sequence[object], terms: Terms) -> bool:
    return all(new is MISSING or new == old for new, old in zip(given, terms, strict=True))


def left_of(rate: TableRate, segments: Sequence[Segment], replaced_from: datetime) -> list[Span]:
    """The times that an old rate keeps: those that no segment takes from it, and those in which one repeats it. From
    `replaced_from` on it keeps nothing else (FOREVER: it does).
    """
    own = [segment for segment in segments if segment.is_kept and segment.covering is rate]
    others = [(segment.begins, segment.ends) for segment in segments if segment not in own]
    spans = _without([(rate.valid_from, rate.valid_until)], [*others, (replaced_from, FOREVER)])
    return _merged([*spans, *((segment.begins, segment.ends) for segment in own)])


def covering(rates: Iterable[TableRate], moment: datetime) -> TableRate | None:
    return next((rate for rate in rates if rate.valid_from <= moment < rate.valid_until), None)


def _without(spans: list[Span], taken: Iterable[Span]) -> list[Span]:
    for begins, ends in taken:
        cut: list[Span] = []
        for first, last in spans:
            cut += [(first, min(last, begins))] if first < begins else []
            cut += [(max(first, ends), last)] if last > ends else []
        spans = cut
    return spans


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged
