"""Accounts that could be saved together never leave a call between two of them: what is refused and what is identified
agree.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from account_world import ACTOR, AccountWorld
from factories import NOW

from models import TrunkProtocol
from services.accounts.account_facts import AccountFacts
from services.accounts.identify_account import CallSource, NotIdentified, identify_account
from services.accounts.save_gateway import create_gateway
from services.store.fields import FieldsRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.1", "10.1.1.2")
ADDRESSES = ("10.0.0.1", "10.1.0.9", "10.1.1.1", "10.1.1.2", "10.1.1.9", "192.0.2.1")
PREFIXES = (None, "7", "77")
NUMBERS = ("442071234567", "7442071234567", "77442071234567")
PORTS = (None, 5062)
PROTOCOLS = ("sip/udp", "sip/tcp")
GATEWAYS = (None, None, "West", "East", "West; East")
CALLER, CALLED = "15550100200", "442071234567"


def by_address(dice: random.Random) -> dict[str, Any]:
    return {
        "addresses": "; ".join(dice.sample(NETWORKS, dice.randint(1, 2))),
        "protocol": dice.choice(PROTOCOLS),
        "port": dice.choice(PORTS),
        "tech_prefix": dice.choice(PREFIXES),
        "gateways": dice.choice(GATEWAYS),
    }


def why_refused(trade: AccountWorld, name: str, values: dict[str, Any]) -> str | None:
    try:
        trade.sender(name, **values)
    except FieldsRefused as refused:
        return str(refused)
    return None


def calls() -> Iterator[CallSource]:
    for address in ADDRESSES:
        for number in NUMBERS:
            for port in (5060, 5062):
                for protocol in PROTOCOLS:
                    yield CallSource(None, address, port, TrunkProtocol(protocol), number, CALLER)


@pytest.mark.parametrize("seed", range(6))
def test_every_call_from_an_address_is_of_one_account_or_of_none(trade: AccountWorld, seed: int) -> None:
    """JA-3, JA-11, JA-28, JA-31, JA-35, JA-51."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    for number, name in enumerate(("West", "East"), 1):
        create_gateway(trade.session, {"name": name, "address": f"10.1.1.{number}"}, ACTOR, NOW)
    told = [why_refused(trade, f"Account {number}", by_address(dice)) for number in range(25)]
    found = [identify_account(trade.session, call) for call in calls()]
    assert NotIdentified.AMBIGUOUS not in found
    assert None in told
    assert any(why is not None for why in told)
    assert all("would match the account" in why for why in told if why is not None)
    assert len({account.account_id for account in found if isinstance(account, AccountFacts)}) > 1


def test_an_account_that_is_saved_is_found_by_its_call(trade: AccountWorld) -> None:
    """JA-3: and no other call is its own."""
    saved = trade.sender(addresses="10.0.0.0/24; 200.200.200.208/28", tech_prefix="77")
    here = CallSource(None, "200.200.200.209", 5060, TrunkProtocol.SIP_UDP, "77442071234567", None)
    found = identify_account(trade.session, here)
    assert isinstance(found, AccountFacts)
    assert (found.account_id, found.tech_prefix) == (saved.id, "77")
    trade.change(saved.id, originator_enabled=False)
    assert identify_account(trade.session, here) is NotIdentified.SWITCHED_OFF
    trade.change(saved.id, originator_enabled=True, tech_prefix="78")
    assert identify_account(trade.session, here) is NotIdentified.UNKNOWN
