"""Step one: lists as carriers really send them, each of its uglinesses at least once; and what is refused, by line."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lists import day, prices, understood
from workbooks import ods, xls, xlsx

from services.rate_import import read_workbook, sheet
from services.rate_import.find_columns import find_columns
from services.rate_import.headings import Column
from services.rate_import.open_file import open_file
from services.rate_import.refusals import FileRefused, Reason
from services.rate_import.sheet import SheetRow
from services.rate_import.terms import MISSING, PLACES

if TYPE_CHECKING:
    from pathlib import Path

FIRST, NEXT = PLACES["first_block_seconds"], PLACES["increment_seconds"]
PLAIN = "Código;Destino;Precio\n34;España;0,0125\n346;España móvil;0,1\n"


TEXTS = {
    "utf-8": PLAIN.encode(),
    "bom": b"\xef\xbb\xbf" + PLAIN.encode(),
    "utf-16": PLAIN.encode("utf-16"),
    "utf-16-le": PLAIN.encode("utf-16-le"),
    "utf-16-be": PLAIN.encode("utf-16-be"),
    "latin-1": PLAIN.encode("latin-1"),
    "tabs": PLAIN.replace(";", "\t").encode(),
    "bars": PLAIN.replace(";", "|").encode(),
    "commas": PLAIN.replace(",", ".").replace(";", ",").encode(),
    "sep": f"sep=;\n{PLAIN}".encode(),
    "crlf": PLAIN.replace("\n", "\r\n").encode(),
    "cr": PLAIN.replace("\n", "\r").encode(),
    "quoted": PLAIN.replace("34;", '"34";').encode(),
}


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
def test_text_of_any_kind_is_read_alike(tmp_path: Path, content: bytes) -> None:
    """F26."""
    found = understood(tmp_path, content)
    assert prices(found) == {"34": 12_500, "346": 100_000}
    assert [rate.given[0] for rate in found.rates] == ["España", "España móvil"]
    assert any("Latin-1" in note for note in found.notes) == (content == PLAIN.encode("latin-1"))


ROWS = [["Code", "Destination", "Rate"], [34.0, "España", 0.0125], ["346", "España móvil", 0.1]]


@pytest.mark.parametrize("content", [xlsx(ROWS), ods(ROWS), xls(ROWS)], ids=["xlsx", "ods", "xls"])
def test_workbooks_of_any_kind_are_read_alike(tmp_path: Path, content: bytes) -> None:
    """Their kind is told by the content: the name of the file lies."""
    assert prices(understood(tmp_path, content, name="list.csv")) == {"34": 12_500, "346": 100_000}


def test_the_longest_visible_sheet_is_read_and_the_others_are_told(tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"
    cover, hidden = [["Carrier Ltd"]], [["Code", "Rate"], *([[44, 0.9]] * 50)]
    file.write_bytes(xlsx(cover, ROWS, hidden, [["Code", "Rate"], [49, 0.5]], hidden=[2]))
    opened = open_file(file).sheet
    assert (opened.name, opened.other_names) == ("Sheet2", ("Sheet1", "Sheet4"))
    assert open_file(file, "Sheet4").sheet.rows[1] == SheetRow(2, ["49", "0.5"])
    with pytest.raises(FileRefused, match="There is no sheet called 'Prices'"):
        open_file(file, "Prices")


def test_a_letterhead_stands_above_and_remarks_below(tmp_path: Path) -> None:
    text = (
        'ACME Telecom Ltd.,,,,\n"12, Main Street",,,,\nRate notice No. 7,,,,\n,,,,\n'
        "Destination,Country Code,Area Code,Rate ($/min),Effective Date\n"
        'UK mobile,44,"7700, 7711-7713",$0.05,13/12/2026\nUK,44,,.01,13.12.2026\n'
        "All rates are in US dollars,,,,\n"
    )
    found = understood(tmp_path, text)
    assert prices(found) == {"447700": 50_000, "447711": 50_000, "447712": 50_000, "447713": 50_000, "44": 10_000}
    assert ({rate.valid_from for rate in found.rates}, found.remarks) == ({day("2026-12-13")}, 1)
    assert [rate.line for rate in found.rates] == [6, 6, 6, 6, 7]


def test_without_headings_the_cells_tell(tmp_path: Path) -> None:
    found = understood(tmp_path, "44;United Kingdom;0,01;60/6\n4477;United Kingdom mobile;0,02;60/60\n")
    assert prices(found) == {"44": 10_000, "4477": 20_000}
    assert [(rate.given[0], rate.given[FIRST], rate.given[NEXT]) for rate in found.rates] == [
        ("United Kingdom", 60, 6),
        ("United Kingdom mobile", 60, 60),
    ]
    assert any("There are no headings" in note for note in found.notes)


HEADINGS = """\
Prefix = code, Country = country, New Rate = price_per_minute, Old Rate = -, Eff. Date = valid_from
Dial Code = code, Rate per minute USD = price_per_minute, Min Time = first_block_seconds, Increment = increments
Prefijo = code, Destino = destination, Tarifa (USD) = price_per_minute, Fecha de vigencia = valid_from
CÓDIGO DE PAÍS = country_code, CÓDIGO DE ÁREA = area_code, PRECIO = price_per_minute, Estado = change
Prefijo = code, Tarifa = price_per_minute, Incremento = increments, Cargo por conexión = connect_fee
Area Code = code, Route = destination, Price = price_per_minute, Rate Change = change, Rate Status Date = -
code = code, destination = destination, Peak Rate = -, Off-peak Rate = -, Rate = price_per_minute
Code Name = destination, Code = code, Setup Fee = connect_fee, Rate = price_per_minute, Expiry Date = valid_until
Code = code, Rate = price_per_minute, From = valid_from, Until = valid_until, Notice = change
ID = -, Zone = destination, Codes = code, Cost (US cents) = price_per_minute, Next Interval = increment_seconds
"""


@pytest.mark.parametrize("told", HEADINGS.splitlines())
def test_headings_are_known_as_carriers_write_them(told: str) -> None:
    pairs = [pair.split(" = ") for pair in told.split(", ")]
    found = find_columns(sheet.Sheet(None, [SheetRow(1, [heading for heading, _ in pairs])]), {}, {})
    by_place = {place: column.value for column, place in found.places.items()}
    assert [by_place.get(place, "-") for place in range(len(pairs))] == [column for _, column in pairs]


def test_the_operator_and_the_senders_last_file_come_before_any_guess() -> None:
    rows = [SheetRow(1, ["A", "B", "Rate", "Real"]), SheetRow(2, ["44", "UK", "9", "0.1"])]
    asked = {"A": "code", "2": "destination", "Real": "price_per_minute"}
    found = find_columns(sheet.Sheet(None, rows), {}, asked)
    assert found.places == {Column.CODE: 0, Column.DESTINATION: 1, Column.PRICE: 3}
    remembered = found.by_heading()
    assert find_columns(sheet.Sheet(None, rows), remembered, {}).places == found.places
    assert find_columns(sheet.Sheet(None, rows), remembered, {"Rate": "price_per_minute"}).places[Column.PRICE] == 2
    with pytest.raises(FileRefused, match="There is no column 'Nope'"):
        find_columns(sheet.Sheet(None, rows), {}, {"Nope": "code"})
    with pytest.raises(FileRefused, match="'colour' is nothing that a column can hold"):
        find_columns(sheet.Sheet(None, rows), {}, {"A": "colour"})


def test_doubles_are_merged_and_contradictions_refused_with_both_lines(tmp_path: Path) -> None:
    """F26."""
    lines = "44,0.1\n" * 1_000 + "49,0.1\n49,0.2\n33,0.3\n"
    found = understood(tmp_path, f"Code,Rate\n{lines}")
    assert (prices(found), found.duplicates) == ({"44": 100_000, "33": 300_000}, 999)
    assert [str(refusal) for refusal in found.refused] == [
        "line 1002: code 49: lines 1002 and 1003 say different things of it: keep one.",
        "line 1003: code 49: lines 1002 and 1003 say different things of it: keep one.",
    ]


def test_a_quotation_mark_never_closed_is_told_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="Line 3 is no line of a CSV file"):
        understood(tmp_path, 'Code,Rate\n44,0.1\n"49,0.1\n' + "33,0.1\n" * 30_000)


def test_files_have_their_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F26: 200 MB is read only to its limit."""
    with (tmp_path / "big.csv").open("wb") as big:
        big.truncate(200 * 1024**2)
    with pytest.raises(FileRefused, match="larger than 64 MB"):
        open_file(tmp_path / "big.csv")
    with pytest.raises(FileRefused, match="more than 100"):
        understood(tmp_path, "a" + "," * 200)
    found = understood(tmp_path, f"Code,Rate\n{'44;' * 20_000},0.1\n49,0.1\n")
    assert [refusal.reason for refusal in found.refused] == [Reason.SHAPE]
    monkeypatch.setattr("services.rate_import.read_text.ROWS_MAX", 3)
    with pytest.raises(FileRefused, match="more than 3 lines"):
        understood(tmp_path, "Code,Rate\n44,1\n45,1\n46,1\n")
    monkeypatch.setattr("services.rate_import.read_rates.RATES_MAX", 3)
    with pytest.raises(FileRefused, match="hold more than 3 codes"):
        understood(tmp_path, "Code,Rate\n44-49,1\n")


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F26."""
    monkeypatch.setattr(read_workbook, "UNPACKED_MAX", 10 * 1024**2)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b" " * 11 * 1024**2)
    with pytest.raises(FileRefused, match="unpacks to more than 10 MB"):
        understood(tmp_path, out.getvalue())


def test_a_sheet_of_two_far_corners_ends_only_its_reader(tmp_path: Path) -> None:
    """Its cells would fill 17 thousand million places."""
    out = BytesIO(xlsx([["Code", "Rate"], [44, 0.1]]))
    with zipfile.ZipFile(out) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet_name = "xl/worksheets/sheet1.xml"
    row = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts[sheet_name] = parts[sheet_name].replace(b"</sheetData>", row)
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    with pytest.raises(FileRefused):
        understood(tmp_path, bomb.getvalue())


ANY_SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
CELLS = st.sampled_from(
    ["44", "4477-79", "0,05", "1.234,5", "60/6", "13/12/2026", "Immediate", "closed", "", '"', "-1", "\0"]
)
LINES = st.lists(st.lists(CELLS | st.text(max_size=12), min_size=2, max_size=6), max_size=12)


def read_or_refused(folder: Path, content: bytes) -> None:
    """Whatever it is: rates, refused lines or one sentence, never a crash."""
    try:
        found = understood(folder, content)
    except FileRefused:
        return
    assert all(rate.prefix.isascii() and rate.prefix.isdigit() for rate in found.rates)
    assert all(isinstance(rate.given[1], int) or rate.given[1] is MISSING for rate in found.rates)


@ANY_SETTINGS
@given(content=st.binary(max_size=2_000))
@example(b"\xff\xfe\x00")
@example(b"\xff\xfe\x00\xd8\x00\x00")
@example(b"\0" * 100)
def test_random_bytes_never_crash_the_reader(tmp_path: Path, content: bytes) -> None:
    """F26."""
    read_or_refused(tmp_path, content)


@ANY_SETTINGS
@given(lines=LINES, delimiter=st.sampled_from([",", ";", "\t", "|"]))
def test_random_cells_never_crash_the_reader(tmp_path: Path, lines: list[list[str]], delimiter: str) -> None:
    text = "Code,Rate,Destination,Effective,Increment,Status".replace(",", delimiter) + "\n"
    text += "\n".join(delimiter.join(line) for line in lines)
    read_or_refused(tmp_path, text.encode("utf-8", "surrogatepass"))


@settings(parent=ANY_SETTINGS, max_examples=10)
@given(place=st.integers(0, 5_000), noise=st.binary(min_size=1, max_size=40), kind=st.sampled_from([xlsx, ods, xls]))
def test_damaged_workbooks_never_crash_the_reader(tmp_path: Path, place: int, noise: bytes, kind: object) -> None:
    """F26."""
    whole = kind(ROWS)  # type: ignore[operator]
    place %= len(whole)
    read_or_refused(tmp_path, whole[:place] + noise + whole[place + len(noise) :])
