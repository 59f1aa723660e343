"""Accounts known by a number behind a gateway that many share (JA-30, JA-35), over a real SIP trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import row
from gateways import CALLER_ID, a_payer, ended_with, gateway_calls, is_answered, let_gateways_in

from models import AniSide, Gateway, IdentBy
from tests.carrier_lines import SHARED

if TYPE_CHECKING:
    from gateways import Payer
    from house import House

pytestmark = pytest.mark.asterisk

BY_SHARED = "by-shared"
CALLED, STRANGER = "9999010010", "37060000009"
SECOND_MICROS = 1_000


@pytest.fixture(scope="module")
def payers(furnished: House) -> dict[str, Payer]:
    """One is known by who calls, one by who is called, and one by a caller who is told apart by a tech prefix."""
    furnished.ensure_server()
    with furnished.look() as session:
        row(session, Gateway, name="Shared", address=SHARED)
    ani = {"ident_by": IdentBy.ANI}
    made = {
        "caller": a_payer(furnished, "", label="caller", numbers=[CALLER_ID], ani_side=AniSide.CALLER, **ani),
        "called": a_payer(furnished, "", label="called", numbers=[CALLED], ani_side=AniSide.CALLED, **ani),
        "prefix": a_payer(furnished, "62", label="prefix", numbers=[CALLER_ID], ani_side=AniSide.CALLER, **ani),
    }
    let_gateways_in(furnished)
    return made


@pytest.mark.parametrize(
    ("caller_id", "number", "whose"),
    [
        (CALLER_ID, "9999010020", "caller"),
        (f"+{CALLER_ID}", "9999010020", "caller"),
        (STRANGER, CALLED, "called"),
        (CALLER_ID, "629999010020", "prefix"),
    ],
)
def test_ja_30_the_number_of_the_caller_or_of_the_called_tells_whose_call_it_is(
    house: House, payers: dict[str, Payer], caller_id: str, number: str, whose: str
) -> None:
    before = {name: (payer.balance_micros(), len(payer.records())) for name, payer in payers.items()}
    with gateway_calls(house, number, by=BY_SHARED, caller_id=caller_id) as call:
        assert ended_with(call) == 16
    house.plant.wait_until_idle()
    for name, payer in payers.items():
        balance, calls = before[name]
        if name != whose:
            assert (payer.balance_micros(), len(payer.records())) == (balance, calls)
            continue
        record = payer.records()[-1]
        assert len(payer.records()) == calls + 1
        assert record.account_id == payer.account_id
        assert record.destination == number.removeprefix("62")
        assert payer.balance_micros() == balance - record.cost_micros == balance - record.talk_seconds * SECOND_MICROS


def test_a_number_that_nobody_has_is_refused_though_its_gateway_is_known(
    house: House, payers: dict[str, Payer]
) -> None:
    before = {name: payer.balance_micros() for name, payer in payers.items()}
    with gateway_calls(house, "9999010020", by=BY_SHARED, caller_id=STRANGER) as call:
        assert ended_with(call) == 21
    assert not is_answered(house, call)
    assert {name: payer.balance_micros() for name, payer in payers.items()} == before
