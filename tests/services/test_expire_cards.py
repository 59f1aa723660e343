"""The end of a card's life: expired by its dates, lapsed once, revived in its grace or by an operator (3.4, 3.7)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from factories import KEYS, NOW, World, a_world, at_once, micros, not_answered
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from billing.refusals import Refusal
from billing.states import CardStatus, CardType, ExpiryGivenBy, RechargeExtends
from models import AuditEntry, Card, LedgerEntry, LedgerKind, Wallet, WalletKind
from services.activate_card import activate_card
from services.audit import Actor, Door
from services.card_facts import series_terms
from services.charge_fees import book_due_fees
from services.expire_cards import cards_past, count_cards_past, expire_cards, expiry_forecast
from services.explain_expiry import ExpiryRule, explain_expiry
from services.identify_card import NotAccepted, identify_card
from services.lapse_cards import cards_lapsing, count_cards_lapsing, lapse_cards, lapse_forecast
from services.recompute_expiry import recompute_expiry
from services.revive_card import ReviveRefused, revive_by_operator, revive_by_recharge

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from services.job_step import JobStep

JOB = Actor("expiry", Door.JOB)
ANNA = Actor("anna", Door.CONSOLE)
VILNIUS = ZoneInfo("Europe/Vilnius")
NEW_YORK = ZoneInfo("America/New_York")
NEW_YEAR = datetime(2026, 1, 1, 10, tzinfo=VILNIUS)
MINUTE = timedelta(minutes=1)
VOS: dict[str, Any] = {"expiry_period_days": 30, "expiry_grace_days": 7}


def local(day: date, zone: ZoneInfo = VILNIUS) -> datetime:
    """The midnight that begins this day."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


END = local(date(2026, 2, 1))  # valid through 31 January
GRACE_END = local(date(2026, 2, 8))  # kept through 7 February


def vos(session: Session, group: dict[str, Any] | None = None, **series: object) -> World:
    """Activated on 1 January at 10:00 in Vilnius, 30 days, 7 of grace."""
    world = a_world(session, group=group, series={**VOS, **series})
    activate(world, NEW_YEAR)
    return world


def activate(world: World, at: datetime, zone: ZoneInfo = VILNIUS, place: int = 0) -> None:
    card_id = world.cards[place].card_id
    assert activate_card(world.session, card_id, series_terms(world.session, card_id), at.astimezone(UTC), zone)


def ids(world: World) -> list[int]:
    return [card.card_id for card in world.cards]


def expire(world: World, now: datetime) -> JobStep:
    return expire_cards(world.session, ids(world), JOB, now)


def lapse(world: World, now: datetime, zone: ZoneInfo = VILNIUS) -> JobStep:
    return lapse_cards(world.session, ids(world), JOB, now, zone)


def state(world: World, place: int = 0) -> tuple[CardStatus, CardStatus | None]:
    query = select(Card.status, Card.status_before).where(Card.id == world.cards[place].card_id)
    status, before = world.session.execute(query).one()
    return status, before


def heard(world: World, now: datetime) -> Refusal | None:
    number, pin = world.keyed()
    answer = identify_card(world.session, KEYS, world.access(), number, pin, now)
    return answer.refusal if isinstance(answer, NotAccepted) else None


def lapses(world: World) -> list[tuple[str, int]]:
    return [(reference, amount) for kind, reference, amount in world.ledger() if kind == "lapse"]


def test_the_example_of_vos_to_the_minute(session: Session) -> None:
    """V-13, V-14, features.md 3.7: calls until 31 January 24:00, the balance is kept until 7 February 24:00."""
    world = vos(session)
    assert heard(world, END - MINUTE) is None
    assert heard(world, END) is Refusal.CARD_EXPIRED_GRACE
    assert heard(world, GRACE_END - MINUTE) is Refusal.CARD_EXPIRED_GRACE
    assert heard(world, GRACE_END) is Refusal.CARD_EXPIRED
    assert lapse(world, GRACE_END - MINUTE).cards == 0
    assert lapse(world, GRACE_END).amounts == {"USD": micros("5.00")}
    assert lapses(world) == [(f"card:{world.cards[0].card_id}:lapse:2026-02-07", micros("5.00"))]
    assert world.wallet() == (0, 0, 0)
    assert world.is_proved()


def test_the_job_writes_the_state_for_lists_and_remembers_the_one_before(session: Session) -> None:
    world = vos(session)
    assert cards_past(session, END - MINUTE, limit=10) == []
    assert (expire(world, END - MINUTE).cards, state(world)) == (0, (CardStatus.ACTIVATED, None))
    assert cards_past(session, END, limit=10) == [world.cards[0].card_id]
    assert (count_cards_past(session, END), expiry_forecast(session, ids(world), END).cards) == (1, 1)
    assert state(world)[0] is CardStatus.ACTIVATED
    assert (expire(world, END).cards, state(world)) == (1, (CardStatus.EXPIRED, CardStatus.ACTIVATED))
    assert (expire(world, END).cards, state(world)) == (0, (CardStatus.EXPIRED, CardStatus.ACTIVATED))


@pytest.mark.parametrize("status", [CardStatus.INACTIVE, CardStatus.PENDING])
def test_a_card_that_no_one_used_expires_with_its_series(session: Session, status: CardStatus) -> None:
    """JC-38, features.md 3.2."""
    world = a_world(session, series={"expiry_date": date(2026, 1, 31), "initial_card_status": status})
    expire(world, datetime(2026, 2, 1, tzinfo=UTC))
    assert state(world) == state(world, 1) == (CardStatus.EXPIRED, status)


