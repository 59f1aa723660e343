"""The list of accounts: its columns, its filters, its search, and how an operator names one account."""

from __future__ import annotations

from typing import Any

import pytest
from account_world import ACTOR, AccountWorld
from factories import NOW

from billing.rights import ALL_RIGHTS
from services.accounts.account_report import (
    AccountFilter,
    AccountState,
    SearchField,
    account_list,
    account_report,
)
from services.accounts.delete_account import delete_account, disable_account
from services.accounts.find_account import find_account_id
from services.accounts.save_client import update_client
from services.accounts.save_gateway import create_gateway, gateway_list
from services.audit.audit_report import AuditFilter, audit_entries
from services.store.keyset import Wanted
from services.store.version_check import NotThere


def rows(trade: AccountWorld, **asked: Any) -> list[dict[str, Any]]:  # noqa: ANN401 (of the filter)
    return account_list(trade.session, AccountFilter(**asked), Wanted(50)).rows


def names(trade: AccountWorld, **asked: Any) -> list[str]:  # noqa: ANN401 (of the filter)
    return [row["account"] for row in rows(trade, **asked)]


@pytest.fixture
def four(trade: AccountWorld) -> dict[str, int]:
    create_gateway(trade.session, {"name": "West", "address": "198.51.100.1"}, ACTOR, NOW)
    made = {
        "Retail": trade.sender(
            "Retail",
            addresses="10.0.0.0/24; 192.0.2.7",
            tech_prefix="77",
            originator_tag="gold",
            originator_capacity=30,
        ),
        "AcmeLogin": trade.sender("AcmeLogin", ident_by="name", client_id=trade.other_client_id),
        "Numbers": trade.sender("Numbers", ident_by="ani", numbers="15550100200", gateways="West"),
        "Carrier": trade.carrier("Carrier", terminator_tag="silver", terminator_capacity=5, protocol="sip/tls"),
    }
    return {name: saved.id for name, saved in made.items()}


def test_the_list_has_the_columns_of_the_guide(trade: AccountWorld, four: dict[str, int]) -> None:
    """JA-1, JA-4, JA-5, JA-6, JA-7, JA-8, JA-9, JA-10: number, client, account, ident, tech prefix, both roles."""
    retail, login, numbers, carrier = rows(trade)
    assert (retail["id"], retail["client"], retail["account"]) == (four["Retail"], "Acme Telecom", "Retail")
    assert (retail["ident_by"], retail["ident"], retail["tech_prefix"]) == ("ip", "10.0.0.0/24; 192.0.2.7", "77")
    assert (login["ident_by"], login["ident"]) == ("name", "AcmeLogin")
    assert (numbers["ident_by"], numbers["ident"], numbers["gateways"]) == ("ani", "15550100200", "West")
    assert retail["originator"] == {
        "rate_table": {"name": "Dollars", "of": "account"},
        "routing_plan": {"name": "Anywhere", "of": "account"},
        "tag": "gold",
        "capacity": 30,
    }
    assert retail["terminator"] is None
    assert carrier["originator"] is None
    assert carrier["terminator"] == {
        "rate_table": {"name": "Dollars", "of": "account"},
        "tag": "silver",
        "capacity": 5,
        "protocol": "sip/tls",
        "proxy": "sip.example.com",
        "port": 5061,
    }


def test_the_list_tells_where_the_clients_own_table_applies(trade: AccountWorld, four: dict[str, int]) -> None:
    """JA-19, JA-17: and leads to the client by its number."""
    tables = {"originator_rate_table_id": trade.table_id}
    update_client(trade.session, trade.client_id, None, tables, ACTOR, NOW)
    trade.change(four["Retail"], originator_rate_table_id=None)
    row = rows(trade, search="Retail")[0]
    assert row["originator"]["rate_table"] == {"name": "Dollars", "of": "client"}
    assert row["client_id"] == trade.client_id


