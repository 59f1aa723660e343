"""The whole platform for a test: two Asterisks, the call server as a process, its database, and its cards."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from databases import as_role, with_roles
from factories import a_carrier, a_group, a_plan, a_rate_table, a_series, row
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from billing.states import HoldState, PinEntryMode
from command_line.demo.processes import Service
from models import (
    Account,
    CallerIdBinding,
    CallRecord,
    Card,
    Hold,
    LedgerEntry,
    RoutingPlan,
    RoutingPlanCarrier,
    Wallet,
)
from models.database import make_engine
from services.demo.demo_data import SELL_RATES, create_demo
from services.keys.pin_keys import PinKeys, create_pin_keys, load_pin_keys
from services.money.verify_ledger import verify_ledger
from services.series.create_series import NewCard, create_series
from services.store.database_rights import Program
from services.store.migrate import upgrade
from tests.asterisk_fixtures import Plant, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHORT_PIN, KNOWN_PHONES, TWO_SECONDS, DEAD_ROUTE = "18005550110", "18005550111", "18005550112", "18005550113"
QUANTITIES = {SHORT_PIN: 70, KNOWN_PHONES: 10, TWO_SECONDS: 10, DEAD_ROUTE: 10}
SETTLED_SECONDS_MAX = 10
RATES = [
    {"prefix": prefix, "destination_name": name, "price_per_minute_micros": price, "connect_fee_micros": fee}
    | {"first_block_seconds": first, "increment_seconds": step}
    for prefix, name, price, fee, first, step in SELL_RATES
]


@dataclass
class House:
    """`cards` are unused cards by access number; each test takes its own."""

    plant: Plant
    state: Path
    database_url: str
    cards: dict[str, list[NewCard]] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    server: Service | None = None

    def __post_init__(self) -> None:
        self.engine = make_engine(self.database_url, pool_size=4)

    @property
    def serving_url(self) -> str:
        """By which call server and watcher connect: on PostgreSQL as their own role."""
        return as_role(self.database_url, Program.IVR)

    @property
    def trace_file(self) -> Path:
        return self.state / "log" / "trace.jsonl"

    @property
    def server_log(self) -> Path:
        return self.state / "log" / "fastagi.log"

    @property
    def prompts(self) -> Path:
        return self.state / "prompts"

    def start_server(self) -> None:
        """Another start goes on in the same log and trace."""
        self.trace_file.parent.mkdir(parents=True, exist_ok=True)
        self.trace_file.touch(mode=0o600)
        environment = {
            "CALLINGCARD_STATE_DIR": str(self.state),
            "CALLINGCARD_DATABASE_URL": self.serving_url,
            "CALLINGCARD_FASTAGI_PORT": str(self.plant.agi_port),
            "CALLINGCARD_SPOOL_DIR": str(self.plant.spool),
            "CALLINGCARD_TRACE_FILE": str(self.trace_file),
        }
        self.server = Service("FastAGI", "fastagi", self.server_log, environment)
        self.server.wait_for_port("127.0.0.1", self.plant.agi_port)

    def ensure_server(self) -> None:
        if self.server is None:
            self.start_server()

    def stop_server(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None

    def kill_server(self) -> None:
        """kill -9."""
        assert self.server is not None
        self.server.process.kill()
        self.server.process.wait()
        self.server = None

    def card(self, access_number: str) -> NewCard:
        """A card that no other test has."""
        card = self.cards[access_number].pop()
        self.pins.append(card.pin)
        return card

    @contextmanager
    def look(self) -> Iterator[Session]:
        with Session(self.engine) as session, session.begin():
            yield session

    def record(self, call_id: str) -> CallRecord:
        """The record of a call, once it is settled."""
        wait_for(lambda: self._find(call_id) is not None, SETTLED_SECONDS_MAX)
        record = self._find(call_id)
        assert record is not None
        return record

    def calls_of(self, card: NewCard) -> list[CallRecord]:
        """Its settled calls, the first one first."""
        with self.look() as session:
            query = select(CallRecord).where(CallRecord.card_id == card.card_id).order_by(CallRecord.placed_at)
            records = list(session.scalars(query))
            session.expunge_all()
            return records

    def balance_micros(self, card: NewCard) -> int:
        with self.look() as session:
            query = select(Wallet.balance_micros).join(Card, Card.wallet_id == Wallet.id)
            return session.scalars(query.where(Card.id == card.card_id)).one()

    def charged(self, call_id: str) -> dict[str, int]:
        """The ledger entries of a call: amount by kind."""
        with self.look() as session:
            query = select(LedgerEntry.kind, LedgerEntry.amount_micros).where(LedgerEntry.call_id == call_id)
            return {kind.value: amount for kind, amount in session.execute(query)}

    def bound_phones(self, card: NewCard) -> list[str]:
        with self.look() as session:
            query = select(CallerIdBinding.caller_id).where(CallerIdBinding.card_id == card.card_id)
            return list(session.scalars(query))

    def open_holds(self, card: NewCard | None = None) -> int:
        with self.look() as session:
            query = select(func.count()).select_from(Hold).where(Hold.state == HoldState.OPEN)
            return session.scalars(query.where(Hold.card_id == card.card_id) if card else query).one()

    def is_proved(self) -> bool:
        """With every call over: no hold is open, no file waits in the spool, and every invariant holds."""
        self.plant.wait_until_idle()
        wait_for(lambda: self.open_holds() == 0 and not self.spooled(), SETTLED_SECONDS_MAX)
        with self.look() as session:
            breaches = verify_ledger(session)
        assert breaches == [], [str(breach) for breach in breaches]
        return True

    def spooled(self) -> list[Path]:
        return list(self.plant.spool.glob("*.txt"))

    def _find(self, call_id: str) -> CallRecord | None:
        with self.look() as session:
            record = session.get(CallRecord, call_id)
            session.expunge_all()
            return record


def furnish(state: Path, plant: Plant, database_url: str) -> House:
    """The demo's data, and groups of cards for what the demo does not show."""
    state.mkdir(parents=True, exist_ok=True)
    file = state / "keys.json"
    keys = load_pin_keys(file) if file.exists() else create_pin_keys(file)
    house = House(plant, state, database_url)
    upgrade(house.engine)
    if house.engine.dialect.name == "postgresql":
        with_roles(database_url)
    now = datetime.now(UTC)
    with house.look() as session:
        demo = create_demo(session, keys, now, 5080)
        for cards in demo:
            house.cards[f"series {cards.series}"] = list(cards.cards)
        for number, access_number in enumerate((SHORT_PIN, KNOWN_PHONES, TWO_SECONDS, DEAD_ROUTE)):
            house.cards[access_number] = _more_cards(session, keys, access_number, 10 + number, now)
    return house


