"""callingcard client and callingcard account: what they print, write and refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from account_calls import account_called
from account_world import AccountWorld, an_account_world
from click.testing import CliRunner, Result
from factories import World, a_world
from sqlalchemy import select
from sqlalchemy.orm import Session

from command_line.__main__ import main
from command_line.installation import settings
from models import Account, AuditEntry
from services.keys.pin_keys import create_pin_keys
from services.money.verify_ledger import verify_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def trade(
    engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[World, AccountWorld]]:
    """Two clients in the installation that the commands see."""
    monkeypatch.setenv("CALLINGCARD_DATABASE_URL", database_url)
    monkeypatch.setenv("CALLINGCARD_STATE_DIR", str(tmp_path))
    create_pin_keys(settings().keys_file)
    with Session(engine, autoflush=False) as session:
        made = a_world(session), an_account_world(session)
        session.commit()
        yield made
        assert verify_ledger(session) == []


def run(*words: str, keyed: str = "") -> Result:
    return CliRunner().invoke(main, words, input=keyed)


def good(*words: str, keyed: str = "") -> Any:  # noqa: ANN401 (whatever JSON can hold)
    result = run(*words, "--json", keyed=keyed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refused(*words: str, keyed: str = "") -> str:
    result = run(*words, keyed=keyed)
    assert result.exit_code == 1, result.output
    return result.stderr


SENDER = ("--originator-enabled", "--originator-rate-table", "Dollars", "--originator-routing-plan", "Anywhere")


@pytest.mark.usefixtures("trade")
def test_a_clients_money_is_moved_and_told() -> None:
    good("client", "create", "Gamma", "--currency", "USD", "--credit-limit", "50")
    paid = ("client", "pay", "Gamma", "100.00", "--reference", "R-1")
    assert good(*paid)["is_repeat"] is False
    assert good(*paid)["is_repeat"] is True
    assert good("client", "pay", "Gamma", "30", "--reference", "R-2", "--to-client")["balance_micros"] == 70_000_000
    good("client", "adjust", "Gamma", "--take", "120", "--reason", "lines")
    assert "Only 0.00 USD" in refused("client", "adjust", "Gamma", "--take", "1", "--reason", "lines")
    page = good("client", "statement", "Gamma")
    assert [line["balance_micros"] for line in page["lines"]] == [100_000_000, 70_000_000, -50_000_000]
    assert "adjustment" in run("client", "statement", "Gamma").stdout
    shown = good("client", "show", "Gamma")
    assert (shown["pays"], shown["available_micros"], shown["state"]) == ("postpaid", 0, "enabled")
    assert "Gamma" in run("client", "list").stdout
    assert "uses 50.00 USD of its credit" in refused("client", "edit", "Gamma", "--credit-limit", "49")
    assert "There are: Acme Telecom" in refused("client", "pay", "Nobody", "1", "--reference", "x")


@pytest.mark.usefixtures("trade")
def test_a_client_is_disabled_and_deleted() -> None:
    assert good("client", "disable", "Beta", "--version", "1")["version"] == 2
    assert good("client", "show", "Beta")["state"] == "disabled"
    assert "Another operator saved it meanwhile" in refused("client", "edit", "Beta", "--version", "1", "--notes", "x")
    assert run("client", "delete", "Beta", keyed="n\n").exit_code == 1
    good("client", "delete", "Beta", "--yes")
    assert [row["name"] for row in good("client", "list", "--search", "bet", "--with-deleted")] == ["Beta"]


@pytest.mark.usefixtures("trade")
def test_an_account_is_created_listed_and_changed() -> None:
    """JA-1, JA-15, JA-16, JA-21, JA-22, JA-23."""
    addresses = "10.0.0.0/24;200.200.200.208/28"
    made = good("account", "create", "Acme Telecom", "Main", *SENDER, "--addresses", addresses, "--tech-prefix", "77")
    assert made == {"id": made["id"], "version": 1, "endpoint": "acme_telecom.main"}
    good("account", "create", "Beta", "Other")
    rows = good("account", "list", "--client", "Acme Telecom")["accounts"]
    assert [(row["account"], row["ident"]) for row in rows] == [("Main", "10.0.0.0/24; 200.200.200.208/28")]
    assert [row["account"] for row in good("account", "list", "--search", "10.0.0.9", "--in", "ident")["accounts"]] == [
        "Main"
    ]
    table = run("account", "list").stdout
    for told in ("Name/ANI/IP", "ip: 10.0.0.0/24", "Dollars, Anywhere, no limit", "off"):
        assert told in table
    good("account", "edit", "Main", "--version", "1", "--originator-capacity", "30", "--tech-prefix", "none")
    shown = good("account", "show", "acme_telecom.main")
    assert (shown["originator_capacity"], shown["tech_prefix"], shown["version"]) == (30, None, 2)
    assert "Dollars, Anywhere, 30 calls" in run("account", "show", "Main").stdout


@pytest.mark.usefixtures("trade")
def test_wrong_accounts_are_refused_with_what_to_change() -> None:
    good("account", "create", "Acme Telecom", "Main", *SENDER, "--addresses", "10.0.0.0/24")
    told = refused("account", "create", "Beta", "Twin", *SENDER, "--addresses", "10.0.0.0/24")
    assert "would match the account Main of Acme Telecom" in told
    assert "write 10.0.0.0/24 for all of it" in refused(
        "account", "create", "Beta", "Bits", "--addresses", "10.0.0.1/24"
    )
    assert "is in EUR" in refused("account", "create", "Beta", "Euro", "--originator-rate-table", "Euros")
    assert "no account Nobody" in refused("account", "show", "Nobody")
    assert run("account", "create", "Beta", "Port", "--protocol", "h323").exit_code == 2
    assert "go back to its beginning" in refused("account", "list", "--after", "nowhere")


def test_a_deletion_shows_the_sum_and_offers_to_disable(trade: tuple[World, AccountWorld]) -> None:
    """JA-12, JA-13, JA-14, JA-20."""
    world, accounts = trade
    good("client", "pay", "Acme Telecom", "10", "--reference", "R-1")
    account_id = accounts.sender().id
    account_called(world, account_id, "call-1")
    world.session.commit()
    before = good("account", "delete", "Main", "--dry-run")
    assert (before["calls"], before["refund_micros"], before["dry_run"]) == (1, 60_000, True)
    asked = run("account", "delete", "Main", keyed="n\n")
    assert asked.exit_code == 1
    assert "gives back 0.06 USD of 1 calls to Acme Telecom, whose balance is then 10.00 USD" in asked.stderr
    assert "callingcard account disable Main" in asked.stderr
    good("account", "disable", "Main")
    assert good("account", "show", "Main")["state"] == "inactive"
    assert "given back 0.06 USD" in run("account", "delete", "Main", "--yes", "--reason", "sold").stdout
    assert good("client", "show", "Acme Telecom")["balance_micros"] == 10_000_000
    assert [row["account"] for row in good("account", "list", "--state", "deleted")["accounts"]] == ["Main"]


def test_passwords_are_made_set_shown_and_taken_away(trade: tuple[World, AccountWorld]) -> None:
    """JA-32, JA-33, JA-34."""
    world, accounts = trade
    accounts.account("gw")
    world.session.commit()
    made = good("account", "password", "generate", "gw")["password"]
    assert len(made) == 20
    assert run("account", "password", "show", "gw", "--reason", "support").stdout.strip() == made
    assert run("account", "password", "set", "gw", keyed="Chosen.by-hand\n").exit_code == 0
    assert good("account", "password", "show", "gw")["password"] == "Chosen.by-hand"
    assert "8 to 80 letters" in refused("account", "password", "set", "gw", keyed="short\n")
    assert run("account", "password", "remove", "gw").exit_code == 0
    assert "has no password" in refused("account", "password", "show", "gw")
    world.session.rollback()
    stored = world.session.scalars(select(Account).where(Account.name == "gw")).one()
    assert stored.password_sealed is None
    acts = world.session.scalars(select(AuditEntry.act).where(AuditEntry.act == "account.password_shown")).all()
    assert len(acts) == 3


@pytest.mark.usefixtures("trade")
def test_gateways_are_kept() -> None:
    """JA-35, JA-36."""
    good("account", "gateway", "create", "West", "198.51.100.1")
    good("account", "gateway", "create", "East", "198.51.100.2")
    good("account", "create", "Acme Telecom", "Main", *SENDER, "--addresses", "10.0.0.1", "--gateways", "West;East")
    assert [(row["name"], row["accounts"]) for row in good("account", "gateway", "list")] == [("East", 1), ("West", 1)]
    assert "takes calls through West only" in refused("account", "gateway", "delete", "West")
    assert good("account", "gateway", "edit", "West", "--address", "198.51.100.9")["version"] == 2
    assert "are refused from now on" in run("account", "gateway", "disable", "West").stdout
    assert "is disabled already" in refused("account", "gateway", "disable", "West")
    states = {row["name"]: row["is_enabled"] for row in good("account", "gateway", "list")}
    assert states == {"East": True, "West": False}
    assert "changed" in refused("account", "gateway", "enable", "West", "--version", "2")
    assert run("account", "gateway", "enable", "West", "--version", "3").exit_code == 0
    good("account", "edit", "Main", "--gateways", "none")
    assert run("account", "gateway", "delete", "West").exit_code == 0
    assert "198.51.100.2" in run("account", "gateway", "list").stdout


@pytest.mark.usefixtures("trade")
def test_a_wrong_value_is_told_by_the_name_of_its_option() -> None:
    told = run("client", "create", "Gamma", "--currency", "USD", "--credit-limit", "-5")
    assert told.exit_code == 2
    assert "Invalid value for --credit-limit: The amount is negative" in told.stderr
    assert "The currency has 4 characters: give 3." in refused("rates", "create", "Gamma", "--currency", "ABCD")
    assert "'200' is more than 100 percent" in run("tax", "save", "EU", "--tax", "VAT=200").stderr
