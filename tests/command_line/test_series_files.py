"""callingcard series export and voucher export: what the files hold, who may read them, and what is audited."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import stat
import subprocess
import zipfile
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from factories import NOW, World, a_world
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from vouchers import vouchers

from billing.card_number import grouped
from billing.rights import Role
from billing.states import CardStatus
from command_line.__main__ import main
from models import AuditEntry, Card, VoucherBatch, Wallet
from services.audit.audit import Actor, Door
from services.keys.pin_keys import create_pin_keys
from services.operators.save_operator import OperatorRole, create_operator
from services.series import export_series
from services.store import sheet_writer

if TYPE_CHECKING:
    from pathlib import Path

    from services.series.create_series import NewCard

FORMULA = "=HYPERLINK(A1)"
EMPTY = ["", ""]


@pytest.fixture
def cards(
    engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[NewCard], list[str]]:
    """The cards of series 1 and the codes of the vouchers of a batch whose name is a formula."""
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path))
    keys = create_pin_keys(tmp_path / "keys.json")
    monkeypatch.setattr("factories.KEYS", keys)
    monkeypatch.setattr("vouchers.KEYS", keys)
    with Session(engine, autoflush=False) as session:
        world: World = a_world(session, series={"quantity": 5, "name": FORMULA, "notes": "@SUM(A1)"})
        codes = vouchers(session, FORMULA)
        session.commit()
    return world.cards, codes


def callingcard(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def done(*words: str) -> Result:
    result = callingcard(*words)
    assert result.exit_code == 0, result.output
    return result


def rows(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def audited(engine: Engine) -> list[tuple[str, str, dict[str, object] | None]]:
    with Session(engine) as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [(entry.act, entry.actor, entry.after) for entry in entries if ".exported" in entry.act]


Cards = tuple[list["NewCard"], list[str]]


def test_a_series_is_written_with_its_pins_for_its_owner_only(engine: Engine, cards: Cards, tmp_path: Path) -> None:
    """JC-51, JC-47, JC-49: MOR's columns with status and expiry; the audit log names who, how many, which series."""
    file = tmp_path / "cards.csv"
    told = done("series", "export", "1", str(file), "--with-pins", "--yes")
    assert "5 cards" in told.output
    assert rows(file)[0] == list(export_series.TITLES)
    assert rows(file)[1:] == [[card.number, grouped(card.pin), "5.00", "1", "", "", "pending", ""] for card in cards[0]]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    [(act, actor, facts)] = audited(engine)
    assert (act, bool(actor)) == ("series.exported", True)
    assert facts == {"series": 1, "cards": 5, "with_pins": True, "format": "csv"}
    assert not any(card.pin in told.output for card in cards[0])


def test_without_the_flag_the_pins_stay_inside(engine: Engine, cards: Cards, tmp_path: Path) -> None:
    file = tmp_path / "cards.csv"
    done("series", "export", "1", str(file))
    assert [row[1] for row in rows(file)[1:]] == [""] * 5
    assert not any(card.pin in file.read_text() or grouped(card.pin) in file.read_text() for card in cards[0])
    assert audited(engine)[0][2] == {"series": 1, "cards": 5, "with_pins": False, "format": "csv"}


def test_pins_leave_only_after_a_yes(engine: Engine, cards: Cards, tmp_path: Path) -> None:
    assert cards
    result = CliRunner().invoke(main, ["series", "export", "1", str(tmp_path / "x.csv"), "--with-pins"], input="n\n")
    assert result.exit_code == 1
    assert not (tmp_path / "x.csv").exists()
    assert audited(engine) == []


