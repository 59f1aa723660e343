"""Phones and cards: the eight steps of MOR in both settings, and phones that race for a card."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, NOW, World, a_group, a_series, a_world, at_once
from sqlalchemy import insert, select

from billing.refusals import Refusal
from billing.states import CardStatus
from models import CallerIdBinding, CallerIdBindingEvent, IvrPlanGroup
from services.calls.bind_caller_id import BindOutcome, bind_caller_id, unbind_caller_id
from services.calls.identify_card import Identified, NotAccepted, check_bound_card
from services.series.create_series import create_series

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

PINLESS = {"pinless_enabled": True}
PHONE_1, PHONE_2, PHONE_3 = "15550101", "15550102", "15550103"


def bind(world: World, phone: str, place: int = 0) -> BindOutcome:
    return bind_caller_id(world.session, phone, world.card(place), NOW, "ivr")


def bound(world: World) -> dict[str, int]:
    """Phone -> place of its card."""
    places = {card.card_id: place for place, card in enumerate(world.cards)}
    rows = world.session.execute(select(CallerIdBinding.caller_id, CallerIdBinding.card_id))
    return {phone: places[card_id] for phone, card_id in rows}


def history(world: World) -> list[tuple[str, int, str]]:
    event = CallerIdBindingEvent
    rows = world.session.execute(select(event.caller_id, event.card_id, event.act).order_by(event.id))
    places = {card.card_id: place for place, card in enumerate(world.cards)}
    return [(phone, places[card_id], act.value) for phone, card_id, act in rows]


def is_asked(world: World, phone: str) -> bool:
    return check_bound_card(world.session, world.access(), phone, NOW) is None


def pinless_world(session: Session, **group: object) -> World:
    return a_world(session, plan=PINLESS, group={"pinless_allowed": True, **group})


def test_the_newest_phone_takes_the_card(session: Session) -> None:
    """M-35 to M-42, deny double use off (M-34)."""
    world = pinless_world(session)
    assert is_asked(world, PHONE_1)
    assert bind(world, PHONE_1) is BindOutcome.BOUND
    assert not is_asked(world, PHONE_1)
    assert is_asked(world, PHONE_2)
    assert bind(world, PHONE_2) is BindOutcome.BOUND
    assert bound(world) == {PHONE_2: 0}
    assert not is_asked(world, PHONE_2)
    assert is_asked(world, PHONE_1)
    assert bind(world, PHONE_1) is BindOutcome.BOUND
    assert bound(world) == {PHONE_1: 0}
    assert history(world) == [
        (PHONE_1, 0, "bound"),
        (PHONE_1, 0, "unbound"),
        (PHONE_2, 0, "bound"),
        (PHONE_2, 0, "unbound"),
        (PHONE_1, 0, "bound"),
    ]


def test_with_deny_double_use_the_card_keeps_its_phone(session: Session) -> None:
    """M-34 on, the right column of features.md 3.10: the call of the second phone goes on, unbound."""
    world = pinless_world(session, pinless_deny_double_use=True)
    assert bind(world, PHONE_1) is BindOutcome.BOUND
    assert not is_asked(world, PHONE_1)
    assert is_asked(world, PHONE_2)
    assert bind(world, PHONE_2) is BindOutcome.DENIED
    assert is_asked(world, PHONE_2)
    assert not is_asked(world, PHONE_1)
    assert bind(world, PHONE_1) is BindOutcome.ALREADY_BOUND
    assert history(world) == [(PHONE_1, 0, "bound")]


def test_a_denied_phone_keeps_the_card_it_had(session: Session) -> None:
    world = pinless_world(session, pinless_deny_double_use=True)
    bind(world, PHONE_1, 0)
    bind(world, PHONE_2, 1)
    assert bind(world, PHONE_2, 0) is BindOutcome.DENIED
    assert bound(world) == {PHONE_1: 0, PHONE_2: 1}


def test_a_repeat_changes_nothing(session: Session) -> None:
    world = pinless_world(session)
    bind(world, PHONE_1)
    assert bind(world, PHONE_1) is BindOutcome.ALREADY_BOUND
    assert history(world) == [(PHONE_1, 0, "bound")]


def test_a_new_card_takes_the_phone_of_an_empty_one(session: Session) -> None:
    """M-30."""
    world = pinless_world(session)
    bind(world, PHONE_1, 0)
    world.set_card(status=CardStatus.USED, activated_at=NOW)
    answer = check_bound_card(session, world.access(), PHONE_1, NOW)
    assert isinstance(answer, NotAccepted)
    assert answer.refusal is Refusal.CARD_USED_UP
    assert bind(world, PHONE_1, 1) is BindOutcome.BOUND
    assert bound(world) == {PHONE_1: 1}


def test_a_phone_has_one_card_even_between_groups(session: Session) -> None:
    """M-43: the new binding replaces that of the other group."""
    world = pinless_world(session)
    other_id = a_group(session, name="Other", pinless_allowed=True)
    session.execute(insert(IvrPlanGroup).values(ivr_plan_id=world.plan_id, card_group_id=other_id))
    cards = create_series(session, KEYS, a_series(other_id, world.rate_table_id, number=2, quantity=1), NOW)
    world.cards.extend(cards)
    bind(world, PHONE_1, 0)
    assert bind(world, PHONE_1, 2) is BindOutcome.BOUND
    assert bound(world) == {PHONE_1: 2}


def test_a_bound_phone_is_identified_without_a_pin(session: Session) -> None:
    world = pinless_world(session)
    bind(world, PHONE_1, 1)
    answer = check_bound_card(session, world.access(), PHONE_1, NOW)
    assert isinstance(answer, Identified)
    assert answer.card.card_id == world.cards[1].card_id


@pytest.mark.parametrize("off", ["plan", "group", "not accepted"])
def test_pinless_needs_plan_and_group(session: Session, off: str) -> None:
    """M-28: switched off in either, or a group that the plan does not accept, the phone counts as not bound."""
    world = a_world(
        session,
        plan={"pinless_enabled": off != "plan"},
        group={"pinless_allowed": off != "group"},
    )
    bind(world, PHONE_1)
    if off == "not accepted":
        session.execute(IvrPlanGroup.__table__.delete())
        other_id = a_group(session, name="Other", pinless_allowed=True)
        session.execute(insert(IvrPlanGroup).values(ivr_plan_id=world.plan_id, card_group_id=other_id))
    assert is_asked(world, PHONE_1)


def test_a_phone_is_freed_from_its_own_card_only(session: Session) -> None:
    world = pinless_world(session)
    bind(world, PHONE_1, 0)
    assert not unbind_caller_id(session, PHONE_1, world.cards[1].card_id, NOW, "portal")
    assert unbind_caller_id(session, PHONE_1, world.cards[0].card_id, NOW + timedelta(1), "portal")
    assert bound(world) == {}
    assert history(world)[-1] == (PHONE_1, 0, "unbound")


def test_phones_that_race_for_a_card_leave_it_one(engine: Engine, committed_world: World) -> None:
    """Each gets an answer, the last one keeps the card, and the history tells the same story as the table."""
    phones = [f"1555020{number}" for number in range(8)]
    for _ in range(3):
        outcomes = at_once(engine, [lambda s, phone=phone: bind(committed_world.on(s), phone) for phone in phones])
        assert set(outcomes) <= {BindOutcome.BOUND, BindOutcome.ALREADY_BOUND}
        [(phone, place)] = bound(committed_world).items()
        assert place == 0
        acts = history(committed_world)
        assert acts[-1] == (phone, 0, "bound")
        assert [act for *_, act in acts] == ["bound", *["unbound", "bound"] * (len(acts) // 2)]
        committed_world.session.rollback()


def test_a_phone_that_loses_a_race_keeps_the_card_it_had(engine: Engine, committed_world: World) -> None:
    """Two phones swap their cards at once, again and again: nobody is left without a phone, and none has two."""
    world = committed_world
    bind(world, PHONE_1, 0)
    bind(world, PHONE_2, 1)
    world.session.commit()
    swaps = [(PHONE_1, 1), (PHONE_2, 0), (PHONE_1, 0), (PHONE_3, 1)]
    for _ in range(5):
        at_once(engine, [lambda s, swap=swap: bind(world.on(s), *swap) for swap in swaps])
        places = bound(world)
        assert len(set(places.values())) == len(places)
        newest = {place: phone for phone, place, act in history(world) if act == "bound"}
        assert all(newest[place] == phone for phone, place in places.items())
        standing: dict[str, int] = {}
        for phone, place, act in history(world):
            if act == "bound":
                assert phone not in standing
                assert place not in standing.values()
                standing[phone] = place
            else:
                assert standing.pop(phone) == place
        assert standing == places
        world.session.rollback()


def test_a_phone_that_waited_for_another_still_takes_the_card(engine: Engine, committed_world: World) -> None:
    """The loser of the race had a card of its own: it must not lose that and get nothing."""
    world = committed_world
    bind(world, PHONE_2, 1)
    world.session.commit()
    for _ in range(5):
        outcomes = at_once(engine, [lambda s: bind(world.on(s), PHONE_1, 0), lambda s: bind(world.on(s), PHONE_2, 0)])
        assert outcomes == [BindOutcome.BOUND, BindOutcome.BOUND]
        assert bound(world) in ({PHONE_1: 0}, {PHONE_2: 0})
        bind(world, PHONE_2, 1)
        unbind_caller_id(world.session, PHONE_1, world.cards[0].card_id, NOW, "test")
        world.session.commit()
