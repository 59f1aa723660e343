"""What a file of rates is refused for: the whole of it by a sentence, a line of it with its number and a reason."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a line is refused; an operator may leave out all lines of a reason."""

    CODE = "code"  # no dialling code, or one that may mean several things
    PRICE = "price"
    CURRENCY = "currency"
    DATE = "date"
    TERM = "term"  # increments, fees and the other terms
    CONTRADICTION = "contradiction"  # two lines of one code differ
    OVERLAP = "overlap"  # periods or hours of one code overlap
    WORD = "word"  # a word of change or state that is not known
    SHAPE = "shape"  # the line itself: a cell too long, too many cells


@dataclass(frozen=True, slots=True)
class RefusedLine:
    line: int
    reason: Reason
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.sentence}"


class FileRefused(Exception):
    """Nothing of the file can be taken; the sentence says why and what to do."""


class ImportRefused(Exception):
    """The import cannot be staged, applied or undone; the sentence says why and what to do."""


class CellRefused(ValueError):
    """A cell cannot be taken; its line is refused for this reason."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason, self.sentence = reason, sentence