@pytest.mark.usefixtures("four")
def test_the_list_is_filtered_by_client_and_role(trade: AccountWorld) -> None:
    """JA-16, JA-21."""
    assert names(trade, client_id=trade.other_client_id) == ["AcmeLogin"]
    assert names(trade, client_id=trade.client_id, originators=True) == ["Retail", "Numbers"]
    assert names(trade, terminators=True) == ["Carrier"]


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("field", "word", "found"),
    [
        ("account", "retAIL", ["Retail"]),
        ("client", "beta", ["AcmeLogin"]),
        ("tech_prefix", "77", ["Retail"]),
        ("tag", "silver", ["Carrier"]),
        ("ident", "10.0.0.200", ["Retail"]),  # in its subnet
        ("ident", "192.0.2", ["Retail"]),
        ("ident", "0100200", ["Numbers"]),
        ("ident", "ACMELOGIN", ["AcmeLogin"]),
        ("proxy", "example", ["Carrier"]),
        ("account", "%", []),
        (None, "acme", ["Retail", "AcmeLogin", "Numbers", "Carrier"]),
        (None, "silver", ["Carrier"]),
    ],
)
def test_keywords_are_looked_for_in_the_wanted_field(
    trade: AccountWorld, field: str | None, word: str, found: list[str]
) -> None:
    """JA-22."""
    assert names(trade, search=word, search_field=SearchField(field) if field else None) == found


def test_inactive_and_deleted_accounts_are_found_by_their_state(trade: AccountWorld, four: dict[str, int]) -> None:
    """JA-14: both roles off; a deleted one is shown only if asked for."""
    disable_account(trade.session, four["Retail"], None, ACTOR, NOW)
    delete_account(trade.session, four["Numbers"], None, ACTOR, NOW, rights=ALL_RIGHTS)
    assert names(trade) == ["Retail", "AcmeLogin", "Carrier"]
    assert names(trade, state=AccountState.INACTIVE) == ["Retail"]
    assert names(trade, state=AccountState.ACTIVE) == ["AcmeLogin", "Carrier"]
    assert names(trade, state=AccountState.DELETED) == ["Numbers"]


def test_the_list_is_turned_by_place(trade: AccountWorld, four: dict[str, int]) -> None:
    first = account_list(trade.session, AccountFilter(), Wanted(3))
    rest = account_list(trade.session, AccountFilter(), Wanted(3, after=first.page.after))
    assert [row["id"] for row in (*first.rows, *rest.rows)] == list(four.values())
    assert (first.page.count, rest.page.after) == (4, None)


def test_an_account_tells_everything_but_its_password(trade: AccountWorld, four: dict[str, int]) -> None:
    """JA-23 to JA-49: what the form shows, JA-37 the notes."""
    trade.change(four["Retail"], notes="24 h: +1 555")
    report = account_report(trade.session, four["Retail"])
    assert (report["client"], report["notes"], report["has_password"]) == ("Acme Telecom", "24 h: +1 555", False)
    assert (report["addresses"], report["protocol"], report["caller_id_mode"]) == (
        "10.0.0.0/24; 192.0.2.7",
        "sip/udp",
        "passed",
    )
    assert not [name for name in report if "sealed" in name]


def test_an_account_is_named_by_number_endpoint_or_name(trade: AccountWorld, four: dict[str, int]) -> None:
    for written in (str(four["Retail"]), "Retail", "acme_telecom.retail"):
        assert find_account_id(trade.session, written) == four["Retail"]
    trade.account("Retail", client_id=trade.other_client_id)
    with pytest.raises(NotThere, match=r"acme_telecom\.retail of Acme Telecom, beta\.retail of Beta"):
        find_account_id(trade.session, "Retail")
    with pytest.raises(NotThere, match="no account Nobody"):
        find_account_id(trade.session, "Nobody")


@pytest.mark.usefixtures("four")
def test_the_audit_log_is_opened_for_one_client(trade: AccountWorld) -> None:
    """JA-17, JA-18: from the row of an account to its client, and to all that was changed on that client."""
    client_id = rows(trade, search="Carrier", search_field=SearchField.ACCOUNT)[0]["client_id"]
    update_client(trade.session, client_id, None, {"notes": "calls at night"}, ACTOR, NOW)
    wanted = AuditFilter(object_kind="client", object_id=str(client_id))
    newest, oldest = audit_entries(trade.session, wanted, 50)
    assert (newest["act"], newest["before"], newest["after"]) == (
        "client.changed",
        {"notes": None},
        {"notes": "calls at night"},
    )
    assert (oldest["act"], oldest["after"]["name"]) == ("client.created", "Acme Telecom")


@pytest.mark.usefixtures("four")
def test_gateways_are_listed_with_their_accounts(trade: AccountWorld) -> None:
    """JA-35, JA-36."""
    (west,) = gateway_list(trade.session)
    assert (west["name"], west["address"], west["accounts"]) == ("West", "198.51.100.1", 1)
