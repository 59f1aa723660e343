"""A month of calls for the demo: quoted, held and settled by the same use cases as real ones, so that every figure of
pages and reports adds up and every invariant holds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Card, CardSeries
from services.audit.audit import Actor, Door
from services.calls.access import Access, find_access
from services.calls.authorise_call import Authorised, CallContext, authorise_call
from services.calls.call_record import Settlement, TriedCarrier
from services.calls.quote_call import Quote, quote_call
from services.calls.settle_call import settle_call
from services.cards.card_facts import get_card
from services.upkeep.charge_fees import book_due_fees

DAYS = 30
CALLS_A_DAY_MIN, CALLS_A_DAY_MAX = 6, 14
CARDS_A_SERIES = 30  # the last ones: the first ones stay new, for whoever tries the demo
SEED = 45
FEES = Actor("fees", Door.JOB)
# Hours of the day (UTC) in which people call; one that stands twice is twice as busy.
HOURS = (8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 18, 19, 19, 20, 20, 21)
DESTINATIONS = ("12125550{:03d}", "44207946{:04d}", "447700900{:03d}", "3706123{:04d}", "34911234{:03d}")
UNANSWERED = (("NOANSWER", "19"), ("BUSY", "17"), ("CANCEL", "0"))
ANSWERED_PERCENT, CHEAP_FAILS_PERCENT = 78, 25
TALK_SECONDS = (12, 25, 47, 61, 90, 118, 154, 203, 260, 330)
RING_SECONDS = (3, 5, 8, 12)
TRACE = ({"step": "entry", "asked": "number and PIN"}, {"step": "balance"}, {"step": "destination"}, {"step": "time"})


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One of the month, in the order of time; everything else is decided when it is placed."""

    at: datetime
    card_id: int
    number: int  # of the calls of the month


def create_demo_month(session: Session, access_number: str, now: datetime, zone: tzinfo = UTC) -> int:
    """How many calls were made. The same month each time, ending yesterday: it is drawn from one seed."""
    access = find_access(session, access_number)
    assert access is not None  # noqa: S101 (the demo has just made it)
    random = Random(SEED)  # noqa: S311 (a demo's dice, no secret)
    made, day = 0, None
    for call in _planned(random, _cards(session), now):
        if day != call.at.date():
            day = call.at.date()
            _book_fees(session, call.at)
        made += _place(session, random, access, call, zone)
    _book_fees(session, now)
    return made


def _planned(random: Random, cards: Sequence[int], now: datetime) -> Iterator[PlannedCall]:
    number = 0
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(DAYS, 0, -1):
        day = midnight - timedelta(days=back)
        moments = [
            day + timedelta(hours=random.choice(HOURS), seconds=random.randrange(3_600))
            for _ in range(random.randint(CALLS_A_DAY_MIN, CALLS_A_DAY_MAX))
        ]
        for at in sorted(moments):
            number += 1
            yield PlannedCall(at, random.choice(cards), number)


def _place(session: Session, random: Random, access: Access, call: PlannedCall, zone: tzinfo) -> bool:
    """False: the card could not pay for it, or its last call was still up."""
    digits = random.choice(DESTINATIONS)
    destination = digits.format(random.randrange(10 ** int(digits[-3])))
    quote = quote_call(session, access, get_card(session, call.card_id), destination, call.at, zone)
    if not isinstance(quote, Quote):
        return False
    call_id = str(UUID(int=random.getrandbits(128), version=4))
    caller = f"1555010{random.randrange(10_000):04d}"
    house = {kind: wallet_id for (kind, _), wallet_id in access.house.items()}
    context = CallContext(f"PJSIP/demo-{call.number:08x}", access.number, caller, house, TRACE)
    if not isinstance(authorise_call(session, call_id, quote, context, call.at), Authorised):
        return False
    settlement, ended_at = _outcome(random, call_id, quote, call.at)
    settle_call(session, settlement, ended_at, zone)
    return True


def _outcome(random: Random, call_id: str, quote: Quote, at: datetime) -> tuple[Settlement, datetime]:
    """How the call went: who answered, after whose refusal, for how long; or that nobody did."""
    routes = [route.carrier.endpoint for route in quote.routes]
    tried: list[TriedCarrier] = []
    if len(routes) > 1 and random.randrange(100) < CHEAP_FAILS_PERCENT:
        tried.append(TriedCarrier(routes[0], "CONGESTION", "34"))
    route = routes[len(tried)]
    answered_at = at + timedelta(seconds=random.choice(RING_SECONDS))
    if random.randrange(100) >= ANSWERED_PERCENT:
        status, cause = random.choice(UNANSWERED)
        tried.append(TriedCarrier(route, status, cause))
        return Settlement(call_id, "demo", route, status, cause, None, _ms(answered_at), tuple(tried)), answered_at
    tried.append(TriedCarrier(route, "ANSWER", "16"))
    seconds = min(random.choice(TALK_SECONDS), quote.limit_seconds)
    ended_at = answered_at + timedelta(seconds=seconds, milliseconds=random.randrange(900))
    stamps = _ms(answered_at), _ms(ended_at)
    return Settlement(call_id, "demo", route, "ANSWER", "16", *stamps, tuple(tried)), ended_at


def _cards(session: Session) -> list[int]:
    """The last cards of the series whose callers key number and PIN; none of them is shown as an example."""
    query = (
        select(Card.id)
        .join(CardSeries, CardSeries.id == Card.series_id)
        .where(CardSeries.is_demo, CardSeries.number <= 3)
        .where(Card.serial >= CardSeries.first_serial + CardSeries.quantity - CARDS_A_SERIES)
        .order_by(Card.id)
    )
    return list(session.scalars(query))


def _book_fees(session: Session, at: datetime) -> None:
    """As the worker does every hour."""
    book_due_fees(session, _cards(session), FEES, at)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000)
