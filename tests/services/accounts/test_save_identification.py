"""What identifies an account: addresses, logins, numbers and tech prefixes, and which pairs are refused."""

from __future__ import annotations

from typing import Any

import pytest
from account_world import ACTOR, AccountWorld
from factories import NOW
from sqlalchemy import select

from models import (
    AccountAddress,
    AccountGateway,
    AccountNumber,
)
from services.accounts.save_gateway import create_gateway, delete_gateway, update_gateway
from services.store.fields import FieldsRefused
from services.store.version_check import ChangedMeanwhile


def gateway(trade: AccountWorld, name: str, address: str) -> int:
    return create_gateway(trade.session, {"name": name, "address": address}, ACTOR, NOW).id


def test_addresses_are_stored_one_row_each_with_their_bounds(trade: AccountWorld) -> None:
    """JA-26, JA-27, JA-28: the two examples of the guide."""
    saved = trade.sender(addresses="10.0.0.0/24; 200.200.200.208/28;2001:db8::7")
    query = select(AccountAddress.network, AccountAddress.first, AccountAddress.last, AccountAddress.bits)
    assert trade.session.execute(query.order_by(AccountAddress.id)).all() == [
        ("10.0.0.0/24", "00000000000000000000ffff0a000000", "00000000000000000000ffff0a0000ff", 120),
        ("200.200.200.208/28", "00000000000000000000ffffc8c8c8d0", "00000000000000000000ffffc8c8c8df", 124),
        ("2001:db8::7", "20010db8000000000000000000000007", "20010db8000000000000000000000007", 128),
    ]
    assert trade.values(saved)["addresses"] == "10.0.0.0/24; 200.200.200.208/28; 2001:db8::7"


def test_host_bits_are_refused_with_a_hint(trade: AccountWorld) -> None:
    """JA-28."""
    assert "write 200.200.200.208/28" in trade.problems(addresses="200.200.200.209/28")["addresses"]


def test_a_login_keeps_its_case_and_is_compared_without(trade: AccountWorld) -> None:
    """JA-29."""
    saved = trade.sender("AcmeGW", ident_by="name")
    account = trade.stored(saved.id)
    assert (account.name, account.name_key) == ("AcmeGW", "acmegw")
    told = trade.sender_problem("acmegw", ident_by="name", client_id=trade.other_client_id)
    assert told == (
        f"Calls of the login AcmeGW would match the account AcmeGW of Acme Telecom (id {saved.id}) too: give one of "
        "them another name."
    )


@pytest.mark.parametrize("name", ["Main trunk", "a;b", "x" * 81, "gw\n[general]", "-x", "ä"])
def test_a_name_that_cannot_be_a_login_is_refused(trade: AccountWorld, name: str) -> None:
    assert "name" in trade.problems(name, ident_by="name")


def test_numbers_are_normalised_first(trade: AccountWorld) -> None:
    """JA-30: of the caller (default) or of the called party."""
    saved = trade.sender(ident_by="ani", numbers="+1 (555) 010-0200; 0015550100200; 15550100201")
    assert trade.stored(saved.id).ani_side.value == "caller"
    stored = trade.session.scalars(select(AccountNumber.number).order_by(AccountNumber.id)).all()
    assert stored == ["15550100200", "15550100201"]
    trade.sender("Called", ident_by="ani", ani_side="called", numbers="15550100200")
    assert "no telephone number" in trade.problems(ident_by="ani", numbers="office")["numbers"]


def test_the_same_number_on_the_same_side_is_refused(trade: AccountWorld) -> None:
    """JA-30, JA-31."""
    saved = trade.sender(ident_by="ani", numbers="15550100200", tech_prefix="77")
    trade.sender("Other prefix", ident_by="ani", numbers="15550100200", tech_prefix="78")
    told = trade.sender_problem(ident_by="ani", numbers="15550100299; +15550100200", tech_prefix="77")
    assert told == (
        f"Calls from 15550100200 with tech prefix 77 would match the account Main of Acme Telecom (id {saved.id}) too: "
        "give one of them another number, tech prefix or gateway."
    )


def test_tech_prefixes_tell_accounts_of_one_address_apart(trade: AccountWorld) -> None:
    """JA-31."""
    for prefix in ("", "77", "771"):
        trade.sender(f"Prefix {prefix}", tech_prefix=prefix)
    assert "only the digits" in trade.problems(tech_prefix="77#")["tech_prefix"]


