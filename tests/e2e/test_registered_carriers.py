"""A carrier without a fixed address: its gateway registers with us by its login, calls go to where it is (JA-29)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, dialling
from gateways import let_gateways_in
from shelf import Shelf, account_of, cards_in_turn
from sqlalchemy import update

from models import Account, IdentBy
from services.accounts.sealed_password import seal_password
from services.keys.pin_keys import load_pin_keys
from telephony.trunk_states import Reach, trunk_states
from telephony.trunks import Trunk
from tests.asterisk_fixtures import wait_for
from tests.carrier_lines import more_pjsip

if TYPE_CHECKING:
    from house import House

    from services.series.create_series import NewCard

pytestmark = pytest.mark.asterisk

ACCESS = "18005550123"
ENDPOINT, LOGIN, PASSWORD = "field.gsm", "gsm-7", "of-the-gateway"
SECONDS_MAX = 30
GATEWAY_REGISTERS = """
[field](demo)
[field]
type = identify
endpoint = field
match_header = To: /[@:]127\\.0\\.0\\.[15][:>]/
[field]
type = auth
auth_type = userpass
username = {login}
password = {password}
[field]
type = registration
transport = gateway-line
outbound_auth = field
server_uri = sip:127.0.0.1:{port}
client_uri = sip:{login}@127.0.0.1:{port}
"""
RELOADS = (
    "module reload res_pjsip.so",
    "module reload res_pjsip_endpoint_identifier_ip.so",
    "module reload res_pjsip_outbound_registration.so",
)


@pytest.fixture(scope="module")
def cards(furnished: House) -> list[NewCard]:
    """Their calls go to the gateway in the field, and to another carrier if that is not there."""
    with furnished.look() as session:
        cards = cards_in_turn(furnished, session, Shelf(ACCESS, (ENDPOINT, "demo.second"), series=33, quantity=2))
        account_id = account_of(session, ENDPOINT)
        sealed = seal_password(load_pin_keys(furnished.state / "keys.json"), account_id, PASSWORD)
        known = {"name": LOGIN, "name_key": LOGIN, "ident_by": IdentBy.NAME}
        session.execute(update(Account).where(Account.id == account_id).values(**known, **sealed))
    let_gateways_in(furnished)
    return cards


def reach(house: House) -> Reach:
    (state,) = trunk_states(house.plant.platform.console, [Trunk(ENDPOINT, "", found_as=LOGIN)])
    return state.reach


def routes_of_a_call(house: House, card: NewCard) -> list[tuple[str, str]]:
    with dialling(house, ACCESS) as caller:
        caller.answers(ASK_PIN, card.pin)
        caller.answers(ASK_NUMBER, "9999010010#")
        call_id = caller.talks()
        caller.is_asked(ASK_NUMBER)
    return [(route["route"], route["dial_status"]) for route in house.record(call_id).tried]


def test_ja_29_ja_32_calls_go_to_where_the_carriers_gateway_registered(house: House, cards: list[NewCard]) -> None:
    assert reach(house) is Reach.NOT_REGISTERED
    assert routes_of_a_call(house, cards[0]) == [(ENDPOINT, "CHANUNAVAIL"), ("demo.second", "ANSWER")]
    port = house.plant.platform.instance.sip_port
    text = GATEWAY_REGISTERS.format(login=LOGIN, password=PASSWORD, port=port)
    with more_pjsip(house.plant.carrier, text, *RELOADS):
        wait_for(lambda: reach(house) is Reach.ANSWERS, SECONDS_MAX)
        assert routes_of_a_call(house, cards[1]) == [(ENDPOINT, "ANSWER")]
