"""Cells that a spreadsheet would run are made harmless, and nothing else is changed (reliability.md 15, F30)."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from billing.states import CardStatus
from services.store.safe_cells import safe_cell, write_csv


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\0"])
def test_text_that_begins_a_formula_gets_an_apostrophe(begin: str) -> None:
    assert safe_cell(f"{begin}1+1") == f"'{begin}1+1"


@pytest.mark.parametrize("value", [-5, 0, "5-6", "a=b", "", "'=1"])
def test_numbers_and_plain_text_stay(value: object) -> None:
    assert safe_cell(value) == value


def test_words_moments_and_nothing_are_written_plainly() -> None:
    moment = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert [safe_cell(value) for value in (CardStatus.USED, moment, None, {"b": 1, "a": "="})] == [
        "used",
        "2026-11-22T12:00:00+00:00",
        "",
        '{"a": "=", "b": 1}',
    ]


def test_a_file_reads_back_as_it_was_written() -> None:
    out = io.StringIO()
    assert write_csv(out, ["a", "b"], [("x,y", -1), ('say "hi"\nthere', None)]) == 2
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [["a", "b"], ["x,y", "-1"], ['say "hi"\nthere', ""]]


def test_a_carriage_return_inside_a_text_begins_no_row() -> None:
    """F30: a spreadsheet takes a bare CR for the end of a row, and would run what follows."""
    out = io.StringIO()
    write_csv(out, ["a"], [["x\r=1+1"]])
    assert '"x\r=1+1"' in out.getvalue()