@pytest.mark.parametrize(
    "difference",
    [
        {"protocol": "sip/tcp"},
        {"port": 5062},
        {"tech_prefix": "9"},
        {"addresses": "192.0.2.0/24"},
        {"gateways": "West"},
        {"originator_enabled": False},
    ],
    ids=str,
)
def test_one_address_serves_several_accounts_that_differ(trade: AccountWorld, difference: dict[str, Any]) -> None:
    """JA-11, JA-51; a subnet around it is fine too (the most specific wins), and so is one that sends nothing."""
    gateway(trade, "West", "198.51.100.1")
    trade.sender()
    trade.sender("Second", **difference)


def test_two_accounts_that_match_the_same_calls_are_refused(trade: AccountWorld) -> None:
    """JA-11: the sentence names the other one and what to change."""
    saved = trade.sender(addresses="10.0.0.0/24; 192.0.2.7", tech_prefix="77", port=5062)
    told = trade.sender_problem(addresses="192.0.2.7", tech_prefix="77", port=5062, client_id=trade.other_client_id)
    assert told == (
        f"Calls from 192.0.2.7 (sip/udp, port 5062, tech prefix 77) would match the account Main of Acme Telecom (id "
        f"{saved.id}) too: give one of them another address, protocol, port, tech prefix or gateway."
    )


def test_accounts_of_one_address_share_no_gateway(trade: AccountWorld) -> None:
    """JA-35, JA-36, JA-51: the gateway is part of the key."""
    west = gateway(trade, "West", "198.51.100.1")
    gateway(trade, "East", "198.51.100.2")
    saved = trade.sender(gateways="West; East")
    assert trade.values(saved)["gateways"] == "East; West"
    assert west in trade.session.scalars(select(AccountGateway.gateway_id)).all()
    trade.sender("Any", gateways=None)
    assert "Main of Acme Telecom" in trade.sender_problem(gateways="East")
    trade.change(saved.id, gateways="West")
    trade.sender("Eastern", gateways="East")
    assert "no gateway North" in trade.problems(gateways="North")["gateways"]


def test_a_gateway_in_use_is_not_deleted(trade: AccountWorld) -> None:
    west = gateway(trade, "West", "198.51.100.1")
    saved = trade.sender(gateways="West")
    with pytest.raises(FieldsRefused, match="Main takes calls through West only"):
        delete_gateway(trade.session, west, 1, ACTOR, NOW)
    trade.change(saved.id, gateways=None)
    delete_gateway(trade.session, west, 1, ACTOR, NOW)


def test_a_gateway_has_one_address_in_one_spelling(trade: AccountWorld) -> None:
    west = gateway(trade, "West", "2001:0DB8::0001")
    with pytest.raises(FieldsRefused, match="2001:db8::1 already"):
        gateway(trade, "Again", "2001:db8:0::1")
    with pytest.raises(FieldsRefused, match="one address"):
        gateway(trade, "Net", "10.0.0.0/24")
    assert update_gateway(trade.session, west, 1, {"name": "Far west"}, ACTOR, NOW).version == 2
    with pytest.raises(ChangedMeanwhile):
        update_gateway(trade.session, west, 1, {"name": "Near west"}, ACTOR, NOW)


def test_enabling_an_account_looks_for_its_double(trade: AccountWorld) -> None:
    trade.sender()
    quiet = trade.sender("Quiet", originator_enabled=False)
    with pytest.raises(FieldsRefused, match="Main of Acme Telecom"):
        trade.change(quiet.id, originator_enabled=True)


def test_what_belongs_to_another_way_of_identifying_is_refused(trade: AccountWorld) -> None:
    """JA-26: one way is chosen."""
    assert "leave the addresses empty" in trade.problems(ident_by="ani", addresses="192.0.2.1")["addresses"]
    assert "leave the numbers empty" in trade.problems(numbers="15550100")["numbers"]
    assert "addresses" in trade.problems(**trade.sending)
    assert "numbers" in trade.problems(**trade.sending, ident_by="ani")


def test_a_login_with_addresses_is_another_ones_for_no_address(trade: AccountWorld) -> None:
    """JA-29: its addresses only say from where the login is taken."""
    trade.sender("login", ident_by="name", addresses="192.0.2.7")
    trade.sender("By address", addresses="192.0.2.7")
