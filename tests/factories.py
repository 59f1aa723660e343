"""A small world of cards, rates and carriers for a test, which names only what it varies."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from billing.money import micros_from_text
from fastagi.transient_errors import is_transient
from models import (
    AccessNumber,
    Account,
    CallRecord,
    Card,
    CardGroup,
    CardSeries,
    Client,
    Hold,
    IvrPlan,
    IvrPlanGroup,
    LedgerEntry,
    Rate,
    RateTable,
    RoutingPlan,
    RoutingPlanCarrier,
    TaxProfile,
    TaxRate,
    Wallet,
    WalletKind,
)
from services.calls.access import Access, find_access
from services.calls.authorise_call import Authorised, CallContext, authorise_call
from services.calls.call_record import Settlement, TriedCarrier
from services.calls.quote_call import Quote, quote_call
from services.calls.settle_call import Settled, settle_call
from services.cards.card_facts import CardFacts, get_card
from services.keys.pin_keys import PinKeys
from services.money.verify_ledger import verify_ledger
from services.series.create_series import NewCard, NewSeries, create_series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from billing.refusals import Refusal

T = TypeVar("T")

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEYS = PinKeys(1, b"d" * 32, b"e" * 32)
ACCESS = "18005550100"
LITHUANIA = "37061234567"  # 0.07 a minute, connection 0.10, 60/6: the tariff of features.md 3.3
BRITAIN = "442071234567"  # 0.06 a minute by the second: 1,000 micros a second
RATES: tuple[dict[str, Any], ...] = (
    {
        "prefix": "370",
        "destination_name": "Lithuania",
        "price_per_minute_micros": 70_000,
        "connect_fee_micros": 100_000,
        "first_block_seconds": 60,
        "increment_seconds": 6,
    },
    {"prefix": "44", "destination_name": "United Kingdom", "price_per_minute_micros": 60_000},
)
CARRIERS = {"test.cheap": 40, "test.second": 60, "test.dear": 80}  # percent of the selling price
TALK_BEGINS_MS = 1_795_348_800_000


def micros(text: str) -> int:
    return micros_from_text(text)


@dataclass(frozen=True)
class World:
    """Everything is found by its id, so that `on` can look at the same world through another session."""

    session: Session
    plan_id: int
    group_id: int
    series_id: int
    rate_table_id: int
    carriers: dict[str, int]
    cards: list[NewCard]

    def on(self, session: Session) -> World:
        return replace(self, session=session)

    def access(self) -> Access:
        access = find_access(self.session, ACCESS)
        assert access is not None
        return access

    def card(self, place: int = 0) -> CardFacts:
        return get_card(self.session, self.cards[place].card_id)

    def keyed(self, place: int = 0) -> tuple[str, str]:
        """Number and PIN as the caller keys them."""
        return self.cards[place].number.replace("-", ""), self.cards[place].pin

    def quote(self, destination: str = BRITAIN, *, place: int = 0, now: datetime = NOW) -> Quote | Refusal:
        return quote_call(self.session, self.access(), self.card(place), destination, now)

    def good_quote(self, destination: str = BRITAIN, **how: object) -> Quote:
        quote = self.quote(destination, **how)
        assert isinstance(quote, Quote), quote
        return quote

    def context(self) -> CallContext:
        house = {kind: wallet_id for (kind, _), wallet_id in self.access().house.items()}
        return CallContext("PJSIP/caller-1", ACCESS, "15550100", house, ({"step": "asked"},))

    def authorise(self, call_id: str, quote: Quote | None = None) -> Authorised | Refusal:
        return authorise_call(self.session, call_id, quote or self.good_quote(), self.context(), NOW)

    def call(self, call_id: str, destination: str = BRITAIN, *, place: int = 0) -> Authorised:
        """A call that is up: its hold is placed."""
        authorised = self.authorise(call_id, self.good_quote(destination, place=place))
        assert isinstance(authorised, Authorised), authorised
        return authorised

    def settle(self, settlement: Settlement) -> Settled:
        settled = settle_call(self.session, settlement, NOW, UTC)
        assert isinstance(settled, Settled), settled
        return settled

    def set(self, table: type, row_id: int, **values: object) -> None:
        self.session.execute(update(table).where(table.id == row_id).values(values))

    def set_group(self, **values: object) -> None:
        self.set(CardGroup, self.group_id, **values)

    def set_series(self, **values: object) -> None:
        self.set(CardSeries, self.series_id, **values)

    def set_card(self, place: int = 0, **values: object) -> None:
        self.set(Card, self.cards[place].card_id, **values)

    def wallet(self, place: int = 0) -> tuple[int, int, int]:
        """Balance, held, open holds."""
        card = self.card(place)
        return card.balance_micros, card.held_micros, card.open_holds

    def ledger(self) -> list[tuple[str, str, int]]:
        """Kind, reference and amount of every entry."""
        query = select(LedgerEntry.kind, LedgerEntry.reference, LedgerEntry.amount_micros).order_by(LedgerEntry.id)
        return [(kind.value, reference, amount) for kind, reference, amount in self.session.execute(query)]

    def holds(self) -> dict[str, str]:
        return {call_id: state.value for call_id, state in self.session.execute(select(Hold.call_id, Hold.state))}

    def record(self, call_id: str) -> CallRecord:
        return self.session.scalars(select(CallRecord).where(CallRecord.call_id == call_id)).one()

    def is_proved(self) -> bool:
        breaches = verify_ledger(self.session)
        assert breaches == [], [str(breach) for breach in breaches]
        return True


def a_world(
    session: Session,
    *,
    group: dict[str, Any] | None = None,
    plan: dict[str, Any] | None = None,
    series: dict[str, Any] | None = None,
    access: dict[str, Any] | None = None,
    rates: Sequence[dict[str, Any]] = RATES,
    carriers: dict[str, int] | None = None,
    taxes: Sequence[tuple[str, int]] = (),
) -> World:
    """One access number, one plan, one group, one series of two cards of 5.00, and three carriers."""
    sell_id = a_rate_table(session, "Sell", rates)
    routing_id = row(session, RoutingPlan, name="Cheapest first")
    accounts = {
        endpoint: a_carrier(session, routing_id, endpoint, a_rate_table(session, endpoint, shared(rates, percent)))
        for endpoint, percent in (CARRIERS if carriers is None else carriers).items()
    }
    group_id = a_group(session, routing_plan_id=routing_id, **(group or {}))
    plan_id = a_plan(session, [group_id], access=access, **(plan or {}))
    if taxes:
        series = {"tax_profile_id": a_tax_profile(session, taxes), **(series or {})}
    terms = a_series(group_id, sell_id, **(series or {}))
    cards = create_series(session, KEYS, terms, NOW, UTC)
    series_id = session.scalars(select(CardSeries.id).where(CardSeries.number == terms.number)).one()
    return World(session, plan_id, group_id, series_id, sell_id, accounts, cards)


def a_series(group_id: int, rate_table_id: int, **terms: object) -> NewSeries:
    chosen = {"number": 1, "face_value_micros": micros("5.00"), "quantity": 2, **terms}
    return NewSeries(card_group_id=group_id, rate_table_id=rate_table_id, **chosen)


def a_group(session: Session, **values: object) -> int:
    return row(session, CardGroup, **{"name": "Group", "currency": "USD", "says_seconds": True, **values})


def a_plan(
    session: Session, group_ids: Sequence[int], *, access: dict[str, Any] | None = None, **values: object
) -> int:
    """An IVR plan with its access number."""
    plan_id = row(session, IvrPlan, **{"name": "Plan", "languages": ["en"], **values})
    for group_id in group_ids:
        session.execute(insert(IvrPlanGroup).values(ivr_plan_id=plan_id, card_group_id=group_id))
    row(session, AccessNumber, **{"number": ACCESS, "ivr_plan_id": plan_id, "language": "en", **(access or {})})
    return plan_id


def a_rate_table(session: Session, name: str, rates: Sequence[dict[str, Any]], currency: str = "USD") -> int:
    table_id = row(session, RateTable, name=name, currency=currency)
    for rate in rates:
        row(session, Rate, **{"valid_from": datetime(2020, 1, 1, tzinfo=UTC), **rate, "rate_table_id": table_id})
    return table_id


def a_carrier(session: Session, routing_plan_id: int, endpoint: str, rate_table_id: int, **values: object) -> int:
    wallet_id = row(session, Wallet, kind=WalletKind.CLIENT, currency="USD")
    client_id = row(session, Client, name=f"Client of {endpoint}", wallet_id=wallet_id)
    terminator = {"endpoint": endpoint, "terminator_enabled": True, "terminator_rate_table_id": rate_table_id}
    account_id = row(session, Account, **{"client_id": client_id, "name": "Termination", **terminator, **values})
    session.execute(insert(RoutingPlanCarrier).values(routing_plan_id=routing_plan_id, account_id=account_id))
    return account_id


def a_tax_profile(session: Session, taxes: Sequence[tuple[str, int]]) -> int:
    """Names, and rates in percent."""
    profile_id = row(session, TaxProfile, name="Taxes")
    for position, (name, percent) in enumerate(taxes):
        rate = {"position": position, "name": name, "parts_per_million": percent * 10_000}
        row(session, TaxRate, tax_profile_id=profile_id, **rate)
    return profile_id


def shared(rates: Sequence[dict[str, Any]], percent: int) -> list[dict[str, Any]]:
    """The same rates at a share of their prices: what a carrier asks."""
    priced = ("price_per_minute_micros", "connect_fee_micros")
    terms = ("prefix", "destination_name", "first_block_seconds", "increment_seconds")
    return [
        {name: rate[name] for name in terms if name in rate}
        | {name: rate[name] * percent // 100 for name in priced if name in rate}
        for rate in {rate["prefix"]: rate for rate in rates}.values()
    ]


def row(session: Session, table: type, **values: object) -> int:
    row_id: int = session.scalars(insert(table).values(values).returning(table.id)).one()
    return row_id


def answered(call_id: str, seconds: int, *, ms: int = 0, route: str = "test.cheap") -> Settlement:
    """The report of a call that was talked for so long."""
    ended = TALK_BEGINS_MS + seconds * 1000 + ms
    tried = (TriedCarrier(route, "ANSWER", "16"),)
    return Settlement(call_id, "inline", route, "ANSWER", "16", TALK_BEGINS_MS, ended, tried)


def not_answered(call_id: str, status: str = "NOANSWER") -> Settlement:
    tried = (TriedCarrier("test.cheap", status, "19"),) if status else ()
    return Settlement(call_id, "inline", "test.cheap", status, "19", None, TALK_BEGINS_MS, tried)


def at_once(engine: Engine, works: Sequence[Callable[[Session], T]]) -> list[T]:
    """Each work in a thread, a session and a transaction of its own, all let go at the same instant.

    A transaction that lost a deadlock or waited too long is repeated, as the server does.
    """
    start = threading.Barrier(len(works))

    def committed(work: Callable[[Session], T]) -> T:
        start.wait()
        for _ in range(5):
            try:
                with Session(engine, autoflush=False) as session, session.begin():
                    return work(session)
            except DBAPIError as error:
                if not is_transient(error):
                    raise
        raise AssertionError("five attempts failed")

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(committed, works))
