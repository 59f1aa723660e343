"""Carriers with few lines on real Asterisk: a call claims one as it moves on, another call takes the next carrier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from caller import ASK_NUMBER, ASK_PIN, Caller, dialling
from factories import a_rate_table, row, shared
from house import RATES
from shelf import Shelf, account_of, cards_in_turn
from sqlalchemy import select, update

from billing.routing_plan import RoutingStrategy
from models import Account, AccountLoad, AccountNumber, CallerIdMode, NumberUse
from services.routing.deck_revision import touch_deck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from house import House
    from sqlalchemy.orm import Session

    from services.series.create_series import NewCard

pytestmark = pytest.mark.asterisk

FEW_LINES, CHEAPEST_FULL = "18005550120", "18005550124"
IN_TURN = ("demo.cheap", "demo.dear", "demo.second")  # the first refuses every call
POOL = ("15559990001", "15559990002")
SECONDS_CARRIERS_COST, DEARS_COST = 550, 750  # micros of a second of a test number


@pytest.fixture
def cards(house: House) -> Iterator[list[NewCard]]:
    """Cards whose calls go to these three in turn; the second has one line, and a pool of caller ids."""
    with house.look() as session:
        cards = _furnish(session, house)
    yield cards
    with house.look() as session:
        _terms(session, terminator_capacity=None, caller_id_mode=CallerIdMode.PASSED)


def _furnish(session: Session, house: House) -> list[NewCard]:
    cards = cards_in_turn(house, session, Shelf(FEW_LINES, IN_TURN, series=20))
    _terms(session, terminator_capacity=1, caller_id_mode=CallerIdMode.POOL_POLLED)
    for number in POOL:
        row(session, AccountNumber, account_id=account_of(session, "demo.dear"), use=NumberUse.SHOWN, number=number)
    return cards


def _terms(session: Session, **values: object) -> None:
    session.execute(update(Account).where(Account.endpoint == "demo.dear").values(values))
    touch_deck(session)


def lines_of_dear(house: House) -> int:
    with house.look() as session:
        query = select(AccountLoad.terminating).join(Account, Account.id == AccountLoad.account_id)
        return session.scalars(query.where(Account.endpoint == "demo.dear")).one_or_none() or 0


def goes_to(caller: Caller, card: NewCard) -> str:
    """The call is up; its id."""
    caller.answers(ASK_PIN, card.pin)
    caller.answers(ASK_NUMBER, "9999000000#")
    return caller.talks()


def test_of_two_calls_at_once_one_has_the_line_and_the_other_the_next_carrier(
    house: House, cards: list[NewCard]
) -> None:
    """JA-46; features.md 2f: the record has the route that answered, and its own price."""
    with dialling(house, FEW_LINES) as first:
        one = goes_to(first, cards[0])
        assert lines_of_dear(house) == 1
        with dialling(house, FEW_LINES) as second:
            two = goes_to(second, cards[1])
            assert lines_of_dear(house) == 1
    records = [house.record(call_id) for call_id in (one, two)]
    tried = [[route["route"] for route in record.tried] for record in records]
    assert [record.passed_over for record in records] == [None, [{"route": "demo.dear", "reason": "full"}]]
    assert tried == [["demo.cheap", "demo.dear"], ["demo.cheap", "demo.second"]]
    costs = [record.buy_cost_micros // record.talk_seconds for record in records]
    assert costs == [DEARS_COST, SECONDS_CARRIERS_COST]
    assert lines_of_dear(house) == 0
    with dialling(house, FEW_LINES) as third:
        three = goes_to(third, cards[2])
    assert [route["route"] for route in house.record(three).tried] == ["demo.cheap", "demo.dear"]
    assert lines_of_dear(house) == 0


def test_ja_46_the_cheapest_carrier_is_full_in_mid_flow_and_used_again_when_its_call_is_over(house: House) -> None:
    """By least cost: the second caller goes to the next carrier, and his record says why."""
    cheapest_first = ("demo.tcp", "demo.tls")
    with house.look() as session:
        shelf = Shelf(CHEAPEST_FULL, cheapest_first, series=21, strategy=RoutingStrategy.LEAST_COST)
        first_card, second_card, third_card = cards_in_turn(house, session, shelf)
        dearer = a_rate_table(session, "Buy a little dearer", shared(RATES, 45))
        terms = {"demo.tcp": {"terminator_capacity": 1}, "demo.tls": {"terminator_rate_table_id": dearer}}
        for endpoint, values in terms.items():
            session.execute(update(Account).where(Account.endpoint == endpoint).values(values))
        touch_deck(session)
    with dialling(house, CHEAPEST_FULL) as first:
        one = goes_to(first, first_card)
        with dialling(house, CHEAPEST_FULL) as second:
            two = goes_to(second, second_card)
        assert routes_of(house, two) == (["demo.tls"], [{"route": "demo.tcp", "reason": "full"}])
    assert routes_of(house, one) == (["demo.tcp"], None)
    with dialling(house, CHEAPEST_FULL) as third:
        three = goes_to(third, third_card)
    assert routes_of(house, three) == (["demo.tcp"], None)


def routes_of(house: House, call_id: str) -> tuple[list[str], list[dict[str, str]] | None]:
    """Dialled, and passed over."""
    record = house.record(call_id)
    return [route["route"] for route in record.tried], record.passed_over
