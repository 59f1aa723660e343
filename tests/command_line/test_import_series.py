"""callingcard series import: what becomes of each line, and that a refused line lets nothing in and tells no value."""

from __future__ import annotations

import csv
import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from factories import KEYS, a_world, row
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from billing.states import CardStatus
from command_line.__main__ import main
from models import AuditEntry, Card, CardGroup, CardSeries, Job, Wallet
from models.database import make_engine
from services.cards.card_facts import CARD_BY_NUMBER
from services.keys.pin_keys import load_pin_keys, write_draft
from services.money.file_wallets import are_wallets_filed
from services.money.verify_ledger import verify_ledger
from services.series import import_cards, import_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from databases import SqliteDatabases

MOR = "Number;PIN;Balance;Sold;First_use;Daily_charge_paid_till"
A2BILLING = "id,username,useralias,lastname,credit,status,language,firstusedate,enableexpire,expirationdate,expiredays"
TERMS = ("--group", "Group", "--rates", "Sell", "--yes")


def a_platform(engine: Engine, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A group for number and PIN with series 1, and "Pins", a group for PINs alone with card numbers of 11 digits."""
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", url)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(folder))
    monkeypatch.setenv("CALLINGCARD_TIMEZONE", "America/New_York")
    write_draft(folder / "keys.json", KEYS).rename(folder / "keys.json")
    with Session(engine, autoflush=False) as session:
        a_world(session)
        pins = {"name": "Pins", "currency": "USD", "number_length": 11, "pin_entry_mode": "pin_only"}
        row(session, CardGroup, **pins)
        session.commit()
    return engine


@pytest.fixture
def world(engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    return a_platform(engine, database_url, tmp_path, monkeypatch)


@pytest.fixture
def sqlite_world(
    sqlite_databases: SqliteDatabases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Engine]:
    """What no database decides is tried on one."""
    url = sqlite_databases.create()
    engine = make_engine(url)
    yield a_platform(engine, url, tmp_path, monkeypatch)
    engine.dispose()
    sqlite_databases.drop(url)


def imported(file: Path, text: str | bytes, *words: str, system: str = "mor") -> Result:
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = CliRunner().invoke(main, ["series", "import", str(file), "--system", system, *TERMS, *words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def let_in(file: Path, text: str | bytes, *words: str, system: str = "mor") -> dict[str, Any]:
    result = imported(file, text, *words, "--json", system=system)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.output)
    return answer


def counted(engine: Engine) -> tuple[int, ...]:
    with Session(engine) as session:
        tables = (Card, CardSeries, Wallet, Job)  # that it was asked for stands in the audit log
        return tuple(session.scalars(select(func.count()).select_from(table)).one() for table in tables)


def card(engine: Engine, number: str) -> Any:  # noqa: ANN401 (a row)
    with Session(engine) as session:
        query = select(Card, Wallet).join(Wallet, Wallet.id == Card.wallet_id).where(Card.number == number)
        return session.execute(query).one()


def test_cards_of_mor_come_in_with_money_and_state(world: Engine, tmp_path: Path) -> None:
    """2g: cards in for migration. Sold 0 is inactive, a first use activates, an empty card is used up (3.2)."""
    lines = [
        MOR,
        '"5000000001";"10000001";3,20;1;;',
        '"5000000002";"1000 0002";5.0;0;;',
        '"5000000003";"10000003";1.234567891;1;2026-01-02 03:04:05;2026-01-05',
        '"6000000001";"10000004";0.0;1;2026-01-02 03:04:05;',
    ]
    told = let_in(tmp_path / "mor.csv", "\ufeff" + "\r\n".join(lines))
    assert (told["series"], told["cards"], told["value_micros"]) == ([5, 6], 4, 9_434_567)
    assert told["states"] == {"activated": 1, "inactive": 1, "pending": 1, "used": 1}
    first, wallet = card(world, "5000000001")
    assert (first.status, first.serial, wallet.opening_micros, wallet.balance_micros) == (
        "pending",
        1,
        *[3_200_000] * 2,
    )
    assert (first.pin_digest, KEYS.decrypt(first.pin_encrypted, first.number)) == (KEYS.digest("10000001"), "10000001")
    third, _ = card(world, "5000000003")
    assert third.activated_at == datetime(2026, 1, 2, 8, 4, 5, tzinfo=UTC)
    assert card(world, "6000000001")[0].status is CardStatus.USED
    with Session(world) as session:
        assert are_wallets_filed(session)
        assert verify_ledger(session) == []
        entries = session.scalars(select(AuditEntry).where(AuditEntry.act == "series.imported")).all()
        assert [(entry.after["series"], entry.after["cards"], entry.after["value_micros"]) for entry in entries] == [
            (5, 3, 9_434_567),
            (6, 1, 0),
        ]
        assert session.execute(CARD_BY_NUMBER, {"number": "5000000001"}).one() is not None
        assert session.scalars(select(CardSeries.quantity).order_by(CardSeries.number)).all() == [2, 3, 1]


@pytest.mark.usefixtures("world")
def test_the_number_of_an_imported_series_is_not_generated_again(tmp_path: Path) -> None:
    let_in(tmp_path / "mor.csv", f"{MOR}\n5000000001;10000001;5;1;;")
    words = ("--group", "Group", "--rates", "Sell", "--number", "5", "--quantity", "1", "--value", "5.00", "--yes")
    again = CliRunner().invoke(main, ["series", "generate", *words])
    assert again.exit_code == 1
    assert "was asked for on" in again.output


def test_cards_of_a2billing_get_new_numbers(world: Engine, tmp_path: Path) -> None:
    """Its callers key `username` alone, which is the PIN here; only status 1 may call."""
    lines = [
        A2BILLING,
        "1,123456789001,a,Ñandú,5.00000,1,es,,0,2036-01-01 00:00:00,0",
        "2,123456789002,a,,5.00000,1,en,2026-01-02 03:04:05,1,2027-01-31 23:00:00,0",
        "3,123456789003,a,,1.00000,2,en,0000-00-00 00:00:00,0,,0",
        "4,123456789004,a,,1.00000,6,xxx,2026-01-02 03:04:05,2,,30",
        "5,123456789005,a,,1.00000,5,en,,1,2026-02-01 00:00:00,",
    ]
    told = let_in(
        tmp_path / "a.csv", "\n".join(lines).encode("latin-1"), "--group", "Pins", "--number", "45", system="a2billing"
    )
    assert (told["series"], told["states"]) == ([45], {
        "activated": 1, "blocked": 1, "expired": 1, "inactive": 1, "pending": 1,
    })  # fmt: skip
    first, _ = card(world, "45000000001")
    assert (first.language, first.expires_at, first.pin_digest) == ("es", None, KEYS.digest("123456789001"))
    assert card(world, "45000000002")[0].expires_at == datetime(2027, 2, 1, 5, tzinfo=UTC)
    fourth, _ = card(world, "45000000004")
    assert (fourth.status_before, fourth.language) == ("activated", None)
    assert fourth.expires_at == datetime(2026, 2, 2, 5, tzinfo=UTC)
    assert card(world, "45000000005")[0].status_before is CardStatus.PENDING
    with Session(world) as session:
        assert verify_ledger(session) == []


@pytest.mark.usefixtures("world")
def test_our_own_export_comes_back_as_it_was(tmp_path: Path) -> None:
    """F30: import, store, export keeps the values; here all of them, states and last days too."""
    lines = [
        f"{MOR};Status;Expires",
        "5000000001;10000001;3.20;1;;;pending;2027-05-31",
        "5000000002;10000002;5.00;1;2026-01-02 03:04:05;;activated;",
        "5000000003;00000033;5.00;0;;;blocked;",
        "5000000004;10000004;0.00;1;2026-01-02 03:04:05;;used;2026-05-31",
        "5000000005;10000005;0.50;1;2026-01-02 03:04:05;;expired;2026-05-31",
    ]
    let_in(tmp_path / "mor.csv", "\n".join(lines))
    out = tmp_path / "out.csv"
    result = CliRunner().invoke(main, ["series", "export", "5", str(out), "--with-pins", "--yes"])
    assert result.exit_code == 0, result.output
    exported = list(csv.reader(out.read_text().splitlines()))[1:]
    given = [line.split(";") for line in lines[1:]]
    assert [[row[0].replace("-", ""), row[1].replace(" ", ""), *row[2:]] for row in exported] == given


REFUSED = [
    ("5000000001;1000;5;1;;", "line 2, PIN: not 8 to 16 digits"),
    ("5000000001;1000000x;5;1;;", "line 2, PIN: not digits only"),
    ("5000000001;00000001;5;1;;", "line 2, PIN: a part of the card's own number"),
    ("50000000011;10000001;5;1;;", "line 2, Number: 11 digits; the group Group asks for 10."),
    ("500000001;10000001;5;1;;", "line 2, Number: no card number"),
    ("0500000001;10000001;5;1;;", "line 2, Number: no card number"),
    ("=1+1;10000001;5;1;;", "line 2, Number: no card number"),
    ("1000000001;10000001;5;1;;", "line 2, Number: a card here has this number already."),
    ("1000000009;10000001;5;1;;", "line 2, Number: it belongs to series 1, which exists already."),
    *((f"5000000001;10000001;{amount};1;;", "line 2, Balance: no amount from 0")
      for amount in ("", "-1", "NaN", "1e400", "inf", "1,234.50", "1" * 13, "٣")),
    ("5000000001;10000001;5;maybe;;", "line 2, Sold: neither 1 nor 0."),
    ("5000000001;10000001;5;0;2026-01-02 03:04:05;", "line 2, Sold: a card that was used was sold"),
    *((f"5000000001;10000001;5;1;{moment};", "line 2, First_use: no moment")
      for moment in ("yesterday", "2026-02-30 00:00:00", "20260101", "2026-W01-1", "1500-01-01", "99999-01-01")),
    ("5000000001;10000001;5;1;9000-01-01;", "line 2, First_use: no moment"),
    ("5000000001;10000001;5;1;2030-01-01;", "line 2, First_use: this moment has not come yet."),
    ("5000000001;10000001;5;1;", "line 2: 5 cells under 6 titles."),
    ('"5000000001;10000001;5;1;;', "line 2: this is no line of a CSV file"),
    (f"5000000001;10000001;5;1;;{'x' * 1_001}", "line 2: a cell is longer than 1000 characters."),
    ("", "The file holds no card."),
]  # fmt: skip


def test_every_refusal_names_its_line_and_no_value(
    sqlite_world: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """F26: all or nothing; a PIN stands in no message and no log line."""
    before = counted(sqlite_world)
    caplog.set_level(logging.DEBUG)
    for line, sentence in REFUSED:
        result = imported(tmp_path / "mor.csv", f"{MOR}\n{line}")
        assert (result.exit_code, sentence in result.output) == (1, True), (line, result.output)
        for secret in ("10000001", "1000000x"):
            assert secret not in result.output
    assert "10000001" not in caplog.text
    assert counted(sqlite_world) == before


def test_one_bad_line_keeps_all_others_out(world: Engine, tmp_path: Path) -> None:
    """F26: each bad line is named, in their order."""
    before = counted(world)
    lines = [MOR, *(f"500000000{place};1000000{place};5;1;;" for place in range(1, 7))]
    lines[3] = "5000000001;10000001;5;1;;"
    lines[5] = "5000000005;123456789012;5;1;;"
    result = imported(tmp_path / "mor.csv", "\n".join(lines))
    told = [line.strip() for line in result.output.splitlines() if line.startswith("  line")]
    assert told == [
        "line 4, Number: the same as in line 2.",
        "line 4, PIN: the same as in line 2.",
        "line 6, PIN: another length than line 2: import the cards of each PIN length apart.",
    ]
    assert "Nothing was imported: 3 refused. Most often: PIN." in result.output
    assert counted(world) == before


@pytest.mark.usefixtures("world")
def test_a_pin_that_a_card_has_by_any_live_key_is_refused(tmp_path: Path) -> None:
    """Also by an older key, while a rotation is going on."""
    let_in(tmp_path / "mor.csv", f"{MOR}\n5000000001;10000001;5;1;;")
    keys = load_pin_keys(tmp_path / "keys.json")
    newer = type(keys)(2, b"n" * 32, b"m" * 32, (keys,))
    (tmp_path / "keys.json").unlink()
    write_draft(tmp_path / "keys.json", newer).rename(tmp_path / "keys.json")
    result = imported(tmp_path / "mor.csv", f"{MOR}\n6000000001;10000002;5;1;;\n6000000002;10000001;5;1;;")
    assert "line 3, PIN: a card here has this PIN already" in result.output
    assert "10000001" not in result.output


def test_a_dry_run_checks_all_and_writes_nothing(world: Engine, tmp_path: Path) -> None:
    before = counted(world)
    told = let_in(tmp_path / "mor.csv", f"{MOR}\n5000000001;10000001;5;1;;", "--dry-run")
    assert (told["dry_run"], told["cards"]) == (True, 1)
    assert counted(world) == before


def test_a_file_that_breaks_half_way_leaves_nothing(
    world: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A date too far is found only when its chunk is written: the chunk before goes too."""
    monkeypatch.setattr(import_cards, "CARDS_A_CHUNK", 1)
    before = counted(world)
    lines = [A2BILLING, "1,123456789001,,,5,1,,,0,,", "2,123456789002,,,5,1,,8990-01-01,3,,"]
    lines[2] = "2,123456789002,,,5,1,,,3,,36500"
    text = "\n".join([f"{lines[0]},creationdate", f"{lines[1]},", f"{lines[2]},8990-01-01"])
    result = imported(tmp_path / "a.csv", text, "--group", "Pins", "--number", "45", system="a2billing")
    assert "line 3, Expires: The expiration date" in result.output
    assert counted(world) == before


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        (b"PK\x03\x04" + b"0" * 100, (), "This is a spreadsheet"),
        ("Number;PIN\n".encode("utf-16"), (), "The file is in UTF-16"),
        (b"", (), "The file is empty."),
        (b"\0" * 1_000, (), "The file has no column number"),
        (b"Number,PIN,PIN,Balance,Sold,First_use\n", (), "The column pin stands there twice."),
        (f"{MOR}\n5000000001;10000001;5;1;;".encode(), ("--number", "5"), "leave the series number out"),
        (f"{MOR}\n5000000001;10000001;5;1;;".encode(), ("--group", "No"), "There is no card group called 'No'"),
        (f"{MOR}\n5000000001;12345678;5;1;;".encode(), ("--group", "Pins"), "asks for 11"),
    ],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(
    sqlite_world: Engine, tmp_path: Path, text: bytes, words: tuple[str, ...], sentence: str
) -> None:
    before = counted(sqlite_world)
    result = imported(tmp_path / "mor.csv", text, *words)
    assert (result.exit_code, sentence in result.output) == (1, True), result.output
    assert counted(sqlite_world) == before


