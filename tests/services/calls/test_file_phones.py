"""Bound phones know series and distributor of their cards: from the binding on, through sales, or filed later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, World, a_series, a_world, at_once, row
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from billing.card_acts import CardAct
from billing.rights import Role
from billing.states import CardStatus
from models import CallerIdBinding, Card, CardSeries, Distributor, Reseller
from services.audit.audit import Actor, Door
from services.calls.bind_caller_id import bind_caller_id
from services.calls.file_phones import are_phones_filed, file_phones
from services.cards.card_facts import get_card
from services.cards.card_order import CardOrder, Sale
from services.cards.card_range import CardRange
from services.cards.card_rows import phone_rows
from services.cards.change_card import bind_phone
from services.cards.change_card_state import change_cards
from services.cards.replace_card import replace_card
from services.operators.save_operator import OperatorRole, create_operator
from services.series.create_series import create_series

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from services.operators.operator_facts import OperatorFacts

DESK = Actor("desk", Door.CLI)
PHONE_1, PHONE_2, PHONE_3 = "15550101", "15550102", "15550103"


@pytest.fixture
def kiosk(session: Session, trade: World) -> int:
    del trade
    return row(session, Distributor, name="Kiosk", sees_pins=False, is_enabled=True)


@pytest.fixture
def trade(session: Session) -> World:
    """Cards nobody has sold yet, of a product whose callers may be known by their phones."""
    unsold = {"initial_card_status": CardStatus.INACTIVE}
    return a_world(session, plan={"pinless_enabled": True}, group={"pinless_allowed": True}, series=unsold)


def test_a_phone_bound_by_a_call_or_an_operator_knows_series_and_distributor(
    session: Session, trade: World, kiosk: int
) -> None:
    sell(session, trade, kiosk)
    bind_caller_id(session, PHONE_1, trade.card(0), NOW, "ivr")
    bind_phone(session, trade.card(1), f"+{PHONE_2}", DESK, NOW)
    assert copies(session) == {PHONE_1: (trade.series_id, kiosk), PHONE_2: (trade.series_id, kiosk)}
    assert are_phones_filed(session)
    assert file_phones(session) == 0


def test_a_card_that_is_sold_or_taken_back_takes_its_phone_along(session: Session, trade: World, kiosk: int) -> None:
    bind_phone(session, trade.card(0), PHONE_1, DESK, NOW)
    assert copies(session) == {PHONE_1: (trade.series_id, None)}
    sell(session, trade, kiosk)
    assert copies(session) == {PHONE_1: (trade.series_id, kiosk)}
    change_cards(session, CardOrder(CardAct.BLOCK, CardRange(trade.series_id), reason="lost"), DESK, NOW)
    change_cards(session, CardOrder(CardAct.UNBLOCK, CardRange(trade.series_id)), DESK, NOW)
    assert copies(session) == {PHONE_1: (trade.series_id, kiosk)}
    trade.set_card(status=CardStatus.PENDING, activated_at=None)
    change_cards(session, CardOrder(CardAct.TAKE_BACK, CardRange(trade.series_id)), DESK, NOW)
    assert copies(session) == {PHONE_1: (trade.series_id, None)}


def test_the_phone_of_a_replaced_card_is_filed_under_the_other_series(
    session: Session, trade: World, kiosk: int
) -> None:
    terms = a_series(trade.group_id, trade.rate_table_id, number=2, quantity=1)
    other = get_card(session, create_series(session, KEYS, terms, NOW)[0].card_id)
    sell(session, trade, kiosk)
    trade.set_card(status=CardStatus.ACTIVATED, activated_at=NOW)
    bind_caller_id(session, PHONE_1, trade.card(), NOW, "ivr")
    replace_card(session, trade.cards[0].card_id, other.card_id, "lost", DESK, NOW)
    assert copies(session) == {PHONE_1: (other.series.id, None)}
    assert other.series.id != trade.series_id


def test_a_sale_and_a_call_at_once_leave_the_phone_with_the_card(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, group={"pinless_allowed": True}, series={"initial_card_status": CardStatus.INACTIVE})
        kiosk = row(session, Distributor, name="Kiosk", sees_pins=False, is_enabled=True)
        card = world.card()
        session.commit()
        for _ in range(5):
            works = [
                lambda other: sell(other, world, kiosk),
                lambda other: bind_caller_id(other, PHONE_1, card, NOW, "ivr"),
            ]
            at_once(engine, works)
            assert copies(session) == {PHONE_1: (world.series_id, kiosk)}
            change_cards(session, CardOrder(CardAct.TAKE_BACK, CardRange(world.series_id)), DESK, NOW)
            session.execute(delete(CallerIdBinding))
            session.commit()


def test_phones_of_an_older_release_are_listed_before_and_after_they_are_filed(
    session: Session, trade: World, kiosk: int
) -> None:
    sell(session, trade, kiosk, CardRange.one(trade.card(0)))
    owner_id = row(session, Reseller, name="Reseller 1", is_enabled=True)
    trade.set(CardSeries, trade.series_id, reseller_id=owner_id)
    for place, phone in enumerate((PHONE_1, PHONE_2)):
        bind_caller_id(session, phone, trade.card(place), NOW, "ivr")
    reseller = operator(session, Role.RESELLER, "Reseller 1")
    distributor = operator(session, Role.DISTRIBUTOR, "Kiosk")
    listed = {reseller.id: {PHONE_1, PHONE_2}, distributor.id: {PHONE_1}}

    session.execute(update(CallerIdBinding).values(series_id=None, distributor_id=None))
    assert not are_phones_filed(session)
    assert {one.id: seen(session, one) for one in (reseller, distributor)} == listed
    assert [file_phones(session, 1), file_phones(session, 5), file_phones(session)] == [1, 1, 0]
    assert copies(session) == {PHONE_1: (trade.series_id, kiosk), PHONE_2: (trade.series_id, None)}
    assert {one.id: seen(session, one) for one in (reseller, distributor)} == listed


def test_a_distributor_never_sees_the_phone_of_a_card_that_is_not_its_own(
    session: Session, trade: World, kiosk: int
) -> None:
    """An older release took the card back and did not know of the copy."""
    sell(session, trade, kiosk)
    bind_caller_id(session, PHONE_1, trade.card(), NOW, "ivr")
    distributor = operator(session, Role.DISTRIBUTOR, "Kiosk")
    assert seen(session, distributor) == {PHONE_1}
    trade.set_card(distributor_id=None)
    assert seen(session, distributor) == set()


def test_a_reseller_sees_the_phones_of_all_its_series_and_no_other(session: Session, trade: World) -> None:
    owner_id = row(session, Reseller, name="Reseller 1", is_enabled=True)
    reseller = operator(session, Role.RESELLER, "Reseller 1")
    bind_caller_id(session, PHONE_1, trade.card(), NOW, "ivr")
    assert seen(session, reseller) == set()
    for number, phone in ((2, PHONE_2), (3, PHONE_3)):
        terms = a_series(trade.group_id, trade.rate_table_id, number=number, quantity=1, reseller_id=owner_id)
        card = get_card(session, create_series(session, KEYS, terms, NOW)[0].card_id)
        bind_caller_id(session, phone, card, NOW, "ivr")
    assert seen(session, reseller) == {PHONE_2, PHONE_3}
    trade.set(CardSeries, trade.series_id, reseller_id=owner_id)
    assert seen(session, reseller) == {PHONE_1, PHONE_2, PHONE_3}


def sell(session: Session, world: World, distributor_id: int, cards: CardRange | None = None) -> None:
    sale = Sale(distributor_id=distributor_id)
    change_cards(session, CardOrder(CardAct.SELL, cards or CardRange(world.series_id), sale=sale), DESK, NOW)


def copies(session: Session) -> dict[str, tuple[int | None, int | None]]:
    """And each is what the card says, once it is filed."""
    session.expire_all()
    binding = CallerIdBinding
    query = select(binding.caller_id, binding.series_id, binding.distributor_id, Card.series_id, Card.distributor_id)
    rows = session.execute(query.join(Card, Card.id == binding.card_id)).all()
    assert [tuple(found[1:3]) for found in rows] == [tuple(found[3:5]) for found in rows]
    return {phone: (series_id, distributor_id) for phone, series_id, distributor_id, *_ in rows}


def operator(session: Session, role: Role, whose: str) -> OperatorFacts:
    return create_operator(session, role.value, OperatorRole(role, whose), DESK, NOW)


def seen(session: Session, who: OperatorFacts) -> set[str]:
    """And as many are counted."""
    phones = {found.caller_id for found in session.execute(phone_rows(session, who))}
    assert len(session.execute(phone_rows(session, who, is_count=True)).all()) >= len(phones)
    return phones
