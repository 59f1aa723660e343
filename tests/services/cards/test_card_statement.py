"""The statement of a card: signs, running balance, and pages that fit together."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, a_world, answered, micros

from billing.states import CardType
from services.audit.audit import Actor, Door
from services.cards.card_statement import LINES_SHOWN_MAX, card_statement
from services.money.adjust_balance import adjust_balance
from services.money.recharge_card import recharge_card

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CLERK = Actor("anna", Door.CONSOLE)


@pytest.fixture
def world(session: Session) -> World:
    world = a_world(session, group={"card_type": CardType.RECHARGEABLE})
    world.call("call-1")
    world.settle(answered("call-1", 60))
    card_id = world.cards[0].card_id
    recharge_card(session, card_id, micros("10.00"), "R-1", CLERK, NOW, UTC)
    adjust_balance(session, card_id, -micros("1.00"), "too much", "T-1", CLERK, NOW)
    return world


def test_each_line_has_its_sign_and_the_balance_after_it(world: World) -> None:
    statement = card_statement(world.session, world.card())
    assert statement.opening_micros == micros("5.00")
    assert [(line.kind.value, line.amount_micros, line.balance_micros) for line in statement.lines] == [
        ("call", -micros("0.06"), micros("4.94")),
        ("recharge", micros("10.00"), micros("14.94")),
        ("adjustment", -micros("1.00"), micros("13.94")),
    ]
    assert statement.closing_micros == world.card().balance_micros == micros("13.94")
    assert [line.call_id for line in statement.lines] == ["call-1", None, None]
    assert statement.lines[2].reason == "too much"
    assert statement.older_before is None


@pytest.mark.parametrize("newest", [1, 2])
def test_pages_fit_together_from_the_newest_back_to_the_opening(world: World, newest: int) -> None:
    card, whole = world.card(), card_statement(world.session, world.card())
    page = card_statement(world.session, card, newest=newest)
    lines, last = list(page.lines), page
    while last.older_before is not None:
        older = card_statement(world.session, card, before=last.older_before, newest=newest)
        assert older.closing_micros == last.opening_micros
        lines, last = [*older.lines, *lines], older
    assert (tuple(lines), last.opening_micros) == (whole.lines, whole.opening_micros)


def test_a_card_without_movements_has_its_value_and_no_line(world: World) -> None:
    statement = card_statement(world.session, world.card(1), newest=LINES_SHOWN_MAX + 1)
    assert (statement.opening_micros, statement.lines, statement.closing_micros) == (micros("5.00"), (), micros("5.00"))
