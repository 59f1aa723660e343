"""callingcard card recharge, adjust, transfer, statement, and callingcard voucher: what they print and write."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from factories import World, a_world, micros
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import CardType
from command_line.__main__ import main
from command_line.installation import settings
from models import AuditEntry, VoucherBatch
from services.keys.permit import Permit
from services.keys.pin_keys import create_pin_keys, load_pin_keys
from services.money.verify_ledger import verify_ledger
from services.vouchers.generate_vouchers import generate_vouchers
from services.vouchers.voucher_report import voucher_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

MAY = ("voucher", "make", "May", "--currency", "USD", "--value", "10.00", "--quantity", "3")


@pytest.fixture
def world(engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Two rechargeable cards of 5.00 in the installation that the commands see."""
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path))
    create_pin_keys(settings().keys_file)
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group={"card_type": CardType.RECHARGEABLE})
        session.commit()
        yield world
        assert verify_ledger(session) == []


def run(*words: str, keyed: str = "") -> Result:
    return CliRunner().invoke(main, words, input=keyed)


def good(*words: str, keyed: str = "") -> Any:  # noqa: ANN401 (whatever JSON can hold)
    result = run(*words, "--json", keyed=keyed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def told(*words: str, keyed: str = "") -> str:
    """The sentence of a refusal."""
    result = run(*words, keyed=keyed)
    assert result.exit_code == 1, result.output
    return result.stderr


def number(world: World, place: int = 0) -> str:
    return world.cards[place].number


def codes(world: World) -> list[str]:
    batch_id = world.session.scalars(select(VoucherBatch.id)).one()
    rows = [row.code for row in voucher_rows(world.session, Permit(load_pin_keys(settings().keys_file)), batch_id)]
    world.session.commit()
    return rows


def test_a_recharge_is_told_and_made_once(world: World) -> None:
    """V-6."""
    command = ("card", "recharge", number(world), "10.00", "--reference", "receipt 7")
    assert run(*command).output == "Recharged: 10.00 USD; the balance is 15.00 USD.\n"
    assert run(*command).output == "Recharged before: 10.00 USD; the balance was then 15.00 USD.\n"
    assert "belongs to another recharge" in told(*command[:3], "9.00", *command[4:])
    assert "no card" in told("card", "recharge", "9-000000001", "1.00", "--reference", "x")


def test_an_adjustment_gives_or_takes_with_a_reason(world: World) -> None:
    command = ("card", "adjust", number(world), "--reason", "goodwill")
    assert good(*command, "--add", "1.00")["balance_micros"] == micros("6.00")
    assert good(*command, "--take", "2.00", "--token", "T")["balance_micros"] == micros("4.00")
    assert good(*command, "--take", "2.00", "--token", "T")["is_repeat"]
    assert "Only 4.00 USD" in told(*command, "--take", "4.01")
    assert run(*command).exit_code == 2
    assert run(*command, "--add", "1.00", "--take", "1.00").exit_code == 2
    assert run("card", "adjust", number(world), "--add", "1.00").exit_code == 2


def test_a_lost_card_is_replaced_after_a_question(world: World) -> None:
    """V-30."""
    command = ("card", "transfer", number(world), number(world, 1), "--reason", "lost")
    assert run(*command, keyed="n\n").exit_code == 1
    assert run(*command, keyed="y\n").output.endswith("Replaced: 5.00 USD; the balance is 10.00 USD.\n")
    assert good(*command, "--yes")["is_repeat"]
    assert "not possible" not in told("card", "transfer", number(world, 1), number(world, 1), "--reason", "x", "--yes")


def test_a_statement_shows_signs_and_balances_page_by_page(world: World) -> None:
    for n in range(3):
        run("card", "recharge", number(world), "1.00", "--reference", f"R-{n}")
    page = good("card", "statement", number(world), "--newest", "2")
    assert [line["balance_micros"] for line in page["lines"]] == [micros("7.00"), micros("8.00")]
    older = good("card", "statement", number(world), "--newest", "2", "--before", str(page["older_before"]))
    assert [line["kind"] for line in older["lines"]] == ["recharge"]
    assert (older["opening_micros"], older["older_before"]) == (micros("5.00"), None)
    shown = run("card", "statement", number(world), "--newest", "2").output
    assert "8.00 USD" in shown
    assert f"--before {page['older_before']}" in shown


def test_vouchers_are_made_listed_blocked_and_redeemed(world: World) -> None:
    assert good(*MAY, "--expires-on", "2199-12-31")["vouchers"] == 3
    assert good(*MAY, "--expires-on", "2199-12-31")["vouchers"] == 3
    assert "another name" in told(*MAY)
    first, second, third = codes(world)
    assert run("voucher", "block", "May", "--first", "2", "--reason", "lost").output == "1 vouchers are blocked.\n"
    assert "not known" in told("voucher", "redeem", number(world), keyed=f"{second}\n")
    run("voucher", "unblock", "May")
    spaced = f"{first[:4]} {first[4:]}\n"
    assert good("voucher", "redeem", number(world), keyed=spaced)["balance_micros"] == micros("15.00")
    assert "has been used" in told("voucher", "redeem", number(world, 1), keyed=f"{first}\n")
    [batch] = good("voucher", "list")
    assert (batch["ready"], batch["redeemed"], batch["blocked"]) == (2, 1, 0)
    assert good("voucher", "show", "May") == batch
    one = good("voucher", "show", "May", "--serial", "1")
    assert (one["status"], one["redeemed_card"]) == ("redeemed", number(world).replace("-", ""))
    everything = "".join(run("voucher", *words).output for words in (("list",), ("show", "May")))
    assert not any(code in everything for code in (first, second, third))


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("voucher", "show", "June"), 1),
        (("voucher", "block", "June", "--reason", "x"), 1),
        (("voucher", "redeem", "9-000000001"), 1),
        (("voucher", "block", "May", "--last", "2", "--reason", "x"), 2),
        (("voucher", "make", "May", "--currency", "USD", "--value", "5", "--quantity", "0"), 1),
        (("voucher", "make", "May", "--currency", "USD", "--value", "-5", "--quantity", "1"), 2),
    ],
)
def test_what_is_wrong_is_told_by_the_exit_status(world: World, words: tuple[str, ...], status: int) -> None:
    if words[1] == "block" and words[2] == "May":
        run(*MAY)
    assert run(*words).exit_code == status
    assert world.wallet()[0] == micros("5.00")


