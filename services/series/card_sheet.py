"""Draw card sheets: cards side by side on A4 with cut marks, as PDF. Lengths are whole points (1/72 inch)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

import segno
from reportlab.lib.colors import HexColor, black
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from services.cards.card_words import CardWords

PAGE_WIDTH, PAGE_HEIGHT = 595, 842  # A4
PLAIN, BOLD = "Vera", "VeraBd"  # come with reportlab, are embedded in the file, and hold all letters of Spanish
INK, GREY = HexColor("#12395B"), HexColor("#555555")
HAIRLINE, RULE = Decimal("0.4"), Decimal("1.2")
EDGE = 12  # between the cut and the print, so that a cut 4 mm off harms nothing
QUIET_MODULES = 4  # nothing is printed nearer to a QR code
MARK_GAP, MARK_LENGTH = 4, 12
CODES_KEPT_MAX = 64


@dataclass(frozen=True, slots=True)
class Grid:
    """How cards lie on a page."""

    columns: int
    rows: int
    width: int
    height: int
    calls_max: int  # access numbers for which there is room
    step: int  # from the number down to the PIN
    module: int  # side of one square of a QR code; 2 points are 0.7 mm, well above what a phone needs

    @property
    def left(self) -> int:
        return (PAGE_WIDTH - self.columns * self.width) // 2

    @property
    def bottom(self) -> int:
        return (PAGE_HEIGHT - self.rows * self.height) // 2


GRIDS: Final = {
    10: Grid(2, 5, 243, 153, 4, 28, 2),
    8: Grid(2, 4, 270, 190, 8, 40, 3),
}  # by cards a page; ten have the size of a bank card


@dataclass(frozen=True, slots=True)
class CardPrint:
    """One card, as text; `code` is what its QR code says."""

    number: str
    pin: str = field(repr=False)
    value: str
    validity: str | None
    code: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all cards share. `calls` are the access numbers as printed, each with its languages."""

    series_number: int
    title: str
    words: CardWords
    shows_number_first: bool
    calls: Sequence[tuple[str, str]]
    steps: Sequence[str]
    cards_a_page: int = 10


def draw_sheets(file: Path, sheet: Sheet, cards: Iterable[CardPrint], count: int, *, compressed: bool = True) -> int:
    """Write the PDF, as the cards come; the number of pages."""
    for font in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(font, f"{font}.ttf"))
    canvas = Canvas(
        str(file), pagesize=(PAGE_WIDTH, PAGE_HEIGHT), pageCompression=int(compressed), initialFontName=PLAIN
    )
    canvas.setTitle(sheet.words.sheet.format(series=sheet.series_number, page=1, pages=1).partition(",")[0])
    grid = GRIDS[sheet.cards_a_page]
    pages = -(-count // sheet.cards_a_page)
    for place, card in enumerate(cards):
        page, slot = divmod(place, sheet.cards_a_page)
        if slot == 0:
            if page:
                canvas.showPage()
            _frame(canvas, sheet, grid, page + 1, pages)
        row, column = divmod(slot, grid.columns)
        canvas.saveState()
        canvas.translate(grid.left + column * grid.width, grid.bottom + (grid.rows - 1 - row) * grid.height)
        _card(canvas, sheet, grid, card)
        canvas.restoreState()
    canvas.save()
    return pages


def missing_glyphs(text: str) -> str:
    """The characters that the fonts lack."""
    face = TTFont(PLAIN, f"{PLAIN}.ttf").face
    return "".join(sorted({letter for letter in text if ord(letter) not in face.charToGlyph}))


def _frame(canvas: Canvas, sheet: Sheet, grid: Grid, page: int, pages: int) -> None:
    """Cut marks outside the cards, and which sheet this is."""
    canvas.setStrokeColor(black)
    canvas.setLineWidth(HAIRLINE)
    right, top = grid.left + grid.columns * grid.width, grid.bottom + grid.rows * grid.height
    for column in range(grid.columns + 1):
        x = grid.left + column * grid.width
        canvas.line(x, grid.bottom - MARK_GAP, x, grid.bottom - MARK_GAP - MARK_LENGTH)
        canvas.line(x, top + MARK_GAP, x, top + MARK_GAP + MARK_LENGTH)
    for row in range(grid.rows + 1):
        y = grid.bottom + row * grid.height
        canvas.line(grid.left - MARK_GAP, y, grid.left - MARK_GAP - MARK_LENGTH, y)
        canvas.line(right + MARK_GAP, y, right + MARK_GAP + MARK_LENGTH, y)
    canvas.setFillColor(GREY)
    told = sheet.words.sheet.format(series=sheet.series_number, page=page, pages=pages)
    _draw(canvas, grid.left + EDGE, grid.bottom - MARK_GAP - MARK_LENGTH, told, PLAIN, 6)


def _card(canvas: Canvas, sheet: Sheet, grid: Grid, card: CardPrint) -> None:
    """From top to bottom: name and value; number, PIN and QR code; how to call."""
    right, y = grid.width - EDGE, grid.height - 21
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 12)
    canvas.drawRightString(right, y, card.value)
    room = right - EDGE - 8 - _width(card.value, BOLD, 12)
    _draw(canvas, EDGE, y, sheet.title, BOLD, _size([sheet.title], BOLD, (12, 11, 10, 9, 8, 7, 6, 5), room))
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(RULE)
    canvas.line(EDGE, y - 6, right, y - 6)
    taken = _code(canvas, card.code, grid, y - 12, sheet.words.scan) if card.code else 0
    _secrets(canvas, sheet, grid, card, right - EDGE - taken)
    _how_to_call(canvas, sheet, card, right - EDGE)


