"""callingcard rates, on a fresh demo installation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from command_line.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("state")
    made = CliRunner().invoke(main, ["init", "--demo"], env={"CALLINGCARD_STATE_DIR": str(state)})
    assert made.exit_code == 0, made.output
    return state


class Shell:
    def __init__(self, state: Path) -> None:
        self.env = {"CALLINGCARD_STATE_DIR": str(state)}

    def run(self, *words: object, status: int = 0) -> str:
        done = CliRunner().invoke(main, [str(word) for word in words], env=self.env)
        assert done.exit_code == status, (done.output, done.exception)
        return done.output

    def json(self, *words: object) -> Any:  # noqa: ANN401
        return json.loads(self.run(*words, "--json"))


@pytest.fixture
def shell(installed: Path) -> Shell:
    return Shell(installed)


def test_a_rate_table_is_made_changed_and_deleted(shell: Shell) -> None:
    assert "currency is needed" in shell.run("rates", "create", "Euro", status=1)
    assert shell.json("rates", "create", "Euro", "--currency", "EUR")["version"] == 1
    assert shell.json("rates", "edit", "Euro", "--version", 1, "--notes", "2027")["version"] == 2
    assert "meanwhile" in shell.run("rates", "edit", "Euro", "--version", 1, "--notes", "x", status=1)
    assert shell.json("rates", "show", "Euro")["notes"] == "2027"
    assert "used by series 1" in shell.run("rates", "delete", "RT ORIG", status=1)
    shell.run("rates", "delete", "Euro")
    assert "Euro" not in shell.run("rates", "list")
    assert "Euro (deleted)" in shell.run("rates", "list", "--deleted")
    assert "There are: " in shell.run("rates", "delete", "Nothing", status=1)


def test_single_rates_are_added_changed_and_ended(shell: Shell) -> None:
    new = ["rates", "add", "RT TERM", 371, "--destination-name", "Latvia", "--price-per-minute", "0.08"]
    shell.run(*new, "--step", "120:0.50", "--step", "60:0.20:6:0.10")
    assert "holds at the same time" in shell.run(*new, status=1)
    shell.run(*new, "--hours", "00:00-06:00", "--days", "sat,sun")
    assert "passes midnight" in shell.run(*new, "--hours", "22:00-06:00", status=2)
    assert "write SECONDS:PRICE" in shell.run(*new, "--step", "120", status=2)
    assert "write SECONDS:PRICE" in shell.run(*new, "--step", "1:2:3:4:5", status=2)
    [whole, night] = shell.json("rates", "prefixes", "RT TERM", 371)["rates"]
    assert whole["steps"] == [
        {"seconds": 120, "price_per_minute_micros": 500_000, "increment_seconds": 1, "fee_micros": 0},
        {"seconds": 60, "price_per_minute_micros": 200_000, "increment_seconds": 6, "fee_micros": 100_000},
    ]
    assert (night["days"], night["from_minute"], night["until_minute"]) == (96, 0, 360)
    price = ["--price-per-minute", "0.09", "--from", "2099-01-01"]
    assert "Name one by --id" in shell.run("rates", "change", "RT TERM", 371, *price, status=1)
    changed = shell.json("rates", "change", "RT TERM", 371, *price, "--no-steps", "--id", whole["id"])
    assert changed[0]["ended_id"] == whole["id"]
    assert "2099-01-01T00:00" in shell.run("rates", "prefixes", "RT TERM", 371)
    told = shell.run("rates", "end", "RT TERM", 371, "--id", night["id"])
    assert f"Others of 371 go on or begin later: {whole['id']}, {changed[0]['id']}." in " ".join(told.split())
    assert "Others" not in shell.run("rates", "end", "RT TERM", 371, "--at", "2099-06-01")
    assert "no such rate of 372" in shell.run("rates", "end", "RT TERM", 372, status=1)


def test_prefixes_are_blocked_and_opened(shell: Shell) -> None:
    shell.run("rates", "block", "RT TERM", 3706)
    assert "blocked" in shell.run("rates", "prefixes", "RT TERM", 3706)
    assert "cost nothing" in shell.run("rates", "unblock", "RT TERM", 3706, status=1)
    shell.run("rates", "block", "RT TERM", 34)
    shell.run("rates", "unblock", "RT TERM", 34)
    assert "There are more: --after" in shell.run("rates", "prefixes", "RT TERM", "--most", 2)
    first = shell.json("rates", "prefixes", "RT TERM", "--most", 2)
    rest = shell.json("rates", "prefixes", "RT TERM", "--after", first["after"])
    assert ([rate["prefix"] for rate in rest["rates"]][:2], rest["after"]) == (["34", "34"], None)
    shell.run("rates", "prefixes", "RT TERM", "--after", "x", status=1)
    assert "is not digits" in shell.run("rates", "prefixes", "RT TERM", "3%", status=2)


def test_tax_profiles_are_saved_listed_and_shown(shell: Shell) -> None:
    assert "needs a tax" in shell.run("tax", "save", "EU", status=1)
    assert shell.json("tax", "save", "EU", "--tax", "VAT=20", "--tax", "City=+1.5", "--inclusive")["version"] == 1
    assert "2. City: 1.5 % of the price and the taxes before it" in shell.run("tax", "show", "EU")
    shell.run("tax", "save", "EU", "--tax", "VAT=7.25", "--exclusive", "--version", 1)
    assert "meanwhile" in shell.run("tax", "save", "EU", "--inclusive", "--version", 1, status=1)
    assert shell.json("tax", "show", "EU")["taxes"][0]["parts_per_million"] == 72_500
    assert "VAT 7.25 %" in shell.run("tax", "list")
    assert "no tax profile 'US'" in shell.run("tax", "show", "US", status=1)
    for wrong in ("20", "VAT=x", "VAT=0.00001"):
        shell.run("tax", "save", "EU", "--tax", wrong, status=2)


def test_a_call_is_looked_up_and_simulated(shell: Shell) -> None:
    """features.md 3.3's tariff: 4,200 s for 5.00."""
    assert shell.json("rates", "lookup", "+37061234567", "--table", "RT ORIG")["prefix"] == "370"
    assert "0.07 USD" in shell.run("rates", "lookup", "37061234567", "--table", "RT ORIG")
    assert "no rate for 8812345" in shell.run("rates", "lookup", "8812345", "--table", "RT ORIG", status=1)
    call = ["rates", "simulate", "37061234567"]
    told = shell.run(*call, "--card", "1-005668240")
    assert "one hour and ten minutes (4200 s, 100 % of the limit)" in told
    assert "4200 s in blocks of 60/6 s = 4200 s; 0.07 a minute x 4200 s / 60, rounded up" in told
    by_table = shell.json(*call, "--table", "RT ORIG", "--balance", "1", "--seconds", 900, "--at", "2026-12-01T08:00")
    assert (by_table["limit_seconds"], by_table["cost_micros"]) == (768, 1_150_000)
    assert "more than the money pays" in shell.run(*call, "--table", "RT ORIG", "--balance", "1", "--seconds", 900)
    assert "refused" in shell.run("rates", "simulate", "8812345", "--card", "1-005668240")
    assert "Give one of --card, --account and --table" in shell.run(*call, status=2)
    assert "give --balance" in shell.run(*call, "--table", "RT ORIG", status=2)
    assert "no card 1-1" in shell.run(*call, "--card", "1-1", status=1)
    assert "does not lead" in shell.run(*call, "--card", "1-005668240", "--access", "1", status=1)


