"""Sheets as people make them: cells that are one over several rows, and lists that do not begin in the first row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lists import day, prices, understood
from workbooks import xlsx

if TYPE_CHECKING:
    from pathlib import Path

TITLE = ["ACME Carrier: price list, USD", "", "", ""]
HEADINGS = ["Country", "Codes", "Price", "Valid from"]
SPAIN = [["Spain", "34", 0.0123, "2026-12-01"], ["", "346-347", 0.045, ""], ["", "3499", 0.05, ""]]
FRANCE = [["France", "33", 0.02, ""]]


def test_what_is_one_over_several_rows_is_said_of_each(tmp_path: Path) -> None:
    """Else the dearer codes of the country would begin at once, and have no name."""
    content = xlsx([TITLE, HEADINGS, *SPAIN, *FRANCE], merged=["A3:A5", "D3:D5"])
    found = understood(tmp_path, content, name="list.xlsx")
    assert prices(found) == {"34": 12_300, "346": 45_000, "347": 45_000, "3499": 50_000, "33": 20_000}
    told = {rate.prefix: (rate.given[0], rate.valid_from) for rate in found.rates}
    spain = ("Spain", day("2026-12-01"))
    assert told == {**dict.fromkeys(("34", "346", "347", "3499"), spain), "33": ("France", None)}


def test_a_title_over_several_columns_stays_a_title(tmp_path: Path) -> None:
    content = xlsx([TITLE, HEADINGS, *FRANCE], merged=["A1:D1"])
    assert prices(understood(tmp_path, content, name="list.xlsx")) == {"33": 20_000}


def test_lines_have_the_numbers_that_the_sender_sees(tmp_path: Path) -> None:
    """Also where a list begins in the fifth row: who is told of line 7 must find it."""
    content = xlsx([HEADINGS, *FRANCE, ["Nowhere", "none", 0.1, ""]], at=4)
    found = understood(tmp_path, content, name="list.xlsx")
    assert [rate.line for rate in found.rates] == [6]
    assert [refusal.line for refusal in found.refused] == [7]
