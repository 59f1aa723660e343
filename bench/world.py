"""A platform of middling size for the benches: cards, a selling table, and ragged tables of several carriers."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, text, update
from sqlalchemy.orm import Session

from billing.states import CardStatus
from models import (
    AccessNumber,
    Account,
    Card,
    CardGroup,
    Client,
    IvrPlan,
    IvrPlanGroup,
    Rate,
    RateTable,
    RoutingPlan,
    RoutingPlanCarrier,
    Wallet,
    WalletKind,
)
from models.database import make_engine
from services.keys.pin_keys import PinKeys
from services.series.create_series import NewCard, NewSeries, create_series

SEED = 42
ACCESS_NUMBER = "18005550100"
CARDS = 400
CARRIERS = 5
COUNTRIES = 150
PREFIXES_EACH = 12  # of longer ones in each country
KEPT_BY_A_CARRIER = 0.8  # real tables are ragged: no carrier has every prefix
FACE_VALUE_MICROS = 10**12  # no bench uses a card up
FIRST_WALLET, FIRST_CARD = 5_000_000, 7_000_000  # ids that are no other number of a statement (see recorded_call)
VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    cards: list[NewCard]
    destinations: list[str]


def fill(url: str, keys: PinKeys, carriers: int = CARRIERS) -> World:
    """The same world for the same arguments, but for the PINs."""
    dice = random.Random(SEED)  # noqa: S311 (no secret)
    prefixes = _prefixes(dice)
    engine = make_engine(url, pool_size=1)
    with Session(engine) as session, session.begin():
        _number_from(session.connection(), "wallet", FIRST_WALLET)
        _number_from(session.connection(), "card", FIRST_CARD)
        sell_id = _rate_table(session, "Sell", dict.fromkeys(prefixes, 30_000))
        routing_id = _row(session, RoutingPlan, name="Cheapest first")
        for number in range(carriers):
            buy = {prefix: dice.randint(6_000, 18_000) for prefix in prefixes if dice.random() < KEPT_BY_A_CARRIER}
            _carrier(session, routing_id, f"carrier{number}", _rate_table(session, f"Buy {number}", buy))
        group = {"name": "Bench", "currency": "USD", "says_seconds": True, "routing_plan_id": routing_id}
        group_id = _row(session, CardGroup, **group)
        plan_id = _row(session, IvrPlan, name="Bench", languages=["en"])
        session.execute(insert(IvrPlanGroup).values(ivr_plan_id=plan_id, card_group_id=group_id))
        _row(session, AccessNumber, number=ACCESS_NUMBER, ivr_plan_id=plan_id, language="en")
        terms = NewSeries(group_id, 1, sell_id, FACE_VALUE_MICROS, CARDS)
        now = datetime.now(UTC)
        cards = create_series(session, keys, terms, now)
        session.execute(update(Card).values(status=CardStatus.ACTIVATED, activated_at=now))
    engine.dispose()
    return World(cards, [f"{dice.choice(prefixes)}{dice.randint(10**6, 10**7 - 1)}" for _ in range(CARDS)])


def _prefixes(dice: random.Random) -> list[str]:
    """Country codes, and longer prefixes inside each."""
    countries = dice.sample(range(200, 1000), COUNTRIES)
    longer = {f"{code}{dice.randint(1, 999)}" for code in countries for _ in range(PREFIXES_EACH)}
    return sorted({*map(str, countries), *longer})


def _number_from(connection: Connection, table: str, first: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER SEQUENCE {table}_id_seq RESTART WITH {first}"))


def _rate_table(session: Session, name: str, prices: dict[str, int]) -> int:
    table_id = _row(session, RateTable, name=name, currency="USD")
    rates = [
        {"rate_table_id": table_id, "prefix": prefix, "destination_name": f"To {prefix}",
         "price_per_minute_micros": micros, "valid_from": VALID_FROM}
        for prefix, micros in prices.items()
    ]  # fmt: skip
    session.execute(insert(Rate), rates)
    return table_id


def _carrier(session: Session, routing_plan_id: int, endpoint: str, rate_table_id: int) -> None:
    wallet_id = _row(session, Wallet, kind=WalletKind.CLIENT, currency="USD")
    client_id = _row(session, Client, name=endpoint, wallet_id=wallet_id)
    terminator = {"endpoint": endpoint, "terminator_enabled": True, "terminator_rate_table_id": rate_table_id}
    account_id = _row(session, Account, client_id=client_id, name="Termination", **terminator)
    session.execute(insert(RoutingPlanCarrier).values(routing_plan_id=routing_plan_id, account_id=account_id))


def _row(session: Session, table: Any, **values: Any) -> int:  # noqa: ANN401 (any table, any columns)
    row_id: int = session.scalars(insert(table).values(values).returning(table.id)).one()
    return row_id
