"""What an operator may do in which state: every pair of states, and every sentence of refusal."""

from __future__ import annotations

from itertools import product

import pytest

from billing.card_acts import CARD_ACTS, SERIES_ACTS, CardAct, CardPosition, SeriesAct, sentence, why_not
from billing.states import CARD_TRANSITIONS, CardStatus, SeriesStatus, may_become

INACTIVE, PENDING, ACTIVATED, USED, EXPIRED, BLOCKED = CardStatus
# features.md 3.2, written once more by hand: the acts that lead from a state (row) to a state (column).
MATRIX: dict[CardStatus, dict[CardStatus, set[CardAct]]] = {
    INACTIVE: {PENDING: {CardAct.RELEASE, CardAct.SELL}, BLOCKED: {CardAct.BLOCK}},
    PENDING: {PENDING: {CardAct.SELL}, INACTIVE: {CardAct.TAKE_BACK}, BLOCKED: {CardAct.BLOCK}},
    ACTIVATED: {BLOCKED: {CardAct.BLOCK}},
    USED: {BLOCKED: {CardAct.BLOCK}},
    EXPIRED: {BLOCKED: {CardAct.BLOCK}},
    BLOCKED: {status: {CardAct.UNBLOCK} for status in (INACTIVE, PENDING, ACTIVATED, USED, EXPIRED)},
}


def leads(act: CardAct, status: CardStatus, to: CardStatus) -> bool:
    if status not in CARD_ACTS[act]:
        return False
    target = CARD_ACTS[act][status]
    return target is to if target is not None else to is not BLOCKED


@pytest.mark.parametrize(("status", "to"), list(product(CardStatus, CardStatus)))
def test_every_pair_of_states_is_reached_by_the_acts_of_the_table(status: CardStatus, to: CardStatus) -> None:
    """V-17, features.md 3.2: 36 pairs."""
    assert {act for act in CardAct if leads(act, status, to)} == MATRIX[status].get(to, set())


@pytest.mark.parametrize(("status", "to"), list(product(CardStatus, CardStatus)))
def test_no_act_leaves_the_table_of_transitions(status: CardStatus, to: CardStatus) -> None:
    """I11; a sale of a card that is ready already moves no state."""
    if MATRIX[status].get(to) and status is not to:
        assert may_become(status, to)
    assert status not in CARD_TRANSITIONS[status]


@pytest.mark.parametrize(
    ("act", "card", "why"),
    [
        (CardAct.RELEASE, CardPosition(PENDING), "pending"),
        (CardAct.RELEASE, CardPosition(INACTIVE, is_sold=True), None),
        (CardAct.SELL, CardPosition(PENDING), None),
        (CardAct.SELL, CardPosition(PENDING, is_sold=True, is_handed_out=True), "already sold"),
        (CardAct.SELL, CardPosition(ACTIVATED), "activated"),
        (CardAct.TAKE_BACK, CardPosition(PENDING), "never sold or released"),
        (CardAct.TAKE_BACK, CardPosition(PENDING, is_handed_out=True), None),
        (CardAct.TAKE_BACK, CardPosition(ACTIVATED, is_sold=True, is_handed_out=True), "activated"),
        (CardAct.BLOCK, CardPosition(BLOCKED), "already blocked"),
        (CardAct.BLOCK, CardPosition(EXPIRED), None),
        (CardAct.UNBLOCK, CardPosition(BLOCKED, is_replaced=True), "replaced"),
        (CardAct.UNBLOCK, CardPosition(BLOCKED), None),
        (CardAct.UNBLOCK, CardPosition(USED), "used"),
    ],
)
def test_what_is_skipped_is_counted_by_its_reason(act: CardAct, card: CardPosition, why: str | None) -> None:
    assert why_not(act, card) == why


@pytest.mark.parametrize(
    ("act", "why", "told"),
    [
        (CardAct.RELEASE, "used", "It is used: only a card that is inactive can be released."),
        (CardAct.SELL, "blocked", "It is blocked: only a card that is inactive or pending can be sold."),
        (CardAct.SELL, "already sold", "It is sold already: take that sale back first."),
        (CardAct.TAKE_BACK, "activated", "It is activated: only a card that is pending can be taken back."),
        (CardAct.TAKE_BACK, "never sold or released", "nothing to take back"),
        (CardAct.BLOCK, "already blocked", "It is blocked already."),
        (CardAct.UNBLOCK, "pending", "It is pending: only a card that is blocked can be unblocked."),
        (CardAct.UNBLOCK, "replaced", "it stays blocked"),
    ],
)
def test_one_card_gets_a_sentence(act: CardAct, why: str, told: str) -> None:
    assert told in sentence(act, why)


def test_a_series_comes_back_from_deletion_stopped() -> None:
    """JC-5 to JC-7."""
    table = {act: {status.value: to.value for status, to in moves.items()} for act, moves in SERIES_ACTS.items()}
    assert table == {
        SeriesAct.ACTIVATE: {"stopped": "active"},
        SeriesAct.STOP: {"active": "stopped", "deleted": "stopped"},
        SeriesAct.DELETE: {"active": "deleted", "stopped": "deleted"},
    }
    assert all(
        status not in moves or moves[status] is not status for moves in SERIES_ACTS.values() for status in SeriesStatus
    )
