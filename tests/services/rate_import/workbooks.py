"""Workbooks made by code: XLSX by XlsxWriter, ODS and XLS from their formats' own descriptions."""

from __future__ import annotations

import struct
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTOR = 512
END, FREE, TABLE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def xlsx(
    *sheets: Sequence[Sequence[object]], hidden: Sequence[int] = (), merged: Sequence[str] = (), at: int = 0
) -> bytes:
    """`merged` are ranges such as A2:A4 of every sheet, whose first cell keeps what it holds; rows begin after `at`."""
    out = BytesIO()
    options = {"in_memory": True, "default_date_format": "dd/mm/yyyy", "strings_to_formulas": False}
    with xlsxwriter.Workbook(out, options) as book:
        for number, rows in enumerate(sheets):
            sheet = book.add_worksheet()
            if number in hidden:
                sheet.hide()
            for place, row in enumerate(rows):
                sheet.write_row(at + place, 0, row)
            for cells in merged:
                first, row = cells.split(":")[0], rows[int(cells.split(":")[0][1:]) - 1 - at]
                sheet.merge_range(cells, row["ABCDEFGH".index(first[0])])
    return out.getvalue()


def ods(rows: Sequence[Sequence[object]]) -> bytes:
    body = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = f'<?xml version="1.0"?><office:document-content {spaces} office:version="1.2"><office:body>'
    content += f'<office:spreadsheet><table:table table:name="Rates">{body}</table:table></office:spreadsheet>'
    content += "</office:body></office:document-content>"
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    space = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
    entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("mimetype", kind)
        packed.writestr("META-INF/manifest.xml", f"<manifest:manifest {space}>{entry}</manifest:manifest>")
        packed.writestr("content.xml", content)
    return out.getvalue()


def _ods_cell(value: object) -> str:
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    text = escape(str(value))
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def xls(rows: Sequence[Sequence[object]]) -> bytes:
    """BIFF8 in a compound file, as Excel 97 to 2003 write it: [MS-XLS] and [MS-CFB]."""
    places = ((row, column, value) for row, line in enumerate(rows) for column, value in enumerate(line))
    cells = b"".join(_xls_cell(*place) for place in places)
    begin = _record(0x809, struct.pack("<HHHHII", 0x600, 5, 0x0DBB, 0x07CC, 0, 6))
    sheet = _record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0x0DBB, 0x07CC, 0, 6)) + cells + _record(0x0A, b"")
    name = b"\x05\x00Rates"
    position = len(begin) + 4 + 6 + len(name) + 4
    bound = _record(0x85, struct.pack("<IBB", position, 0, 0) + name)
    return _compound((begin + bound + _record(0x0A, b"") + sheet).ljust(4_096, b"\0"))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _xls_cell(row: int, column: int, value: object) -> bytes:
    if isinstance(value, int | float):
        return _record(0x203, struct.pack("<HHHd", row, column, 0, value))
    text = str(value)
    return _record(0x204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def _compound(stream: bytes) -> bytes:
    """A header, one sector of the table of sectors, one of the directory, then the stream."""
    count = -(-len(stream) // SECTOR)
    assert count <= 126
    chain = [*range(3, count + 2), END]
    table = struct.pack("<128I", TABLE, END, *chain, *([FREE] * (126 - count)))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4_096, END, 0, END, 0) + struct.pack("<109I", 0, *([FREE] * 108))
    entries = _entry("Root Entry", 5, 1, END, 0) + _entry("Workbook", 2, FREE, 2, len(stream))
    entries += 2 * _entry("", 0, FREE, 0, 0)
    return header + table + entries + stream.ljust(count * SECTOR, b"\0")


def _entry(name: str, kind: int, child: int, first: int, size: int) -> bytes:
    text = f"{name}\0".encode("utf-16-le") if name else b""
    head = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + struct.pack("<III", FREE, FREE, child)
    return head + bytes(36) + struct.pack("<IQ", first, size)