def test_vouchers_cut_short_go_on_by_the_same_command(world: World) -> None:
    """Killed after the first chunk: the batch is open, and none of it is accepted."""

    class Killed(BaseException):
        pass

    def kill(_done: int, _total: int) -> None:
        raise Killed

    command = (*MAY[:-1], "12000")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("command_line.voucher.generate_vouchers", lambda *most: generate_vouchers(*most[:-1], kill))
        with pytest.raises(Killed):
            run(*command)
    some = codes(world)
    assert 0 < len(some) < 12_000
    assert "not known" in told("voucher", "redeem", number(world), keyed=some[0])
    assert good(*command)["vouchers"] == 12_000
    assert codes(world)[: len(some)] == some
    assert good("voucher", "redeem", number(world), keyed=some[0])["balance_micros"] == micros("15.00")


def test_no_code_stands_in_the_audit_log(world: World) -> None:
    run(*MAY)
    first, *_ = codes(world)
    run("voucher", "redeem", number(world), keyed=first)
    run("voucher", "block", "May", "--reason", "rest is lost")
    rows = world.session.execute(
        select(AuditEntry.act, AuditEntry.before, AuditEntry.after).order_by(AuditEntry.number)
    ).all()
    assert [row.act for row in rows] == ["voucher_batch.opened", "card.voucher_redeemed", "vouchers.blocked"]
    assert first not in str(rows)