def test_cards_without_numbers_need_a_group_of_pins_and_room_for_them(sqlite_world: Engine, tmp_path: Path) -> None:
    """3.9: a PIN that logs in alone; ten cards fill the space of eight digits, unless it is asked for."""
    lines = [A2BILLING, *(f"1,8765{place:04d},,,5,1,,,,," for place in range(11))]
    file = tmp_path / "a.csv"
    for words, sentence in (
        (("--number", "5"), "choose a group that asks for the PIN only"),
        (("--group", "Pins"), "name a series number"),
        (("--group", "Pins", "--number", "5"), "11 digits"),
        (("--group", "Pins", "--number", "45"), "11 cards are too many for PINs of 8 digits (at most 10)"),
    ):
        assert sentence.partition("11 digits")[0] in imported(file, "\n".join(lines), *words, system="a2billing").output
    words = ("--group", "Pins", "--number", "45", "--allow-dense-pins")
    assert let_in(file, "\n".join(lines), *words, system="a2billing")["cards"] == 11
    with Session(sqlite_world) as session:
        [facts] = session.scalars(select(AuditEntry.after).where(AuditEntry.act == "series.imported"))
    assert facts["allows_dense_pins"] is True


@pytest.mark.usefixtures("sqlite_world")
def test_files_and_rows_have_their_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F26: 200 MB is read only to its limit."""
    monkeypatch.setattr(import_table, "ROWS_MAX", 2)
    many = "\n".join([MOR, *(f"500000000{place};1000000{place};5;1;;" for place in range(1, 5))])
    assert "more than 2 cards" in imported(tmp_path / "mor.csv", many).output
    monkeypatch.setattr(import_table, "BYTES_MAX", 1024 * 1024)
    with (tmp_path / "big.csv").open("wb") as big:
        big.truncate(200 * 1024 * 1024)
    words = ["series", "import", str(tmp_path / "big.csv"), "--system", "mor", *TERMS]
    assert "larger than 1 MB" in CliRunner().invoke(main, words).output


def test_a_pin_taken_meanwhile_lets_nothing_in_and_shows_no_row(
    world: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two imports at once: the database's own message would hold the row."""
    monkeypatch.setattr(import_cards, "refusals", lambda *_: [])
    before = counted(world)
    result = imported(tmp_path / "mor.csv", f"{MOR}\n5000000001;10000001;5;1;;\n5000000002;10000001;5;1;;")
    assert "taken by another just now: run this again" in result.output
    assert (KEYS.digest("10000001").hex() in result.output, "10000001" in result.output) == (False, False)
    assert counted(world) == before
