"""What changes between the PIN and the hold, or between the hold and its settlement, and what money does then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from factories import BRITAIN, NOW, World, a_world, answered
from sqlalchemy import select, update

from billing.charge import ChargeKind, ChargeLine, lines_within
from billing.refusals import Refusal
from billing.states import CardStatus, CardType, SeriesStatus
from models import Account, CallRecord, Card, Client, Hold, Overdraft, RateTable, Wallet
from services.calls.authorise_call import Authorised
from services.calls.quote_call import Quote
from services.calls.settle_call import settle_call

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@pytest.fixture
def world(session: Session) -> World:
    return a_world(session)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"status": CardStatus.BLOCKED, "status_before": CardStatus.PENDING}, Refusal.CARD_BLOCKED),
        ({"status": CardStatus.USED, "activated_at": NOW}, Refusal.CARD_USED_UP),
        ({"expires_at": NOW - timedelta(seconds=1)}, Refusal.CARD_EXPIRED),
    ],
)
def test_a_card_stopped_after_its_pin_gets_no_hold(world: World, change: dict[str, Any], refusal: Refusal) -> None:
    quote = world.good_quote()
    world.set(Card, world.cards[0].card_id, **change)
    assert world.authorise("stopped", quote) is refusal
    assert world.session.get(Hold, "stopped") is None
    assert world.wallet()[1:] == (0, 0)
    assert world.is_proved()


def test_a_series_stopped_after_the_pin_gets_no_hold(world: World) -> None:
    quote = world.good_quote()
    world.set_series(status=SeriesStatus.STOPPED)
    assert world.authorise("stopped", quote) is Refusal.CARD_BLOCKED


def test_a_disposable_card_makes_one_call_however_many_callers_were_identified_before(world: World) -> None:
    """V-8: both callers were identified and quoted while the card was fresh."""
    world.set_group(card_type=CardType.DISPOSABLE, call_seconds_max=60)
    quotes = [world.good_quote(), world.good_quote()]
    assert isinstance(world.authorise("first", quotes[0]), Authorised)
    world.settle(answered("first", 30))
    assert world.authorise("second", quotes[1]) is Refusal.CARD_USED_UP
    assert world.is_proved()


def test_a_recharge_after_the_pin_counts_for_the_next_number(world: World) -> None:
    """F19: the caller's card is read afresh for each destination."""
    poor = world.card()
    wallet = update(Wallet).where(Wallet.id == poor.wallet_id)
    world.session.execute(wallet.values(balance_micros=5_000))
    identified = world.card()
    assert world.quote() is Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION
    world.session.execute(wallet.values(balance_micros=poor.balance_micros))
    assert identified.available_micros == 5_000
    assert isinstance(world.quote(), Quote)


def test_a_cost_above_the_hold_is_cut_and_noted_and_the_hold_ends(world: World) -> None:
    """I6: a price repaired in mid-call must neither charge more than was held nor leave the hold open for ever."""
    world.call("dearer")
    held_micros = 10_000
    world.session.execute(update(Hold).where(Hold.call_id == "dearer").values(amount_micros=held_micros))
    world.session.execute(update(Wallet).where(Wallet.id == world.card().wallet_id).values(held_micros=held_micros))
    settled = world.settle(answered("dearer", 60))
    assert (settled.cost_micros, settled.overdraft_micros) == (held_micros, 50_000)
    overdraft = world.session.get_one(Overdraft, "dearer")
    assert (overdraft.cost_micros, overdraft.held_micros) == (60_000, held_micros)
    assert world.wallet()[1:] == (0, 0)
    assert world.is_proved()


def test_lines_are_cut_at_the_edge_of_the_amount() -> None:
    fee, call = ChargeLine(ChargeKind.CONNECT_FEE, "fee", 30), ChargeLine(ChargeKind.CALL, "call", 70)
    assert lines_within((fee, call), 100) == (fee, call)
    assert lines_within((fee, call), 50) == (fee, replace(call, amount_micros=20))
    assert lines_within((fee, call), 30) == (fee,)
    assert lines_within((fee, call), 0) == ()


def test_a_hold_of_another_release_is_settled(world: World) -> None:
    """A release that adds a field to the quote must be able to settle what the one before has held, and back."""
    world.call("old")
    quote = world.session.get_one(Hold, "old").quote
    strange = {**quote, "a_later_field": 1, "routes": [{**route, "another": 2} for route in quote["routes"]]}
    fewer = {name: value for name, value in strange.items() if name not in ("disposable_until_empty", "is_pinless")}
    world.session.execute(update(Hold).where(Hold.call_id == "old").values(quote=fewer))
    assert world.settle(answered("old", 30)).cost_micros == 30_000


def test_a_late_settlement_activates_from_the_day_of_the_call(world: World) -> None:
    """Five days in the spool give no days of validity away."""
    world.call("late")
    late = NOW + timedelta(days=5)
    settle_call(world.session, answered("late", 30), late, late.tzinfo)
    activated_at = world.session.scalars(select(Card.activated_at).where(Card.id == world.cards[0].card_id)).one()
    assert activated_at is not None
    assert activated_at - NOW < timedelta(minutes=1)


@pytest.mark.parametrize("leap_ms", [-5_000, 86_400_000])
def test_a_clock_that_leapt_in_the_call_is_told(world: World, leap_ms: int) -> None:
    """F14: charged within the hold, and marked for a comparison with CEL."""
    world.call("leapt")
    honest = answered("leapt", 30)
    leapt = replace(honest, ended_at_ms=(honest.answered_at_ms or 0) + leap_ms)
    settled = world.settle(leapt)
    assert settled.clock_leapt
    assert (
        world.session.get_one(CallRecord, "leapt").talk_seconds
        <= world.session.get_one(CallRecord, "leapt").limit_seconds
    )
    assert world.is_proved()


def test_carriers_of_another_currency_and_of_disabled_clients_take_no_part(world: World) -> None:
    session = world.session
    cheap = session.get_one(Account, world.carriers["test.cheap"])
    session.execute(update(RateTable).where(RateTable.id == cheap.terminator_rate_table_id).values(currency="EUR"))
    second = session.get_one(Account, world.carriers["test.second"])
    session.execute(update(Client).where(Client.id == second.client_id).values(is_enabled=False))
    assert [route.endpoint for route in world.good_quote(BRITAIN).routes] == ["test.dear"]


def test_an_unlimited_card_pays_its_activation_fee(world: World) -> None:
    """3.5 and V-7: calls cost nothing, becoming active does."""
    world.set_group(card_type=CardType.UNLIMITED)
    world.set_series(activation_fee_micros=2_000_000)
    assert world.good_quote().amount_micros == 2_000_000
