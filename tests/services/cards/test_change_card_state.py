"""Release, sell, take back, block, unblock: one card, ranges, whole series, on both databases."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW, World, a_world, answered, at_once, micros, row
from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from billing.card_acts import CARD_ACTS, CardAct
from billing.states import CardStatus, JobState
from models import AuditEntry, Card, CardSeries, Distributor, Job, LedgerEntry, LedgerKind, Wallet, WalletKind
from services.audit.audit import Actor, Door, broken_links
from services.calls.end_calls import END_CALL
from services.calls.identify_card import Identified, NotAccepted, identify_card
from services.cards.card_order import ActRefused, CardOrder, Sale
from services.cards.card_range import CardRange
from services.cards.change_card_state import ActDone, change_cards, preview_card_act
from services.money.verify_ledger import verify_ledger

if TYPE_CHECKING:
    from sqlalchemy import Engine

ACTOR = Actor("olga", Door.CLI)
STREET = Sale(place="Gedimino 1")
USED_SINCE = {"activated_at": NOW - timedelta(days=2)}
IN_STATE: dict[CardStatus, dict[str, Any]] = {
    CardStatus.INACTIVE: {},
    CardStatus.PENDING: {"released_at": NOW},
    CardStatus.ACTIVATED: USED_SINCE,
    CardStatus.USED: USED_SINCE,
    CardStatus.EXPIRED: {**USED_SINCE, "status_before": CardStatus.ACTIVATED},
    CardStatus.BLOCKED: {**USED_SINCE, "status_before": CardStatus.ACTIVATED},
}


def order(world: World, act: CardAct, *, one: bool = False, **how: Any) -> CardOrder:  # noqa: ANN401
    cards = CardRange.one(world.card()) if one else CardRange(world.series_id)
    needs = {CardAct.BLOCK: {"reason": "stolen"}, CardAct.SELL: {"sale": STREET}}.get(act, {})
    return CardOrder(act, cards, **{**needs, **how})


def do(session: Session, wanted: CardOrder) -> ActDone:
    done, after = ActDone(), None
    while True:
        step = change_cards(session, wanted, ACTOR, NOW, after_serial=after)
        done += step.done
        if step.last_serial is None:
            return done
        after = step.last_serial


def state(world: World, place: int = 0) -> tuple[CardStatus, CardStatus | None, str | None]:
    columns = (Card.status, Card.status_before, Card.status_reason)
    return tuple(world.session.execute(select(*columns).where(Card.id == world.cards[place].card_id)).one())


def acts(session: Session) -> list[tuple[str, str, dict[str, Any]]]:
    columns = (AuditEntry.act, AuditEntry.object_id, AuditEntry.after)
    return [tuple(found) for found in session.execute(select(*columns).order_by(AuditEntry.number))]


@pytest.mark.parametrize("act", CardAct)
@pytest.mark.parametrize("status", CardStatus)
def test_each_act_in_each_state_moves_the_card_as_the_table_says_or_not_at_all(
    world: World, status: CardStatus, act: CardAct
) -> None:
    """V-17, V-29, features.md 3.2: with the 36 pairs of tests/billing/test_card_acts.py."""
    world.set_card(status=status, **IN_STATE[status])
    wanted = order(world, act, one=True)
    expected = CARD_ACTS[act].get(status, status) or CardStatus.ACTIVATED
    preview = preview_card_act(world.session, wanted)
    done = do(world.session, wanted)
    assert state(world)[0] is expected
    assert done.changed == preview.changed == (status in CARD_ACTS[act])
    assert done.skipped == preview.skipped
    assert len(acts(world.session)) == done.changed
    assert world.is_proved()


def test_a_released_card_may_call(session: Session) -> None:
    """V-16, V-17, V-21, M-17: `card-not-activated` until then."""
    world = a_world(session, series={"initial_card_status": CardStatus.INACTIVE})
    found = identify(world)
    assert isinstance(found, NotAccepted)
    assert found.refusal == "card-not-activated"
    assert do(session, order(world, CardAct.RELEASE)).changed == 2
    assert isinstance(identify(world), Identified)


def identify(world: World) -> Identified | NotAccepted:
    from factories import KEYS  # noqa: PLC0415

    return identify_card(world.session, KEYS, world.access(), *world.keyed(), NOW)


def test_a_sale_names_place_and_distributor_and_can_be_taken_back(session: Session) -> None:
    """M-5, M-17."""
    world = a_world(session, series={"initial_card_status": CardStatus.INACTIVE})
    distributor_id = row(session, Distributor, name="Kiosk", sees_pins=False, is_enabled=True)
    do(session, order(world, CardAct.SELL, sale=Sale("Gedimino 1", distributor_id)))
    columns = (Card.status, Card.sold_at, Card.sold_to, Card.distributor_id)
    sold = session.execute(select(*columns).where(Card.id == world.cards[0].card_id)).one()
    assert tuple(sold) == (CardStatus.PENDING, NOW, "Gedimino 1", distributor_id)
    assert do(session, order(world, CardAct.SELL)).skipped == {"already sold": 2}
    assert do(session, order(world, CardAct.TAKE_BACK)).changed == 2
    back = session.execute(select(*columns).where(Card.id == world.cards[0].card_id)).one()
    assert tuple(back) == (CardStatus.INACTIVE, None, None, None)


def test_a_card_that_its_series_made_ready_has_no_sale_to_take_back(world: World) -> None:
    assert do(world.session, order(world, CardAct.TAKE_BACK)).skipped == {"never sold or released": 2}


def test_a_block_keeps_the_state_before_through_an_expiry(world: World) -> None:
    """features.md 3.2: an expired card that is blocked and unblocked can still be revived to what it was."""
    over = {"expires_at": NOW - timedelta(days=1), "grace_ends_at": NOW}
    world.set_card(status=CardStatus.EXPIRED, **IN_STATE[CardStatus.EXPIRED], **over)
    do(world.session, order(world, CardAct.BLOCK, one=True))
    assert state(world) == (CardStatus.BLOCKED, CardStatus.ACTIVATED, "stolen")
    do(world.session, order(world, CardAct.UNBLOCK, one=True))
    assert state(world) == (CardStatus.EXPIRED, CardStatus.ACTIVATED, None)


def test_a_card_whose_date_passed_while_it_was_blocked_is_expired_at_once(world: World) -> None:
    do(world.session, order(world, CardAct.BLOCK, one=True))
    world.set_card(expires_at=NOW - timedelta(seconds=1))
    do(world.session, order(world, CardAct.UNBLOCK, one=True))
    assert state(world) == (CardStatus.EXPIRED, CardStatus.PENDING, None)


def test_a_block_books_what_is_owed_until_then_and_an_unblock_forgives_the_rest(session: Session) -> None:
    """features.md 3.6."""
    world = a_world(session, series={"maintenance_fee_micros": micros("0.25")})
    world.set_card(status=CardStatus.ACTIVATED, activated_at=NOW - timedelta(days=3))
    do(session, order(world, CardAct.BLOCK, one=True))
    fees = select(func.coalesce(func.sum(LedgerEntry.amount_micros), 0)).where(
        LedgerEntry.kind == LedgerKind.MAINTENANCE_FEE
    )
    assert session.scalar(fees) == micros("0.75")
    change_cards(session, order(world, CardAct.UNBLOCK, one=True), ACTOR, NOW + timedelta(days=10))
    done = session.scalars(select(Card.maintenance_periods_done).where(Card.id == world.cards[0].card_id)).one()
    assert (done, session.scalar(fees)) == (13, micros("0.75"))
    assert world.is_proved()


def test_a_call_that_is_up_goes_on_when_its_card_is_blocked(world: World) -> None:
    """F18: the running call finishes in its held time, and settles."""
    world.call("up")
    done = do(world.session, order(world, CardAct.BLOCK, one=True))
    assert [(call.call_id, call.channel_id) for call in done.calls] == [("up", "PJSIP/caller-1")]
    assert world.session.scalar(select(func.count(Job.id)).where(Job.kind == END_CALL)) == 0
    world.settle(answered("up", 60))
    assert state(world)[:2] == (CardStatus.BLOCKED, CardStatus.ACTIVATED)
    assert world.is_proved()


def test_block_and_end_calls_asks_the_watcher_once_for_each_call(world: World) -> None:
    """F18, part 4 no. 9."""
    world.call("up")
    do(world.session, order(world, CardAct.BLOCK, ends_calls=True))
    do(world.session, order(world, CardAct.BLOCK, ends_calls=True))
    asked = world.session.execute(select(Job.key, Job.state, Job.parameters).where(Job.kind == END_CALL)).one()
    assert tuple(asked) == ("up", JobState.WAITING, {"call_id": "up", "channel_id": "PJSIP/caller-1"})


def test_a_range_touches_only_its_serials_and_leaves_one_entry(session: Session) -> None:
    """V-17; the entry in the audit log tells counts and range."""
    world = a_world(session, series={"quantity": 5})
    world.set_card(2, status=CardStatus.USED, activated_at=NOW)
    wanted = CardOrder(CardAct.RELEASE, CardRange(world.series_id, 2, 4))
    session.execute(update(Card).where(Card.serial.in_([1, 2, 4, 5])).values(status=CardStatus.INACTIVE))
    assert preview_card_act(session, wanted) == ActDone(2, {"used": 1})
    assert do(session, wanted) == ActDone(2, {"used": 1})
    statuses = session.scalars(select(Card.status).order_by(Card.serial)).all()
    assert [status.value for status in statuses] == ["inactive", "pending", "used", "pending", "inactive"]
    [(act, name, after)] = acts(session)
    assert (act, name) == ("card.release", "1")
    assert (after["cards"], after["first"], after["last"], after["skipped"]) == (
        2,
        "1-000000002",
        "1-000000004",
        {"used": 1},
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"act": CardAct.BLOCK}, "reason"),
        ({"act": CardAct.BLOCK, "reason": " "}, "reason"),
        ({"act": CardAct.BLOCK, "reason": "x" * 501}, "at most 500"),
        ({"act": CardAct.SELL}, "place or a distributor"),
        ({"act": CardAct.SELL, "sale": Sale()}, "place or a distributor"),
        ({"act": CardAct.SELL, "sale": Sale("x" * 121)}, "at most 120"),
        ({"act": CardAct.SELL, "sale": Sale(distributor_id=999)}, "no such distributor"),
        ({"sale": STREET}, "leave them out"),
        ({"ends_calls": True}, "Only a block"),
        ({"cards": CardRange(1, 5, 4)}, "range is empty"),
        ({"cards": CardRange(999)}, "no such series"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_what_to_change(
    world: World, change: dict[str, Any], told: str
) -> None:
    wanted = replace(CardOrder(CardAct.RELEASE, CardRange(world.series_id)), **change)
    for tried in (preview_card_act, lambda session, wanted: change_cards(session, wanted, ACTOR, NOW)):
        with pytest.raises(ActRefused, match=told):
            tried(world.session, wanted)
    assert acts(world.session) == []


def test_a_distributor_that_is_switched_off_gets_no_cards(world: World) -> None:
    distributor_id = row(world.session, Distributor, name="Kiosk", sees_pins=False, is_enabled=False)
    with pytest.raises(ActRefused, match="Kiosk is switched off"):
        do(world.session, order(world, CardAct.SELL, sale=Sale(distributor_id=distributor_id)))


def test_cards_that_are_still_being_made_are_left_alone(world: World) -> None:
    """JC-28."""
    world.set_series(made_at=None)
    with pytest.raises(ActRefused, match="still being made"):
        do(world.session, order(world, CardAct.RELEASE))


def test_cards_of_a_deleted_series_are_not_sold(world: World) -> None:
    """JC-7."""
    world.set_series(status="deleted")
    with pytest.raises(ActRefused, match="deleted"):
        do(world.session, order(world, CardAct.SELL))
    assert do(world.session, order(world, CardAct.BLOCK)).changed == 2


def many_cards(session: Session, series_id: int, count: int) -> None:
    """Made behind the generator's back, since only their states matter here."""
    wallet = {"kind": WalletKind.CARD, "currency": "USD", "opening_micros": 5_000_000, "balance_micros": 5_000_000}
    wallet_ids = session.scalars(insert(Wallet).returning(Wallet.id), [wallet] * count).all()
    session.execute(
        insert(Card),
        [
            {
                "series_id": series_id,
                "serial": 100 + place,
                "number": f"1{100 + place:09d}",
                "pin_digest": place.to_bytes(32),
                "status": CardStatus.PENDING,
                "wallet_id": wallet_id,
            }
            for place, wallet_id in enumerate(wallet_ids)
        ],
    )
    session.execute(update(CardSeries).values(quantity=CardSeries.quantity + count))


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from sqlalchemy.orm import Session
from billing.card_acts import CardAct
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.cards.card_order import CardOrder
from services.cards.card_range import CardRange
from services.cards.change_card_state import change_cards
engine = make_engine(sys.argv[1], pool_size=1)
order = CardOrder(CardAct.BLOCK, CardRange(int(sys.argv[2])), reason="stolen")
after = None
for step in range(3):
    with Session(engine) as session, session.begin():
        after = change_cards(session, order, Actor("olga", Door.CLI), datetime.now(UTC), after_serial=after).last_serial
        if step == 2:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_block_of_5000_cards_that_was_killed_is_finished_by_the_next_run(engine: Engine, database_url: str) -> None:
    """F17, V-17: two steps are committed, the third dies with the process, and the next run does the rest."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        many_cards(session, world.series_id, 4_998)
        session.commit()
        house = Path(__file__).resolve().parents[3]
        killed = subprocess.run(
            [sys.executable, "-c", KILLED, database_url, str(world.series_id)], cwd=house, check=False
        )
        assert killed.returncode == -9
        assert count(session, CardStatus.BLOCKED) == 2_000
        session.rollback()
        done = do(session, order(world, CardAct.BLOCK))
        session.commit()
        assert (done.changed, done.skipped) == (3_000, {"already blocked": 2_000})
        assert count(session, CardStatus.BLOCKED) == 5_000
        assert [after["cards"] for _, _, after in acts(session)] == [1_000] * 5
        assert list(broken_links(session)) == []
        assert verify_ledger(session) == []
        assert do(session, order(world, CardAct.UNBLOCK)).changed == 5_000
        assert count(session, CardStatus.PENDING) == 5_000


def count(session: Session, status: CardStatus) -> int:
    return session.scalars(select(func.count(Card.id)).where(Card.status == status)).one()


def test_two_operators_that_block_the_same_cards_at_once_change_each_card_once(engine: Engine) -> None:
    with Session(engine, autoflush=False) as session:
        world = a_world(session, series={"quantity": 20})
        session.commit()
        wanted = order(world, CardAct.BLOCK)
        session.rollback()
        results = at_once(engine, [lambda other: do(other, wanted)] * 4)
        assert sum(done.changed for done in results) == 20
        assert sum(after["cards"] for _, _, after in acts(session)) == 20


def test_a_settlement_and_a_block_of_the_same_card_pass_each_other(engine: Engine) -> None:
    """F18: neither waits for the other's end, and the card is blocked with its last call charged."""
    with Session(engine, autoflush=False) as session:
        world = a_world(session)
        world.call("up")
        session.commit()
        wanted = order(world, CardAct.BLOCK, one=True)
        session.rollback()
        at_once(engine, [lambda other: do(other, wanted), lambda other: world.on(other).settle(answered("up", 60))])
        assert state(world)[:2] == (CardStatus.BLOCKED, CardStatus.ACTIVATED)
        assert world.is_proved()