def _secrets(canvas: Canvas, sheet: Sheet, grid: Grid, card: CardPrint, room: int) -> None:
    """Number and PIN; where the PIN logs in alone it stands first, and the number is only a serial."""
    number, pin = (sheet.words.card_number, card.number), (sheet.words.pin, card.pin)
    size = _size(
        [card.pin, card.number], BOLD, (15, 14, 13, 12, 11, 10, 9) if grid.module > 2 else (13, 12, 11, 10, 9), room
    )
    pairs = ((number, size), (pin, size)) if sheet.shows_number_first else ((pin, size), (number, 9))
    y = grid.height - 38
    for (label, digits), digits_size in pairs:
        _label(canvas, EDGE, y, label)
        _draw(canvas, EDGE, y - digits_size - 1, digits, BOLD, digits_size)
        y -= grid.step


def _how_to_call(canvas: Canvas, sheet: Sheet, card: CardPrint, room: int) -> None:
    """At the foot, upwards: validity, the steps, and the access numbers in two columns."""
    y = 10
    if card.validity:
        canvas.setFillColor(INK)
        _draw(canvas, EDGE, y, card.validity, BOLD, _size([card.validity], BOLD, (6, 5), room))
        y += 10
    canvas.setFillColor(black)
    size = _size(sheet.steps, PLAIN, (7, 6, 5), room)
    for step in reversed(sheet.steps):
        _draw(canvas, EDGE, y, step, PLAIN, size)
        y += size + 2
    column = room if len(sheet.calls) == 1 else room // 2
    size = _size([f"{number}  {spoken}" for number, spoken in sheet.calls], BOLD, (9, 8, 7, 6), column - 4)
    y += 2 + (size + 2) * (-(-len(sheet.calls) // 2) - 1)
    _label(canvas, EDGE, y + size + 1, sheet.words.call)
    canvas.setFillColor(black)
    for place, (number, spoken) in enumerate(sheet.calls):
        x, line = EDGE + place % 2 * column, y - (size + 2) * (place // 2)
        _draw(canvas, x, line, number, BOLD, size)
        _draw(canvas, x + _width(number, BOLD, size) + 4, line, spoken, PLAIN, size - 1)


def _label(canvas: Canvas, x: int, y: int, text: str) -> None:
    canvas.setFillColor(GREY)
    _draw(canvas, x, y, text, PLAIN, 5)
    canvas.setFillColor(black)


def _draw(canvas: Canvas, x: int, y: int, text: str, font: str, size: int) -> None:
    canvas.setFont(font, size)
    canvas.drawString(x, y, text)


def _size(texts: Sequence[str], font: str, sizes: Sequence[int], room: int) -> int:
    """The largest size in which each of the texts fits; the smallest one if none does."""
    return next((size for size in sizes if all(_width(text, font, size) <= room for text in texts)), sizes[-1])


@lru_cache(4_096)
def _width(text: str, font: str, size: int) -> int:
    return int(pdfmetrics.stringWidth(text, font, size)) + 1


def _code(canvas: Canvas, text: str, grid: Grid, top: int, caption: str) -> int:
    """The QR code at the right edge below `top`, its caption upright before it; the width that both take."""
    matrix = _matrix(text)
    module, right = grid.module, grid.width - EDGE
    side = len(matrix) * module
    path = canvas.beginPath()
    for row, modules in enumerate(matrix, start=1):
        for begin, length in _runs(modules):
            path.rect(right - side + begin * module, top - row * module, length * module, module)
    canvas.setFillColor(black)
    canvas.drawPath(path, stroke=0, fill=1)
    quiet = QUIET_MODULES * module
    canvas.saveState()
    canvas.translate(right - side - quiet, top - side // 2)
    canvas.rotate(90)
    canvas.setFillColor(GREY)
    canvas.setFont(PLAIN, 5)
    canvas.drawCentredString(0, 0, caption)
    canvas.restoreState()
    return side + quiet + 8


@lru_cache(CODES_KEPT_MAX)
def _matrix(text: str) -> tuple[bytes, ...]:
    return tuple(bytes(row) for row in segno.make(text, error="m", micro=False).matrix)


def _runs(modules: bytes) -> Iterable[tuple[int, int]]:
    """Dark modules side by side, as (first, how many)."""
    begin = None
    for place, dark in enumerate((*modules, 0)):
        if dark and begin is None:
            begin = place
        elif not dark and begin is not None:
            yield begin, place - begin
            begin = None