def test_resellers_own_series(shell: Shell) -> None:
    """JC-12."""
    shell.run("reseller", "create", "East")
    assert "already" in shell.run("reseller", "create", "East", status=1)
    shell.run("reseller", "assign", "East", 2, 3)
    assert [series["number"] for series in shell.json("series", "list", "--reseller", "East")] == [3, 2]
    assert {call["card"][0] for call in shell.json("calls", "list", "--reseller", "East")} == {"2", "3"}
    assert "no series 99" in shell.run("reseller", "assign", "East", 2, 99, status=1)
    shell.run("reseller", "edit", "East", "--disabled")
    assert "switched off" in shell.run("reseller", "assign", "East", 1, status=1)
    shell.run("reseller", "assign", "none", 2)
    assert "East (off)  3" in shell.run("reseller", "list")
    assert "There are: " in shell.run("series", "list", "--reseller", "West", status=1)


def test_exchange_rates_are_set_and_listed(shell: Shell) -> None:
    shell.run("currency", "rate", "set", "EUR", "1.0852", "--day", "2026-01-31")
    assert "wrong way round" in shell.run("currency", "rate", "set", "EUR", "0.3", status=1)
    shell.run("currency", "rate", "set", "EUR", "0.3", "--yes")
    assert [rate["value"] for rate in shell.json("currency", "rate", "list")] == ["0.3", "1.0852"]
    assert "1.0852" in shell.run("currency", "rate", "list", "--currency", "EUR")
    assert "Reports are in USD" in shell.run("currency", "rate", "set", "USD", "1", status=1)
    assert "write digits and a point" in shell.run("currency", "rate", "set", "EUR", "1,08", status=2)


def test_a_group_announces_a_destination_by_its_own_percent(shell: Shell) -> None:
    """features.md 3.3."""
    shell.run("group", "announce", "Number and PIN", 34, 90)
    assert shell.json("group", "announcements", "Number and PIN") == {"34": 90}
    assert "34  90 %" in shell.run("group", "announcements", "Number and PIN")
    assert "turn on allow_ghost_above_100" in shell.run("group", "announce", "Number and PIN", 34, 110, status=1)
    shell.run("group", "announce", "Number and PIN", 34, "1.3", status=2)
    shell.run("group", "announce", "Number and PIN", 34, "none")
    assert "as its own percent" in shell.run("group", "announcements", "Number and PIN")