def test_a_sheet_keeps_digits_as_text_and_has_no_formula(engine: Engine, cards: Cards, tmp_path: Path) -> None:
    """F30: count of `<f>` in the XML of the sheets is 0."""
    file = tmp_path / "cards.xlsx"
    done("series", "export", "1", str(file), "--with-pins", "--yes")
    table = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    assert [row[:4] for row in table[1:]] == [[card.number, grouped(card.pin), 5.0, 1.0] for card in cards[0]]
    assert not re.search(r"<f[ >/]", sheets(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert audited(engine)[0][2] == {"series": 1, "cards": 5, "with_pins": True, "format": "xlsx"}


def sheets(file: Path) -> str:
    with zipfile.ZipFile(file) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist() if "worksheets" in name)


def test_each_card_tells_its_state_and_its_dates(engine: Engine, cards: Cards, tmp_path: Path) -> None:
    """2a: Sold, First_use, Daily_charge_paid_till, Status, Expires; by the platform's clock."""
    with Session(engine) as session, session.begin():
        ids = [card.card_id for card in cards[0]]
        used = {"status": CardStatus.ACTIVATED, "activated_at": NOW, "maintenance_periods_done": 2}
        session.execute(update(Card).where(Card.id == ids[0]).values(**used, expires_at=NOW + timedelta(hours=12)))
        session.execute(update(Card).where(Card.id == ids[1]).values(status=CardStatus.INACTIVE))
        blocked = {"status": CardStatus.BLOCKED, "status_before": CardStatus.INACTIVE, "pin_encrypted": None}
        session.execute(update(Card).where(Card.id == ids[2]).values(blocked))
        series = {"maintenance_fee_micros": 1, "maintenance_every_hours": 24}
        session.execute(update(export_series.CardSeries).values(series))
        session.execute(
            update(Wallet).where(Wallet.id == select(Card.wallet_id).where(Card.id == ids[1]).scalar_subquery())
            .values(balance_micros=1)
        )  # fmt: skip
    file = tmp_path / "cards.csv"
    told = done("series", "export", "1", str(file), "--with-pins", "--yes", "--json", "--format", "csv")
    assert json.loads(told.output)["pins_erased"] == 1
    table = rows(file)[1:]
    assert table[0][3:] == ["1", "2026-11-22 12:00:00", "2026-11-24 12:00:00", "activated", "2026-11-22"]
    assert (table[1][2], table[1][3], table[1][6]) == ("0.000001", "0", "inactive")
    assert (table[2][1], table[2][3], table[2][6]) == ("", "0", "blocked")
    assert table[3][4:6] == EMPTY


def test_rounds_and_sheets_join_without_a_gap(cards: Cards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_series, "ROWS_A_ROUND", 2)
    monkeypatch.setattr(sheet_writer, "SHEET_ROWS_MAX", 2)
    done("series", "export", "1", str(tmp_path / "cards.csv"))
    assert [row[0] for row in rows(tmp_path / "cards.csv")[1:]] == [card.number for card in cards[0]]
    done("series", "export", "1", str(tmp_path / "cards.xlsx"))
    book = CalamineWorkbook.from_path(str(tmp_path / "cards.xlsx"))
    assert book.sheet_names == ["Rows 1", "Rows 2", "Rows 3"]
    tables = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert {tuple(table[0]) for table in tables} == {export_series.TITLES}
    assert [row[0] for table in tables for row in table[1:]] == [card.number for card in cards[0]]


def test_a_standing_file_is_replaced_only_by_force(engine: Engine, cards: Cards, tmp_path: Path) -> None:
    assert cards
    file = tmp_path / "cards.csv"
    file.write_text("mine")
    refused = callingcard("series", "export", "1", str(file), "--with-pins", "--yes")
    assert refused.exit_code == 1
    assert "exists already" in refused.output
    assert (file.read_text(), audited(engine)) == ("mine", [])
    done("series", "export", "1", str(file), "--force")
    assert len(rows(file)) == 6
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_pin_that_opens_with_no_key_leaves_no_file_and_tells_no_digit(
    engine: Engine, cards: Cards, tmp_path: Path
) -> None:
    with Session(engine) as session, session.begin():
        other = select(Card.pin_encrypted).where(Card.id == cards[0][0].card_id).scalar_subquery()
        session.execute(update(Card).where(Card.id == cards[0][3].card_id).values(pin_encrypted=other))
    refused = callingcard("series", "export", "1", str(tmp_path / "x.csv"), "--with-pins", "--yes")
    assert refused.exit_code == 1
    assert f"card ...{cards[0][3].number[-4:]} opens with no key" in refused.output
    assert not any(card.pin in refused.output for card in cards[0])
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json"]
    assert audited(engine) != []  # PINs were read before it stopped


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("series", "export", "9", "x.csv"), "There is no series 9."),
        (("series", "export", "1", "no/such/folder/x.csv"), "could not be written"),
        (("voucher", "export", "nothing", "x.csv"), "There is no batch nothing."),
    ],
)
def test_what_cannot_be_exported_is_told(cards: Cards, words: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    assert cards
    refused = callingcard(*words[:-1], str(tmp_path / words[-1]))
    assert refused.exit_code == 1
    assert sentence in refused.output


def test_a_series_in_the_making_is_not_exported(engine: Engine, cards: Cards, tmp_path: Path) -> None:
    assert cards
    with Session(engine) as session, session.begin():
        session.execute(update(export_series.CardSeries).values(made_at=None))
        session.execute(update(VoucherBatch).values(made_at=None))
    for words in (("series", "export", "1"), ("voucher", "export", FORMULA)):
        refused = callingcard(*words, str(tmp_path / "x.csv"))
        assert "are still being made" in refused.output


def test_vouchers_leave_the_same_way(engine: Engine, cards: Cards, tmp_path: Path) -> None:
    """V-16, F30: the name of the batch stands in every row, and is a formula."""
    file, sheet = tmp_path / "v.csv", tmp_path / "v.xlsx"
    told = done("voucher", "export", FORMULA, str(file), "--with-codes", "--yes")
    assert [row[:6] for row in rows(file)[1:]] == [
        [f"'{FORMULA}", str(serial), grouped(code), "10.00", "USD", "ready"] for serial, code in enumerate(cards[1], 1)
    ]
    assert not any(code in told.output for code in cards[1])
    done("voucher", "export", FORMULA, str(sheet))
    table = CalamineWorkbook.from_path(str(sheet)).get_sheet_by_index(0).to_python()
    assert [row[:4] for row in table[1:]] == [[FORMULA, serial, "", 10.0] for serial in (1, 2, 3)]
    assert not re.search(r"<f[ >/]", sheets(sheet))
    assert [facts and facts["with_codes"] for _, _, facts in audited(engine)] == [True, False]


def test_no_text_becomes_a_formula_and_all_of_it_survives(tmp_path: Path) -> None:
    """F30, reliability.md 15: the round trip keeps the value."""
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\0x", "007", "http://a.example", "{=A1}", "_x0041_", "ñ"]
    table = [(text, Decimal("-5.00"), -3, None) for text in texts]
    file = tmp_path / "x.xlsx"
    sheet_writer.write_table(file, sheet_writer.SheetForm.XLSX, ("=a", "b", "c", "d"), table, len(table))
    assert not re.search(r"<f[ >/]", sheets(file))
    read = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    assert read[0][0] == "=a"
    assert [row[1:3] for row in read[1:]] == [[-5.0, -3.0]] * len(table)
    kept = [text for text in texts if text.isprintable()]
    assert [row[0] for row in read[1:] if row[0] in kept] == kept
    plain = tmp_path / "x.csv"
    sheet_writer.write_table(plain, sheet_writer.SheetForm.CSV, ("a", "b", "c", "d"), table, len(table))
    read_back = list(csv.reader(io.StringIO(plain.read_bytes().decode(), newline="")))[1:]
    assert [row[0].removeprefix("'") for row in read_back][:4] == texts[:4]
    assert not any(row[0].startswith(("=", "+", "-", "@", "\t", "\r", "\0")) for row in read_back)
    assert {tuple(row[1:]) for row in read_back} == {("-5.00", "-3", "")}


def test_a_table_of_another_length_is_no_file(tmp_path: Path) -> None:
    for form in sheet_writer.SheetForm:
        for count in (1, 3):
            with pytest.raises(sheet_writer.RowsMiscounted):
                sheet_writer.write_table(tmp_path / f"x.{form}", form, ("a",), [("1",), ("2",)], count)


@pytest.mark.usefixtures("cards")
def test_cards_are_printed_after_a_yes_and_audited(engine: Engine, tmp_path: Path) -> None:
    """M-1, M-5: the file is its owner's alone, and printing is a reading of PINs."""
    file = tmp_path / "cards.pdf"
    no = CliRunner().invoke(main, ["series", "print", "1", str(file)], input="n\n")
    assert (no.exit_code, file.exists()) == (1, False)
    words = ("--access", "18005550100=1-800-555-0100", "--language", "es", "--yes", "--json")
    told = json.loads(done("series", "print", "1", str(file), *words).output)
    assert told == {"file": str(file), "cards": 5, "pages": 1, "cards_left_out": 0}
    assert file.read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert callingcard("series", "print", "1", str(file), "--yes").exit_code == 1
    with Session(engine) as session:
        [facts] = session.scalars(select(AuditEntry.after).where(AuditEntry.act == "series.printed"))
    assert facts == {"series": 1, "cards": 5, "qr_with_pin": False}


ACTS = (
    ("series", "export", "1", "FILE", "--with-pins", "--yes"),
    ("series", "print", "1", "FILE", "--yes"),
    ("voucher", "export", FORMULA, "FILE", "--with-codes", "--yes"),
)


@pytest.mark.parametrize("words", ACTS)
@pytest.mark.usefixtures("cards")
def test_as_an_operator_without_the_right_no_pin_leaves(
    engine: Engine, tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal is audited under the operator's name; no file is made. The owner of the key file may."""
    with Session(engine) as session, session.begin():
        create_operator(session, "sue", OperatorRole(Role.SUPPORT), Actor("tests", Door.CLI), NOW)
    file = tmp_path / "out.pdf"
    told = [str(file) if word == "FILE" else word for word in words]
    refused = callingcard("--as", "Sue", *told)
    assert refused.exit_code == 1
    assert "This needs the right to export pins" in refused.output
    assert not file.exists()
    with Session(engine) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (entry.actor, entry.act.rpartition(".")[2]) == ("sue", "refused")
    monkeypatch.setenv("CALLINGCARD_OPERATOR", "sue")
    assert "This needs the right" in callingcard(*told).output
    monkeypatch.setenv("CALLINGCARD_OPERATOR", "nobody")
    assert "There is no enabled operator nobody." in callingcard(*told).output
    monkeypatch.delenv("CALLINGCARD_OPERATOR")
    done(*told)
    assert file.exists()


def unzipped(file: Path, password: str, folder: Path) -> bytes | None:
    """The one file in it, by 7-Zip; None where it does not take the password."""
    program = shutil.which("7z") or shutil.which("7zz")
    assert program is not None, "as root: apt-get install p7zip-full (tests/install_needs.py)"
    done = subprocess.run(
        [program, "x", "-so", f"-p{password}", str(file)], capture_output=True, check=False, cwd=folder
    )
    return None if done.returncode else done.stdout


def test_a_zip_opens_by_the_password_that_is_told_once(engine: Engine, cards: Cards, tmp_path: Path) -> None:
    """console.md 11.4."""
    del engine
    file = tmp_path / "cards.xlsx.zip"
    told = json.loads(done("series", "export", "1", str(file), "--with-pins", "--zip", "--yes", "--json").output)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir() if "cards" in one.name] == [file.name]
    assert unzipped(file, "a wrong password", tmp_path) is None
    data = unzipped(file, told["zip_password"], tmp_path)
    assert data is not None
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert [row[1] for row in sheet[1:]] == [grouped(card.pin) for card in cards[0]]


def test_a_zip_by_a_password_of_the_operator(cards: Cards, tmp_path: Path) -> None:
    file, mine = tmp_path / "codes.zip", "correct horse battery"
    words = ["voucher", "export", FORMULA, str(file), "--with-codes", "--ask-zip-password", "--yes"]
    short = CliRunner().invoke(main, words, input="short\n")
    assert short.exit_code == 1
    assert "16 to 80" in short.output
    assert not file.exists()
    told = CliRunner().invoke(main, words, input=f"{mine}\n")
    assert told.exit_code == 0, told.output
    assert mine not in told.output
    data = unzipped(file, mine, tmp_path)
    assert data is not None
    assert all(grouped(code) in data.decode() for code in cards[1])