def test_a_blocked_card_stays_blocked_and_lapses_by_its_dates(session: Session) -> None:
    world = vos(session)
    world.set_card(status=CardStatus.BLOCKED, status_before=CardStatus.ACTIVATED)
    lapse(world, GRACE_END)
    assert state(world) == (CardStatus.BLOCKED, CardStatus.ACTIVATED)
    assert world.wallet() == (0, 0, 0)


@pytest.mark.parametrize(
    ("series_date", "last"), [(date(2026, 1, 20), date(2026, 1, 20)), (date(2026, 3, 1), date(2026, 1, 31))]
)
def test_of_both_rules_the_earlier_wins(session: Session, series_date: date, last: date) -> None:
    """JC-38, JC-39."""
    world = vos(session, expiry_date=series_date)
    end = local(last + timedelta(days=1))
    assert (cards_past(session, end - MINUTE, limit=9), cards_past(session, end, limit=9)) == ([], [ids(world)[0]])


@pytest.mark.parametrize(
    ("zone", "activated_at", "end"),
    [
        (NEW_YORK, datetime(2026, 2, 7, 23, 30, tzinfo=NEW_YORK), datetime(2026, 3, 10, 4, tzinfo=UTC)),
        (NEW_YORK, datetime(2026, 10, 3, 23, 30, tzinfo=NEW_YORK), datetime(2026, 11, 3, 5, tzinfo=UTC)),
        (VILNIUS, datetime(2026, 3, 1, 0, 30, tzinfo=VILNIUS), datetime(2026, 3, 31, 21, tzinfo=UTC)),
        (VILNIUS, datetime(2026, 2, 28, 23, 30, tzinfo=VILNIUS), datetime(2026, 3, 30, 21, tzinfo=UTC)),
    ],
)
def test_days_end_by_the_clock_of_the_platform_over_a_change_of_clocks(
    session: Session, zone: ZoneInfo, activated_at: datetime, end: datetime
) -> None:
    world = a_world(session, series=VOS)
    activate(world, activated_at, zone)
    assert (heard(world, end - MINUTE), heard(world, end)) == (None, Refusal.CARD_EXPIRED_GRACE)
    grace_end = world.card().grace_ends_at
    assert grace_end is not None
    assert grace_end.astimezone(zone).timetz().replace(tzinfo=None).isoformat() == "00:00:00"
    assert (grace_end.astimezone(zone).date() - end.astimezone(zone).date()).days == 7


def test_a_card_lapses_once_however_often_the_job_runs(session: Session) -> None:
    world = vos(session)
    for _ in range(3):
        lapse(world, GRACE_END)
    assert len(lapses(world)) == 1


def test_what_is_given_after_the_lapse_stays(session: Session) -> None:
    """An operator's refund to a lapsed card is not taken by the next night."""
    world = vos(session)
    lapse(world, GRACE_END)
    credit(world, micros("1.00"), GRACE_END + MINUTE)
    assert cards_lapsing(session, GRACE_END + timedelta(days=1), limit=10) == []
    assert lapse(world, GRACE_END + timedelta(days=1)).cards == 0
    assert world.wallet()[0] == micros("1.00")
    assert world.is_proved()


def credit(world: World, amount: int, at: datetime) -> None:
    wallet_id = world.card().wallet_id
    house = world.session.scalars(select(Wallet.id).where(Wallet.kind == WalletKind.ADJUSTMENTS)).one()
    add = update(Wallet).where(Wallet.id == wallet_id).values(balance_micros=Wallet.balance_micros + amount)
    world.session.execute(add)
    entry = {"source_wallet_id": house, "destination_wallet_id": wallet_id, "amount_micros": amount}
    kind = {"kind": LedgerKind.ADJUSTMENT, "reference": f"test:{at}", "created_at": at, "actor": "test"}
    world.session.execute(insert(LedgerEntry).values(**entry, **kind))


def test_nothing_lapses_while_a_call_is_up(session: Session) -> None:
    world = vos(session)
    world.set_card(expires_at=None, grace_ends_at=None)
    world.call("call-1")
    world.set_card(expires_at=END, grace_ends_at=GRACE_END)
    assert lapse(world, GRACE_END).cards == 0
    world.settle(not_answered("call-1"))
    assert (count_cards_lapsing(session, GRACE_END), lapse_forecast(session, ids(world), GRACE_END).cards) == (1, 1)
    assert lapse(world, GRACE_END).cards == 1
    assert world.is_proved()


@pytest.mark.parametrize("order", ["fees, expire, lapse", "lapse", "expire, fees, lapse", "expire, lapse, fees"])
def test_the_order_of_the_jobs_does_not_change_the_ledger(session: Session, order: str) -> None:
    world = vos(session, maintenance_fee_micros=micros("0.10"), maintenance_every_hours=24)
    now = GRACE_END + timedelta(days=3)
    jobs = {
        "fees": lambda: book_due_fees(session, ids(world), JOB, now),
        "expire": lambda: expire(world, now),
        "lapse": lambda: lapse(world, now),
    }
    for job in order.split(", "):
        jobs[job]()
    fees = [amount for kind, _, amount in world.ledger() if kind == "maintenance_fee"]
    assert (fees, lapses(world)[0][1]) == ([micros("0.10")] * 30, micros("2.00"))
    assert world.is_proved()


def test_jobs_at_once_lapse_each_card_once(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, series={**VOS, "quantity": 30, "expiry_date": date(2026, 1, 31)})
        session.commit()
        at_once(engine, [lambda s: lapse(world.on(s), GRACE_END + timedelta(days=1))] * 5)
        assert len(lapses(world)) == 30
        assert {world.wallet(place) for place in range(30)} == {(0, 0, 0)}
        assert world.is_proved()


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
