"""Whose call it is: the most specific network, the longest tech prefix, a login, a number behind a gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from factories import row
from sqlalchemy import insert, update

from billing.network import networks_from_text
from models import (
    Account,
    AccountAddress,
    AccountGateway,
    AccountNumber,
    AniSide,
    Client,
    Gateway,
    IdentBy,
    NumberUse,
    TrunkProtocol,
    Wallet,
    WalletKind,
)
from services.accounts.account_facts import AccountFacts
from services.accounts.identify_account import CallSource, NotIdentified, identify_account, without_prefix

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

NUMBER = "37061234567"


@pytest.fixture
def client_id(session: Session) -> int:
    return row(session, Client, name="Shops", wallet_id=row(session, Wallet, kind=WalletKind.CLIENT, currency="USD"))


def account(session: Session, client_id: int, name: str, addresses: str = "", **values: Any) -> int:  # noqa: ANN401
    account_id = row(session, Account, client_id=client_id, name=name, originator_enabled=True, **values)
    for network in networks_from_text(addresses):
        bounds = {"network": network.network, "first": network.first, "last": network.last, "bits": network.bits}
        row(session, AccountAddress, account_id=account_id, **bounds)
    return account_id


def source(address: str = "10.0.0.5", number: str = NUMBER, **values: Any) -> CallSource:  # noqa: ANN401
    terms = {"login": None, "port": 5060, "protocol": TrunkProtocol.SIP_UDP, "caller_id": None, **values}
    return CallSource(address=address, number=number, **terms)


def found(session: Session, call: CallSource) -> str:
    answer = identify_account(session, call)
    return answer.name if isinstance(answer, AccountFacts) else answer.value


def test_ja_28_the_most_specific_network_wins(session: Session, client_id: int) -> None:
    account(session, client_id, "wide", "10.0.0.0/24; 200.200.200.208/28")
    account(session, client_id, "narrow", "10.0.0.5")
    account(session, client_id, "six", "2001:db8::/32")
    assert found(session, source("10.0.0.5")) == "narrow"
    assert found(session, source("10.0.0.6")) == "wide"
    assert found(session, source("200.200.200.208")) == "wide"
    assert found(session, source("200.200.200.223")) == "wide"
    assert found(session, source("200.200.200.224")) == "unknown"
    assert found(session, source("2001:db8::7")) == "six"
    assert found(session, source("::ffff:10.0.0.6")) == "wide"
    assert found(session, source("garbage")) == "unknown"


def test_ja_31_the_longest_tech_prefix_wins_and_is_cut_off(session: Session, client_id: int) -> None:
    account(session, client_id, "plain", "10.0.0.5")
    account(session, client_id, "short", "10.0.0.5", tech_prefix="77")
    account(session, client_id, "long", "10.0.0.5", tech_prefix="771")
    assert found(session, source(number=f"771{NUMBER}")) == "long"
    assert found(session, source(number=f"772{NUMBER}")) == "short"
    assert found(session, source(number=f"88{NUMBER}")) == "plain"
    assert without_prefix(f"771{NUMBER}", "771") == NUMBER
    assert without_prefix(NUMBER, "771") is None
    assert without_prefix("77112", "771") is None


def test_a_wrong_tech_prefix_is_nobody(session: Session, client_id: int) -> None:
    account(session, client_id, "short", "10.0.0.5", tech_prefix="77")
    assert found(session, source(number=f"88{NUMBER}")) == "unknown"


def test_ja_11_one_address_may_have_accounts_by_protocol_and_port(session: Session, client_id: int) -> None:
    account(session, client_id, "udp", "10.0.0.5")
    account(session, client_id, "udp 5070", "10.0.0.5", port=5070)
    account(session, client_id, "tls", "10.0.0.5", protocol=TrunkProtocol.SIP_TLS)
    assert found(session, source()) == "udp"
    assert found(session, source(port=5070)) == "udp 5070"
    assert found(session, source(protocol=TrunkProtocol.SIP_TLS)) == "tls"
    assert found(session, source(protocol=TrunkProtocol.SIP_TCP)) == "unknown"


def test_two_that_fit_equally_well_are_refused(session: Session, client_id: int) -> None:
    account(session, client_id, "one", "10.0.0.5")
    account(session, client_id, "two", "10.0.0.5")
    assert found(session, source()) == "ambiguous"


def test_ja_29_a_login_is_compared_without_case_and_decides_alone(session: Session, client_id: int) -> None:
    account(session, client_id, "Shop.One", ident_by=IdentBy.NAME, name_key="shop.one")
    account(session, client_id, "address", "10.0.0.5")
    assert found(session, source(login="SHOP.one")) == "Shop.One"
    assert found(session, source(login="other")) == "unknown"
    assert found(session, source()) == "address"


def test_ja_30_a_number_counts_only_behind_a_gateway(session: Session, client_id: int) -> None:
    caller = account(session, client_id, "caller", ident_by=IdentBy.ANI)
    called = account(session, client_id, "called", ident_by=IdentBy.ANI, ani_side=AniSide.CALLED, tech_prefix="9")
    row(session, AccountNumber, account_id=caller, use=NumberUse.IDENTIFIES, number="15550100")
    row(session, AccountNumber, account_id=called, use=NumberUse.IDENTIFIES, number=NUMBER)
    row(session, AccountNumber, account_id=called, use=NumberUse.SHOWN, number="15550101")
    assert found(session, source(caller_id="15550100")) == "unknown"
    row(session, Gateway, name="Exchange", address="10.0.0.5")
    assert found(session, source(caller_id="15550100")) == "caller"
    assert found(session, source(number=f"9{NUMBER}")) == "called"
    assert found(session, source(caller_id="15550101")) == "unknown"
    account(session, client_id, "owner", "10.0.0.5")
    assert found(session, source(caller_id="15550100")) == "owner"


def test_ja_35_an_account_is_taken_through_its_gateways_only(session: Session, client_id: int) -> None:
    account_id = account(session, client_id, "bound", "10.0.0.0/24")
    for name, address in (("East", "10.0.0.5"), ("West", "10.0.0.6")):
        gateway_id = row(session, Gateway, name=name, address=address)
        session.execute(insert(AccountGateway).values(account_id=account_id, gateway_id=gateway_id))
    assert found(session, source("10.0.0.5")) == found(session, source("10.0.0.6")) == "bound"
    assert found(session, source("10.0.0.7")) == "other_gateway"


@pytest.mark.parametrize("what", ["originator off", "account gone", "client off", "client gone"])
def test_ja_14_who_is_switched_off_or_deleted_sends_no_call(
    session: Session, client_id: int, now: datetime, what: str
) -> None:
    account_id = account(session, client_id, "one", "10.0.0.5")
    table, values, expected = {
        "originator off": (Account, {"originator_enabled": False}, NotIdentified.SWITCHED_OFF),
        "account gone": (Account, {"deleted_at": now}, NotIdentified.UNKNOWN),
        "client off": (Client, {"is_enabled": False}, NotIdentified.SWITCHED_OFF),
        "client gone": (Client, {"deleted_at": now}, NotIdentified.SWITCHED_OFF),
    }[what]
    session.execute(update(table).where(table.id == (account_id if table is Account else client_id)).values(values))
    assert identify_account(session, source()) is expected


def test_ja_35_nobody_calls_through_a_gateway_that_is_switched_off(session: Session, client_id: int) -> None:
    """By address, login or number alike; the same account is taken through its other gateway."""
    west, east = (row(session, Gateway, name=name, address=f"10.0.0.{place}") for place, name in ((5, "W"), (6, "E")))
    shop = account(session, client_id, "shop", "10.0.0.0/24")
    session.execute(insert(AccountGateway), [{"account_id": shop, "gateway_id": one} for one in (west, east)])
    account(session, client_id, "login", ident_by=IdentBy.NAME, name_key="login")
    known = account(session, client_id, "number", ident_by=IdentBy.ANI)
    row(session, AccountNumber, account_id=known, use=NumberUse.IDENTIFIES, number="37060000001")
    calls = (source("10.0.0.5"), source("10.0.0.5", login="login"), source("::ffff:10.0.0.5", caller_id="37060000001"))
    assert [found(session, call) for call in calls] == ["shop", "login", "shop"]
    session.execute(update(Gateway).where(Gateway.id == west).values(is_enabled=False))
    assert [found(session, call) for call in calls] == ["switched_off"] * 3
    assert found(session, source("10.0.0.6")) == "shop"
    assert found(session, source("10.0.0.7")) == "other_gateway", "a gateway that is off restricts as before"
