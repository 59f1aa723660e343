"""A new last day: by a recharge, by an operator, by new rules of the series; and which of them gave it (V-23)."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW, a_world, micros
from old_cards import (
    ANNA,
    END,
    GRACE_END,
    JOB,
    MINUTE,
    NEW_YEAR,
    VILNIUS,
    VOS,
    activate,
    credit,
    expire,
    heard,
    ids,
    lapse,
    lapses,
    local,
    state,
    vos,
)
from sqlalchemy import select

from billing.refusals import Refusal
from billing.states import CardStatus, CardType, ExpiryGivenBy, RechargeExtends
from models import AuditEntry
from services.cards.explain_expiry import ExpiryRule, explain_expiry
from services.cards.revive_card import ReviveRefused, revive_by_operator, revive_by_recharge
from services.series.recompute_expiry import recompute_expiry
from services.upkeep.charge_fees import book_due_fees

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

RECHARGEABLE = {"card_type": CardType.RECHARGEABLE}


@pytest.mark.parametrize(
    ("extends", "last"),
    [(RechargeExtends.FROM_NOW, date(2026, 3, 7)), (RechargeExtends.FROM_OLD_DATE, date(2026, 3, 2))],
)
def test_a_recharge_in_grace_revives_the_card(session: Session, extends: RechargeExtends, last: date) -> None:
    """V-14: on 5 February; from now, or from 31 January."""
    world = vos(session, RECHARGEABLE, recharge_extends_expiry=extends)
    expire(world, END)
    now = local(date(2026, 2, 5)) + timedelta(hours=9)
    dates = revive_by_recharge(session, ids(world)[0], now, VILNIUS)
    assert (dates.status, dates.is_expired) == (CardStatus.ACTIVATED, False)
    assert dates.expires_at == local(last + timedelta(days=1))
    assert dates.grace_ends_at == local(last + timedelta(days=8))
    assert heard(world, now) is None
    assert explain_expiry(session, ids(world)[0], VILNIUS).rule is ExpiryRule.RECHARGE
    assert state(world) == (CardStatus.ACTIVATED, None)


@pytest.mark.parametrize("extends", RechargeExtends)
def test_a_recharge_after_the_grace_revives_nothing(session: Session, extends: RechargeExtends) -> None:
    world = vos(session, RECHARGEABLE, recharge_extends_expiry=extends)
    lapse(world, GRACE_END)
    dates = revive_by_recharge(session, ids(world)[0], GRACE_END, VILNIUS)
    assert (dates.status, dates.is_expired, dates.expires_at) == (CardStatus.EXPIRED, True, END)


def test_a_series_that_says_no_keeps_its_dates(session: Session) -> None:
    world = vos(session, RECHARGEABLE)
    assert revive_by_recharge(session, ids(world)[0], END - MINUTE, VILNIUS).expires_at == END
    assert revive_by_recharge(session, ids(world)[0], END, VILNIUS).is_expired


def test_a_recharge_before_the_expiry_lengthens_the_life(session: Session) -> None:
    world = vos(session, RECHARGEABLE, recharge_extends_expiry=RechargeExtends.FROM_OLD_DATE)
    dates = revive_by_recharge(session, ids(world)[0], NEW_YEAR, VILNIUS)
    assert dates.expires_at == local(date(2026, 3, 3))


def test_a_card_that_no_one_used_keeps_its_date_when_it_is_recharged(session: Session) -> None:
    series = {**VOS, "recharge_extends_expiry": RechargeExtends.FROM_NOW, "expiry_date": date(2026, 12, 31)}
    world = a_world(session, group=RECHARGEABLE, series=series)
    before = world.card().expires_at
    assert revive_by_recharge(session, ids(world)[0], NOW, UTC).expires_at == before
    assert explain_expiry(session, ids(world)[0], UTC).rule is ExpiryRule.SERIES_DATE


def test_an_operators_date_revives_a_card_even_after_its_grace(session: Session) -> None:
    """features.md 3.2; what has lapsed stays lapsed, and the new date brings a new lapse."""
    world = vos(session)
    lapse(world, GRACE_END)
    now = GRACE_END + timedelta(days=10)
    dates = revive_by_operator(session, ids(world)[0], date(2026, 6, 30), ANNA, now, VILNIUS)
    assert (dates.status, dates.expires_at) == (CardStatus.ACTIVATED, local(date(2026, 7, 1)))
    assert (heard(world, now), world.wallet()[0]) == (Refusal.CARD_USED_UP, 0)
    credit(world, micros("2.00"), now)
    assert heard(world, now) is None
    lapse(world, local(date(2026, 7, 8)))
    assert [reference.rsplit(":", 1)[1] for reference, _ in lapses(world)] == ["2026-02-07", "2026-07-07"]
    assert world.is_proved()
    note = session.scalars(select(AuditEntry)).one()
    assert (note.act, note.actor, note.before) == (
        "card.date_given",
        "anna",
        {"status": "expired", "valid_through": "2026-01-31"},
    )
    assert note.after == {"status": "activated", "valid_through": "2026-06-30"}


def test_an_operators_date_is_today_or_later(session: Session) -> None:
    world = vos(session)
    now = local(date(2026, 2, 5))
    for day in (date(2026, 2, 4), date.max):
        with pytest.raises(ReviveRefused, match="give one from 2026-02-05 to"):
            revive_by_operator(session, ids(world)[0], day, ANNA, now, VILNIUS)
    assert not revive_by_operator(session, ids(world)[0], date(2026, 2, 5), ANNA, now, VILNIUS).is_expired


def test_an_operators_date_outlives_the_activation(session: Session) -> None:
    """V-23: the date that an operator gave to a card before its first call is not overwritten by that call."""
    world = a_world(session, series=VOS)
    revive_by_operator(session, ids(world)[0], date(2026, 12, 31), ANNA, NEW_YEAR.astimezone(UTC), VILNIUS)
    activate(world, NEW_YEAR)
    assert world.card().expires_at == local(date(2027, 1, 1))
    assert world.card().grace_ends_at == local(date(2027, 1, 8))


def test_the_time_between_expiry_and_revival_is_never_charged(session: Session) -> None:
    """features.md 3.6: periods end at expiry."""
    world = vos(session, maintenance_fee_micros=micros("0.10"), maintenance_every_hours=24)
    now = local(date(2026, 2, 5)) + timedelta(hours=9)
    revive_by_operator(session, ids(world)[0], date(2026, 6, 30), ANNA, now, VILNIUS)
    assert len([kind for kind, *_ in world.ledger() if kind == "maintenance_fee"]) == 30
    book_due_fees(session, ids(world), JOB, now + timedelta(days=1))
    periods = [int(reference.rsplit(":", 1)[1]) for kind, reference, _ in world.ledger() if kind == "maintenance_fee"]
    assert periods == [*range(1, 31), 35]
    assert world.is_proved()


def test_a_series_with_new_rules_rewrites_its_cards(session: Session) -> None:
    world = vos(session, quantity=3)
    given = {"expires_at": local(date(2026, 5, 1)), "expiry_given_by": ExpiryGivenBy.OPERATOR}
    world.set_card(1, status=CardStatus.ACTIVATED, activated_at=NEW_YEAR, **given)
    now = END + timedelta(hours=1)
    expire(world, now)
    world.set_series(expiry_period_days=60, expiry_grace_days=10, expiry_date=date(2026, 12, 31))
    assert recompute_expiry(session, world.series_id, now, VILNIUS) == 3
    assert (state(world), world.card().expires_at) == ((CardStatus.ACTIVATED, None), local(date(2026, 3, 3)))
    assert (world.card(1).expires_at, world.card(1).grace_ends_at) == (
        local(date(2026, 5, 1)),
        local(date(2026, 5, 11)),
    )
    assert (state(world, 2)[0], world.card(2).expires_at) == (CardStatus.PENDING, local(date(2027, 1, 1)))
    assert recompute_expiry(session, world.series_id, now, VILNIUS) == 0
    world.set_series(expiry_period_days=None, expiry_date=None)
    recompute_expiry(session, world.series_id, now, VILNIUS)
    assert (world.card().expires_at, world.card().grace_ends_at) == (None, None)
    assert explain_expiry(session, ids(world)[0], VILNIUS).rule is ExpiryRule.NONE


def test_the_card_page_tells_which_rule_gave_the_date(session: Session) -> None:
    """V-23."""
    world = a_world(session, series=VOS)
    card_id = ids(world)[0]
    told = explain_expiry(session, card_id, VILNIUS)
    assert (told.rule, told.last_day) == (ExpiryRule.NOT_YET, None)
    assert told.sentence == "This card has no date yet: its 30 days begin when it is activated."
    activate(world, NEW_YEAR)
    told = explain_expiry(session, card_id, VILNIUS)
    assert (told.rule, told.last_day, told.last_day_by_period) == (
        ExpiryRule.PERIOD,
        date(2026, 1, 31),
        date(2026, 1, 31),
    )
    assert told.sentence == (
        "Valid through 2026-01-31 (Europe/Vilnius): 30 days from its activation on 2026-01-01. "
        "What is left is kept through 2026-02-07."
    )
    world.set_series(expiry_date=date(2026, 1, 20), expiry_grace_days=0)
    assert explain_expiry(session, card_id, VILNIUS).rule is ExpiryRule.PERIOD
    world.set_series(expiry_period_days=20)
    assert explain_expiry(session, card_id, VILNIUS).rule is ExpiryRule.EARLIER_RULES
    recompute_expiry(session, world.series_id, NEW_YEAR, VILNIUS)
    assert explain_expiry(session, card_id, VILNIUS).sentence == (
        "Valid through 2026-01-20 (Europe/Vilnius): the date of its series, not later than 2026-01-21, its 20 days "
        "from 2026-01-01. There is no grace: what is left lapses then."
    )
    revive_by_operator(session, card_id, date(2026, 9, 1), ANNA, NEW_YEAR.astimezone(UTC), VILNIUS)
    assert explain_expiry(session, card_id, VILNIUS).rule is ExpiryRule.OPERATOR
    world.set_card(expiry_given_by=None, expires_at=None)
    assert "Never" not in explain_expiry(session, card_id, VILNIUS).sentence
    assert explain_expiry(session, card_id, VILNIUS).sentence.startswith("This card never expires")
