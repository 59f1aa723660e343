"""The commands for groups, plans, and the states of cards and series, on a fresh demo installation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from command_line.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

FIRST = 5_668_240  # the demo's series 1 begins as JeraSoft's screenshot does (JC-50)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("state")
    made = CliRunner().invoke(main, ["init", "--demo"], env={"CALLINGCARD_STATE_DIR": str(state)})
    assert made.exit_code == 0, made.output
    return state


class Shell:
    def __init__(self, state: Path) -> None:
        self.env = {"CALLINGCARD_STATE_DIR": str(state)}

    def run(self, *words: object, status: int = 0, keys: str = "") -> str:
        done = CliRunner().invoke(main, [str(word) for word in words], env=self.env, input=keys)
        assert done.exit_code == status, (done.output, done.exception)
        return done.output

    def json(self, *words: object, status: int = 0) -> Any:  # noqa: ANN401
        return json.loads(self.run(*words, "--json", status=status))

    def number(self, place: int = 0) -> str:
        return f"1-{FIRST + place:09d}"

    def status(self, place: int = 0) -> str:
        return str(self.json("card", "show", self.number(place))["status"])


@pytest.fixture
def shell(installed: Path) -> Shell:
    return Shell(installed)


def test_a_card_is_blocked_explained_and_unblocked(shell: Shell) -> None:
    """V-17, V-29; V-21: why did this fail."""
    card = shell.number(3)
    assert "1 card would be blocked" in shell.run("card", "block", card, "--reason", "stolen", "--dry-run")
    assert shell.status(3) == "pending"
    assert "1 card blocked." in shell.run("card", "block", card, "--reason", "stolen")
    assert "blocked already" in shell.run("card", "block", card, "--reason", "stolen", status=1)
    told = shell.json("card", "why", card)
    assert (told["hears"], told["why"]) == ("card-blocked", "An operator blocked it: stolen.")
    assert "never expires" in shell.run("card", "why", card)
    shell.run("card", "unblock", card)
    assert shell.status(3) == "pending"
    assert shell.json("card", "why", card)["hears"] is None


def test_a_card_is_sold_and_taken_back(shell: Shell) -> None:
    """M-17."""
    card = shell.number(4)
    assert "place or a distributor" in shell.run("card", "sell", card, status=1)
    assert "no distributor called 'Nobody'" in shell.run("card", "sell", card, "--distributor", "Nobody", status=1)
    shell.run("card", "sell", card, "--place", "Kiosk")
    assert "sold already" in shell.run("card", "sell", card, "--place", "Kiosk", status=1)
    shell.run("card", "unsell", card)
    assert shell.status(4) == "inactive"
    assert shell.json("card", "why", card)["hears"] == "card-not-activated"
    shell.run("card", "release", card)
    assert shell.status(4) == "pending"


def test_a_range_that_is_done_in_part_tells_it_by_its_status(shell: Shell) -> None:
    """Exit status 3: partly done."""
    serials = ["--from", FIRST + 10, "--to", FIRST + 14]
    shell.run("card", "block", shell.number(12), "--reason", "lost")
    done = shell.json("series", "block", 1, *serials, "--reason", "lost", status=3)
    assert (done["changed"], done["skipped"]) == (4, {"already blocked": 1})
    assert "5 already blocked" in shell.run("series", "block", 1, *serials, "--reason", "x", status=1)
    assert shell.json("series", "unblock", 1, *serials)["changed"] == 5
    assert "no card in that range" in shell.run("series", "release", 1, "--from", 1, "--to", 2, status=1)


def test_many_cards_are_asked_for_first(shell: Shell) -> None:
    words = ["series", "generate", "--group", "Number and PIN", "--rates", "RT ORIG", "--number", 8]
    shell.run(*words, "--value", "5", "--quantity", 150, "--status", "inactive", "--yes")
    shell.run("series", "release", 8, status=1, keys="n\n")
    assert shell.json("series", "show", 8)["cards"]["inactive"] == 150
    assert "150 cards released" in shell.run("series", "release", 8, "--yes")


def test_a_series_is_stopped_activated_deleted_and_brought_back(shell: Shell) -> None:
    """JC-5 to JC-7."""
    for act, status in (("stop", "stopped"), ("activate", "active"), ("delete", "deleted"), ("stop", "stopped")):
        assert shell.json("series", act, 2, "--reason", "test")["status"] == status
    assert "nothing to do" in shell.run("series", "stop", 2, status=1)
    shell.run("series", "activate", 2)
    assert "no series 77" in shell.run("series", "stop", 77, status=1)


def test_an_edit_tells_the_cards_that_it_touches_before_it_is_saved(shell: Shell) -> None:
    """JC-58."""
    day = ["--expiry-date", "2020-01-31"]
    assert "100 of 100 cards would be expired at once" in shell.run("series", "edit", 3, *day, "--dry-run")
    shell.run("series", "edit", 3, *day, status=1, keys="n\n")
    assert shell.json("series", "show", 3)["expiry_date"] is None
    assert shell.json("series", "edit", 3, *day, "--yes")["touched"]["expired"] == 100
    assert shell.json("series", "edit", 3, "--expiry-date", "none", "--yes")["touched"]["revived"] == 100
    shell.run("series", "edit", 3, "--name", "New name", "--maintenance-fee", "0.25", "--portal-login")
    shown = shell.json("series", "show", 3)
    assert (shown["name"], shown["maintenance_fee_micros"], shown["portal_login"]) == ("New name", 250_000, True)
    assert "no rate table called" in shell.run("series", "edit", 3, "--rate-table", "Nothing", status=1)
    assert "comma" in shell.run("series", "edit", 3, "--activation-fee", "1,5", status=2)
    shell.run("series", "edit", 3, "--quantity", 5, status=2)


def test_groups_are_made_changed_and_shown(shell: Shell) -> None:
    """M-13, JC-59."""
    made = shell.json("group", "create", "Gold", "--currency", "EUR", "--calls-max", 2, "--sale-price", "9.99")
    assert made["version"] == 1
    assert "10 to 18" in shell.run("group", "edit", "Gold", "--number-length", 9, status=1)
    assert "is a group Gold already" in shell.run("group", "create", "Gold", "--currency", "EUR", status=1)
    assert shell.json("group", "edit", "Gold", "--version", 1, "--says-expiry", "--no-says-time")["version"] == 2
    assert "meanwhile" in shell.run("group", "edit", "Gold", "--version", 1, "--calls-max", 3, status=1)
    shown = shell.json("group", "show", "Gold")
    assert (shown["sale_price_micros"], shown["says_expiry"], shown["says_time"]) == (9_990_000, True, False)
    assert "9.99 EUR" in shell.run("group", "show", "Gold")
    assert "Gold" in shell.run("group", "list")
    assert "no card group" in shell.run("group", "show", "Lead", status=1)


def test_rules_of_destinations_are_set_listed_and_removed(shell: Shell) -> None:
    shell.run("group", "deny", "882", "+1900", "--platform", "--reason", "fraud")
    shell.run("group", "allow", "370", "--series", 4, "--reason", "only here")
    assert [rule["prefix"] for rule in shell.json("group", "rules", "--platform")] == ["1900", "882"]
    assert "allowed" in shell.run("group", "rules", "--series", 4)
    shell.run("group", "forget-rule", "882", "--platform")
    assert "no such rule" in shell.run("group", "forget-rule", "882", "--platform", status=1)
    assert "Give one of" in shell.run("group", "rules", status=2)
    assert "is no prefix" in shell.run("group", "deny", "x", "--group", "PIN only", "--reason", "y", status=1)


def test_plans_and_access_numbers_are_saved(shell: Shell) -> None:
    """M-15, M-16."""
    new = ["plan", "save", "Toll-free", "--group", "Number and PIN", "--language", "en"]
    assert "no access number" in shell.run(*new)
    shell.run("plan", "save", "Toll-free", "--access-number", "18005550150", "--warn-at", 90, "--warn-at", 30)
    shown = json.loads(shell.run("plan", "show", "Toll-free"))
    assert (shown["warning_seconds"], [row["number"] for row in shown["access_numbers"]]) == ([90, 30], ["18005550150"])
    shell.run("plan", "number", "18005550150", "--surcharge", "0.05", "--language", "es")
    both = ["--group", "Number and PIN", "--group", "PIN only"]
    assert "ask for the card in one way" in shell.run("plan", "save", "Toll-free", *both, status=1)
    assert "no prompts in fr" in shell.run("plan", "save", "Toll-free", "--language", "fr", status=1)
    assert "Toll-free" in shell.run("plan", "list")


def test_every_act_leaves_its_entry_and_the_ledger_verifies(shell: Shell) -> None:
    shell.run("card", "unlock", shell.number(5))
    shell.run("audit", "verify")
    shell.run("verify")
