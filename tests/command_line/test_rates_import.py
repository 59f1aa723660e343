"""callingcard rates import, imports, import-show, import-resume, undo, export: as an operator types them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from factories import row
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_line.__main__ import main
from models import AuditEntry, Rate, RateImport, RateImportRefusal, RateSender, RateTable

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

LIST = "Destination;Codes;Price;From\nUnited Kingdom;44;0,02;2099-01-31\nUK mobile;4477-4479;0,05;2099-01-31\n"


@pytest.fixture
def carrier(engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path))
    with Session(engine) as session, session.begin():
        row(session, RateTable, name="Carrier", currency="USD")
    return engine


def rates(*words: str) -> Result:
    result = CliRunner().invoke(main, ["rates", *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def imported(folder: Path, text: str, *words: str) -> Result:
    (folder / "list.csv").write_text(text)
    return rates("import", str(folder / "list.csv"), "--table", "Carrier", *words)


def told(result: Result, exit_code: int = 0) -> Any:  # noqa: ANN401 (JSON)
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def codes(engine: Engine) -> list[str]:
    with Session(engine) as session:
        return list(session.scalars(select(Rate.prefix).order_by(Rate.prefix)))


def test_a_list_is_shown_applied_told_and_taken_back(carrier: Engine, tmp_path: Path) -> None:
    dry = told(imported(tmp_path, LIST, "--dry-run", "--json"))
    assert (dry["counts"]["new"], dry["dry_run"], codes(carrier)) == (4, True, [])
    assert dry["columns"]["Codes"] == "code"
    done = imported(tmp_path, LIST, "--sender", "acme", "--yes")
    assert (done.exit_code, "Applied as import 1" in done.output) == (0, True), done.output
    assert "4 new" in done.output
    assert codes(carrier) == ["44", "4477", "4478", "4479"]
    [listed] = told(rates("imports", "--json"))
    assert (listed["sender"], listed["state"], listed["file"]) == ("acme", "applied", "list.csv")
    shown = told(rates("import-show", "1", "--json"))
    assert [change["prefix"] for change in shown["changes"]] == ["44", "4477", "4478", "4479"]
    assert "acme" in rates("import-show", "1").output
    assert "list.csv" in rates("imports", "--table", "Carrier").output
    assert told(rates("undo", "1", "--yes", "--json"))["state"] == "undone"
    assert codes(carrier) == []
    again = rates("undo", "1", "--yes")
    assert (again.exit_code, "it is undone" in again.output) == (1, True)
    with Session(carrier) as session:
        acts = session.scalars(select(AuditEntry.act).where(AuditEntry.object_kind == "rate_import"))
        assert list(acts) == ["rates.staged", "rates.imported", "rates.import_undone"]


def test_nothing_is_applied_unless_it_is_confirmed(carrier: Engine, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(LIST)
    words = ["rates", "import", str(tmp_path / "list.csv"), "--table", "Carrier"]
    assert CliRunner().invoke(main, words, input="n\n").exit_code == 1
    assert codes(carrier) == []
    assert CliRunner().invoke(main, words, input="y\n").exit_code == 0
    assert len(codes(carrier)) == 4


def test_refused_lines_stop_it_and_left_out_ones_make_it_partly_done(carrier: Engine, tmp_path: Path) -> None:
    text = f"{LIST}Bad;49;-1;2099-01-31\n"
    refused = imported(tmp_path, text, "--yes")
    assert (refused.exit_code, codes(carrier)) == (1, [])
    assert "line 4: price: -1 is negative: give 0 or more." in refused.output
    assert "--leave-out REASON" in refused.output
    as_json = told(imported(tmp_path, text, "--yes", "--json"), 1)
    assert as_json["refusals"] == [{"line": 4, "reason": "price", "sentence": "price: -1 is negative: give 0 or more."}]
    assert told(imported(tmp_path, text, "--yes", "--json", "--leave-out", "price"), 3)["import"] == 1
    with Session(carrier) as session:
        assert session.scalars(select(RateImportRefusal.line)).all() == [4]
    assert len(codes(carrier)) == 4


def test_the_senders_columns_are_remembered(carrier: Engine, tmp_path: Path) -> None:
    text = "A;B;C\n44;x;03/04/2099\n"
    words = ("--sender", "acme", "--yes")
    mapping = ("--map", "A=code", "--map", "2=price_per_minute", "--map", "C=valid_from", "--dates", "mdy")
    assert imported(tmp_path, text, *words).exit_code == 1
    assert imported(tmp_path, text.replace("x", "0.5"), *words, *mapping).exit_code == 0
    later = imported(tmp_path, text.replace("x", "0.6"), *words)
    assert (later.exit_code, "those of this sender's last file" in later.output) == (0, True), later.output
    with Session(carrier) as session:
        sender = session.scalars(select(RateSender)).one()
        assert sender.columns == {"A": "code", "B": "price_per_minute", "C": "valid_from"}
        assert sender.options == {"dates": "mdy"}
        assert len(session.scalars(select(RateImport.id).where(RateImport.rate_sender_id == sender.id)).all()) == 2
        assert {f"{moment:%m-%d}" for moment in session.scalars(select(Rate.valid_from))} == {"03-04"}


def test_what_is_exported_is_the_same_when_it_comes_back(carrier: Engine, tmp_path: Path) -> None:
    imported(tmp_path, LIST.replace("2099-01-31", "now"), "--yes")
    for name in ("out.csv", "out.xlsx"):
        out = str(tmp_path / name)
        assert told(rates("export", "Carrier", out, "--json"))["rates"] == 4
        assert rates("export", "Carrier", out).exit_code == 1  # it stands there already
        assert rates("export", "Carrier", out, "--force", "--all").exit_code == 0
        back = told(rates("import", out, "--table", "Carrier", "--replace", "--yes", "--json"))
        assert (back["counts"], back["import"]) == ({"lines": 5, "same": 4}, None)
    assert rates("export", "Carrier", str(tmp_path / "before.csv"), "--at", "2001-01-01").output.startswith("0 rates")
    assert len(codes(carrier)) == 4


@pytest.mark.usefixtures("carrier")
@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (("--table", "Nope"), 1, "There is no rate table called 'Nope'"),
        (("--at", "2001-01-01"), 2, "is past: calls of then are charged already"),
        (("--at", "soon"), 2, "is no date"),
        (("--map", "Codes"), 2, "write COLUMN=FIELD"),
        (("--map", "Codes=colour"), 1, "is nothing that a column can hold"),
        (("--leave-out", "all"), 2, "Invalid value for '--leave-out'"),
        (("--sender", ""), 1, "A sender's name has 1 to 120 characters"),
    ],
)
def test_wrong_words_are_told_and_write_nothing(
    tmp_path: Path, words: tuple[str, ...], exit_code: int, sentence: str
) -> None:
    result = imported(tmp_path, LIST, *words, "--yes")
    assert (result.exit_code, sentence in result.output) == (exit_code, True), result.output
    assert told(rates("imports", "--json")) == []


@pytest.mark.usefixtures("carrier")
def test_what_is_no_list_is_told_in_a_sentence(tmp_path: Path) -> None:
    assert "The file is empty." in imported(tmp_path, "", "--yes").output
    assert "No column of prices" in imported(tmp_path, "Code;Name\n44;UK\n", "--yes").output
    assert "There is no import 7" in rates("import-show", "7").output
    assert "There is no import 7" in rates("import-resume", "7").output


def test_a_preview_is_kept_listed_and_applied_later(carrier: Engine, tmp_path: Path) -> None:
    kept = imported(tmp_path, LIST, "--preview")
    assert (kept.exit_code, "Kept as preview 1 for 14 days" in kept.output, codes(carrier)) == (0, True, [])
    [listed] = told(rates("imports", "--previews", "--json"))
    assert (listed["id"], listed["state"]) == (1, "staged")
    done = rates("import-apply", "1", "--yes")
    assert (done.exit_code, "The import 1 of list.csv is applied." in done.output) == (0, True), done.output
    assert codes(carrier) == ["44", "4477", "4478", "4479"]
    assert told(rates("imports", "--previews", "--json")) == []
    again = rates("import-apply", "1", "--yes")
    assert (again.exit_code, "is no preview: it is applied" in again.output) == (1, True)


def test_a_preview_of_a_table_that_changed_since_is_refused(carrier: Engine, tmp_path: Path) -> None:
    assert told(imported(tmp_path, LIST, "--preview", "--json"))["preview"] == 1
    assert rates("add", "Carrier", "1", "--destination-name", "US", "--price-per-minute", "0.01").exit_code == 0
    refused = rates("import-apply", "1", "--yes")
    assert (refused.exit_code, "has changed since the preview" in refused.output) == (1, True)
    assert rates("import-forget", "1", "--yes").output == "The import 1 is forgotten.\n"
    assert told(rates("imports", "--json")) == []
    assert codes(carrier) == ["1"]


def test_refused_lines_are_written_for_whoever_sent_the_list(carrier: Engine, tmp_path: Path) -> None:
    """With number and reason, beside the preview or from one that is kept; no cell runs."""
    text = f"{LIST}Bad;49;-1;2099-01-31\n"
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    assert imported(tmp_path, text, "--dry-run", "--refused", str(first)).exit_code == 0
    assert imported(tmp_path, text, "--preview").exit_code == 0
    assert rates("import-refused", "1", str(second)).exit_code == 0
    assert (
        first.read_text()
        == second.read_text()
        == "line,reason,sentence\n4,price,price: -1 is negative: give 0 or more.\n"
    )
    assert rates("import-apply", "1", "--yes").exit_code == 1
    assert rates("import-apply", "1", "--yes", "--leave-out", "price").exit_code == 3
    assert len(codes(carrier)) == 4
    assert "exists" in rates("import-refused", "1", str(second)).output
