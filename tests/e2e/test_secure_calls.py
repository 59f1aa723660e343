"""Card calls and gateways' calls by SIP over TCP and over TLS (JA-47), both ways, charged as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, dialling
from clocks import our_ms
from gateways import a_payer, ended_with, gateway_calls, let_gateways_in
from shelf import Shelf, cards_in_turn

from models import TrunkProtocol

if TYPE_CHECKING:
    from gateways import Payer
    from house import House

    from services.series.create_series import NewCard

pytestmark = pytest.mark.asterisk

ACCESS = "18005550121"
AGREEMENT_MS = 60
PREFIX = "61"  # the same for all three: only the protocol tells them apart
WAYS = {"by-address": TrunkProtocol.SIP_UDP, "by-tcp": TrunkProtocol.SIP_TCP, "by-tls": TrunkProtocol.SIP_TLS}


@pytest.fixture(scope="module")
def cards(furnished: House) -> dict[str, NewCard]:
    """By the carrier that takes their calls: the first one proves itself with a certificate that nobody signed."""
    made = {}
    with furnished.look() as session:
        for place, endpoint in enumerate(("demo.tcp", "demo.tls")):
            access_number = str(int(ACCESS) + place)
            shelf = Shelf(access_number, ("demo.forged", endpoint), series=30 + place, quantity=1)
            (made[endpoint],) = cards_in_turn(furnished, session, shelf)
    return made


@pytest.fixture(scope="module")
def payers(furnished: House) -> dict[str, Payer]:
    """Of one address and one tech prefix, each with a protocol of its own (JA-11, JA-51)."""
    furnished.ensure_server()
    made = {by: a_payer(furnished, PREFIX, label=by, protocol=protocol) for by, protocol in WAYS.items()}
    let_gateways_in(furnished)
    return made


@pytest.mark.parametrize(("way", "place"), [("tcp", 0), ("tls", 1)])
def test_ja_47_a_card_call_comes_and_goes_by_tcp_and_by_tls(
    house: House, cards: dict[str, NewCard], way: str, place: int
) -> None:
    card = cards[f"demo.{way}"]
    with dialling(house, str(int(ACCESS) + place), line=f"platform-{way}") as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999010020#")
        call_id = caller.talks()
        caller.is_asked(ASK_NUMBER)
    record = house.record(call_id)
    tried = [(route["route"], route["dial_status"]) for route in record.tried]
    assert tried == [("demo.forged", "CHANUNAVAIL"), (f"demo.{way}", "ANSWER")]
    assert record.talk_seconds == 2
    assert abs(record.talk_ms - our_ms(house.plant, call_id)) < AGREEMENT_MS
    assert house.balance_micros(card) == 5_000_000 - record.cost_micros < 5_000_000


@pytest.mark.parametrize("by", WAYS)
def test_ja_11_ja_51_accounts_of_one_address_are_told_apart_by_their_protocol(
    house: House, payers: dict[str, Payer], by: str
) -> None:
    with gateway_calls(house, f"{PREFIX}9999010010", by=by) as call:
        assert ended_with(call) == 16
    record = payers[by].record()
    assert (record.destination, record.talk_seconds) == ("9999010010", 1)
    assert payers[by].balance_micros() == 5_000_000 - record.cost_micros < 5_000_000
