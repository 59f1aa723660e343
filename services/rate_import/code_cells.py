"""Dialling codes as carriers write them: one, a list, ranges, with + or 00 before, spoilt by a spreadsheet or not."""

import re
from typing import Final

from billing.phone import NUMBER_DIGITS_MAX
from services.rate_import.refusals import CellRefused, Reason
from services.rate_import.sheet import SheetMoment

CODES_A_CELL_MAX: Final = 20_000
LISTS: Final = re.compile(r"[,;/|\n\r]+")
RANGE: Final = re.compile(r"([0-9]+)\s*(?:-|\u2013|\u2014|\.\.|\bto\b|\ba\b)\s*([0-9]+)")
CODE: Final = re.compile(r"[0-9]+(?:\.0+)?")
SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+")
THOUSANDS: Final = re.compile(r"[0-9]{1,2}(?:,[0-9]{3})+")
DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}-[A-Za-z]{3}(?:-[0-9]{2,4})?|[A-Za-z]{3}-[0-9]{2,4}")


def codes_of(cell: str) -> list[str]:
    """The prefixes of one cell that holds whole codes. Raises CellRefused."""
    if cell.isascii() and cell.isdigit() and cell[0] != "0" and len(cell) <= NUMBER_DIGITS_MAX:  # most of them
        return [str(cell)]  # a spreadsheet's number is text of a type of its own
    text = cell.strip("'\" \t")
    _refuse_spoilt(cell, text)
    if THOUSANDS.fullmatch(text):
        raise _refused("a list of codes, or one code with commas between its thousands? Write 44, 420 or 44420.")
    codes = [_country_first(code) for piece in _pieces(text) for code in _range(piece)]
    if not codes:
        raise _refused("there is no dialling code: write its digits, such as 4420.")
    return codes


def codes_of_two(country: str, area: str) -> list[str]:
    """The country's code before each code of the area; an area may begin with 0 and may be missing."""
    heads = codes_of(country)
    if len(heads) != 1 and area:
        raise _refused("there are several country codes before the area codes.")
    text = area.strip("'\" \t")
    if not text:
        return heads
    _refuse_spoilt(area, text)
    return [_checked(heads[0] + code) for piece in _pieces(text) for code in _range(piece)]


def _refuse_spoilt(cell: str, text: str) -> None:
    if isinstance(cell, SheetMoment) or DATE.fullmatch(text):
        raise _refused("the code has become a date in a spreadsheet, its digits are lost: keep codes as text.")
    if SCIENTIFIC.fullmatch(text):
        raise _refused(
            f"{text[:30]}: a spreadsheet has shortened this code, its last digits are lost: keep codes as text."
        )


def _pieces(text: str) -> list[str]:
    return [piece for some in LISTS.split(text) if (piece := some.strip().strip("."))]


def _range(piece: str) -> list[str]:
    """4477-4479, and 4477-79 with only the last digits of the end."""
    bare = _bare(piece)
    if CODE.fullmatch(bare):
        return [bare.partition(".")[0]]
    found = RANGE.fullmatch(bare)
    if found is None:
        if re.fullmatch(r"[0-9]+(?:\s+[0-9]+)+", bare):
            raise _refused(f"{piece[:30]}: is this one code or a list? Put commas between codes, nothing inside one.")
        raise _refused(f"{piece[:30]!r} is no dialling code: write its digits, such as 4420.")
    first, last = found.groups()
    last = _bare(last)
    if len(last) > len(first):
        raise _refused(
            f"{piece[:30]}: the range ends with a longer code than it begins with: write both at one length."
        )
    last = first[: len(first) - len(last)] + last
    if int(last) < int(first):
        raise _refused(f"{piece[:30]}: the range ends before it begins: turn it round.")
    if int(last) - int(first) >= CODES_A_CELL_MAX:
        raise _refused(f"{piece[:30]}: the range holds more than {CODES_A_CELL_MAX} codes.")
    return [f"{code:0{len(first)}d}" for code in range(int(first), int(last) + 1)]


def _bare(piece: str) -> str:
    return piece.removeprefix("+").removeprefix("(").removesuffix(")").removeprefix("+").strip()


def _country_first(code: str) -> str:
    return _checked(code.removeprefix("00"))


def _checked(code: str) -> str:
    if not code.isascii() or not code or code.startswith("0"):
        raise _refused(f"{code[:30]}: no country's code begins with 0.")
    if len(code) > NUMBER_DIGITS_MAX:
        raise _refused(f"{code[:30]}: a code has at most {NUMBER_DIGITS_MAX} digits.")
    return code


def _refused(sentence: str) -> CellRefused:
    return CellRefused(Reason.CODE, f"code: {sentence}")
