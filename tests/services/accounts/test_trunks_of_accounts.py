"""Who is connected to Asterisk, as it follows from the accounts: enabled ones only, with their passwords opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import KEYS, World, row
from sqlalchemy import insert, update

from models import (
    Account,
    AccountAddress,
    AccountGateway,
    CallerIdMode,
    Client,
    Gateway,
    IdentBy,
    TrunkProtocol,
    Wallet,
    WalletKind,
)
from services.accounts.gateways import sending_hosts, sending_logins
from services.accounts.sealed_password import PasswordUnreadable, open_password, seal_password
from services.routing.carriers import carriers

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@pytest.fixture
def client_id(session: Session) -> int:
    return row(session, Client, name="Shops", wallet_id=row(session, Wallet, kind=WalletKind.CLIENT, currency="USD"))


def sender(session: Session, client_id: int, name: str, *networks: str, **values: object) -> int:
    account = {"client_id": client_id, "name": name, "originator_enabled": True, **values}
    account_id = row(session, Account, **account)
    for number, network in enumerate(networks):
        bounds = {"first": f"{number:032}", "last": f"{number:032}", "bits": 128}
        row(session, AccountAddress, account_id=account_id, network=network, **bounds)
    return account_id


def test_ja_47_to_49_a_carrier_has_protocol_proxy_port_and_login(world: World, session: Session) -> None:
    account_id = world.carriers["test.cheap"]
    terms = {"protocol": TrunkProtocol.SIP_TLS, "proxy": "sip.example.net", "port": 5071, "registers": True}
    world.set(Account, account_id, **terms, **seal_password(KEYS, account_id, "s3cret"))
    world.set(Account, account_id, caller_id_mode=CallerIdMode.WITHHELD)
    (carrier,) = carriers(session, KEYS)
    assert (carrier.endpoint, carrier.host, carrier.port) == ("test.cheap", "sip.example.net", 5071)
    assert (carrier.protocol, carrier.login, carrier.password) == (TrunkProtocol.SIP_TLS, "Termination", "s3cret")
    assert carrier.registers
    assert not carrier.shows_caller
    assert "s3cret" not in repr(carrier)


def test_ja_14_an_account_that_is_switched_off_or_deleted_is_no_trunk(
    world: World, session: Session, client_id: int, now: datetime
) -> None:
    for place, endpoint in enumerate(world.carriers):
        world.set(Account, world.carriers[endpoint], proxy="127.0.0.1")
        assert len(carriers(session, KEYS)) == 1
        off = [{"terminator_enabled": False}, {"deleted_at": now}, {"proxy": None}][place]
        world.set(Account, world.carriers[endpoint], **off)
        assert carriers(session, KEYS) == []
    sender(session, client_id, "off", "10.0.0.1", originator_enabled=False)
    sender(session, client_id, "gone", "10.0.0.2", deleted_at=now)
    assert sending_hosts(session) == []
    on = sender(session, client_id, "on", "10.0.0.3")
    assert [host.name for host in sending_hosts(session)] == [f"account.{on}"]
    world.set(Client, client_id, is_enabled=False)
    assert sending_hosts(session) == []


def test_ja_29_a_carrier_without_a_host_is_where_its_login_registers(session: Session, client_id: int) -> None:
    account = {"client_id": client_id, "name": "gsm-7", "ident_by": IdentBy.NAME, "name_key": "gsm-7"}
    account_id = row(session, Account, **account, terminator_enabled=True, endpoint="shops.gsm_7")
    assert (carriers(session, KEYS), sending_logins(session, KEYS)) == ([], [])  # nobody has its password
    session.execute(update(Account).where(Account.id == account_id).values(seal_password(KEYS, account_id, "s3cret")))
    (carrier,), (login,) = carriers(session, KEYS), sending_logins(session, KEYS)
    assert (carrier.endpoint, carrier.host, carrier.login, carrier.found_as) == ("shops.gsm_7", "", "", "gsm-7")
    assert (login.login, login.password, login.may_call, login.takes_calls) == ("gsm-7", "s3cret", False, True)
    session.execute(update(Account).where(Account.id == account_id).values(originator_enabled=True, proxy="10.0.0.9"))
    (carrier,), (login,) = carriers(session, KEYS), sending_logins(session, KEYS)
    assert (carrier.host, carrier.login, carrier.found_as) == ("10.0.0.9", "gsm-7", "")
    assert (login.may_call, login.takes_calls) == (True, False)


def test_ja_27_an_address_that_two_accounts_share_is_let_in_once(session: Session, client_id: int) -> None:
    first = sender(session, client_id, "first", "10.0.0.1", "10.0.1.0/24", tech_prefix="77")
    second = sender(session, client_id, "second", "10.0.0.1", "10.0.2.0/24", tech_prefix="88")
    gateway_id = row(session, Gateway, name="Exchange", address="10.9.9.9")
    assert [(host.name, host.networks) for host in sending_hosts(session)] == [
        (f"account.{first}", ("10.0.0.1", "10.0.1.0/24")),
        (f"account.{second}", ("10.0.2.0/24",)),
        (f"gateway.{gateway_id}", ("10.9.9.9",)),
    ]


def test_ja_35_the_address_of_a_gateway_that_is_off_is_let_in_for_nobody(session: Session, client_id: int) -> None:
    shop = sender(session, client_id, "shop", "10.0.0.1", "10.0.1.0/24")
    gateway_id = row(session, Gateway, name="Exchange", address="10.0.0.1", is_enabled=False)
    row(session, Gateway, name="Other", address="10.0.0.2", is_enabled=False)
    assert [(host.name, host.networks) for host in sending_hosts(session)] == [(f"account.{shop}", ("10.0.1.0/24",))]
    session.execute(update(Gateway).where(Gateway.id == gateway_id).values(is_enabled=True))
    assert [host.networks for host in sending_hosts(session)] == [("10.0.0.1", "10.0.1.0/24")]


def test_ja_32_a_login_has_its_password_and_is_taken_from_its_gateways_only(session: Session, client_id: int) -> None:
    without = sender(session, client_id, "Nobody", ident_by=IdentBy.NAME, name_key="nobody")
    account_id = sender(session, client_id, "Shop.One", ident_by=IdentBy.NAME, name_key="shop.one")
    world = {"password_sealed": KEYS.encrypt("word", f"account:{account_id}"), "password_key": KEYS.number}
    session.execute(Account.__table__.update().where(Account.id == account_id).values(world))
    gateway_id = row(session, Gateway, name="Exchange", address="10.9.9.9")
    session.execute(insert(AccountGateway).values(account_id=account_id, gateway_id=gateway_id))
    (login,) = sending_logins(session, KEYS)
    assert (login.account_id, login.login, login.password) == (account_id, "Shop.One", "word")
    assert login.networks == ("10.9.9.9",)
    assert login.account_id != without
    assert "word" not in repr(login).replace("password", "")


def test_a_password_of_another_account_does_not_open() -> None:
    sealed = seal_password(KEYS, 1, "word")["password_sealed"]
    assert isinstance(sealed, bytes)
    assert open_password(KEYS, 1, sealed) == "word"
    with pytest.raises(PasswordUnreadable, match="account 2"):
        open_password(KEYS, 2, sealed)