def _more_cards(session: Session, keys: PinKeys, access_number: str, series: int, now: datetime) -> list[NewCard]:
    """A group with short PINs, so that a call takes little time, and an access number of its own."""
    knows_phones = access_number == KNOWN_PHONES
    group_id = a_group(
        session,
        name=access_number,
        pin_entry_mode=PinEntryMode.PIN_ONLY,
        number_length=11,
        pinless_allowed=knows_phones,
        call_seconds_min=1,
        call_seconds_max=2 if access_number == TWO_SECONDS else 14_400,
        routing_plan_id=_dead_first(session) if access_number == DEAD_ROUTE else _demo_plan(session),
        says_cost=True,
        says_closing_balance=True,
    )
    plan = {"name": access_number, "pinless_enabled": knows_phones, "access": {"number": access_number}}
    a_plan(session, [group_id], **plan)
    table_id = a_rate_table(session, f"Sell {access_number}", RATES)
    pin_length = 8 if knows_phones else 9  # features.md 3.9: at most 10 cards share PINs of 8 digits, 100 those of 9
    quantity = QUANTITIES[access_number]
    terms = {"number": series, "pin_length": pin_length, "quantity": quantity, "face_value_micros": 5_000_000}
    return create_series(session, keys, a_series(group_id, table_id, **terms), now)


def _demo_plan(session: Session) -> int:
    return session.scalars(select(RoutingPlan.id).where(RoutingPlan.name == "Cheapest first")).one()


def _dead_first(session: Session) -> int:
    """Before the demo's second carrier a cheaper one that is dead, and one that Asterisk does not know."""
    plan_id = row(session, RoutingPlan, name="Dead first")
    second_id = session.scalars(select(Account.id).where(Account.endpoint == "demo.second")).one()
    session.execute(insert(RoutingPlanCarrier).values(routing_plan_id=plan_id, account_id=second_id))
    for endpoint, percent in (("demo.dead", 10), ("demo.nowhere", 20)):
        rates = [
            {**rate, "price_per_minute_micros": rate["price_per_minute_micros"] * percent // 100} for rate in RATES
        ]
        a_carrier(session, plan_id, endpoint, a_rate_table(session, f"Buy {endpoint}", rates), name=endpoint)
    return plan_id
