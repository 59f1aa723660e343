"""Two million rates of 20 carriers, ragged as real ones are: no carrier has every prefix, longer prefixes stand inside
shorter ones, the prefixes of a destination have one price, some rates have hours or begin later, some are blocked.
"""

import random
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from models import Account, Client, RateTable, RoutingPlan, RoutingPlanCarrier, Wallet, WalletKind
from models.database import make_engine
from services.routing.rates import SaleTerms

SEED = 42
COUNTRIES = 220
CARRIERS = 20
KEPT_TENTHS = 8  # of all prefixes, by each carrier
PAST, LATER, END = (datetime(year, 1, 1, tzinfo=UTC) for year in (2020, 2090, 2091))

# What a carrier keeps and what it asks follow from the numbers of prefix, destination and carrier: nothing is drawn.
RATES = """
INSERT INTO rate (rate_table_id, prefix, destination_name, price_per_minute_micros, connect_fee_micros,
  first_block_seconds, increment_seconds, cost_min_micros, free_seconds, surcharge_seconds, disconnect_fee_micros,
  disconnect_fee_after_seconds, block_fee_micros, block_fee_seconds, round_up_above_seconds, round_up_to_seconds,
  steps, valid_from, valid_until, days, from_minute, until_minute, is_blocked)
SELECT :table, p.prefix, p.destination, 5000 + (p.destination_id * 7919 + :place * 104729) % 1201 * 10, 0,
  CASE WHEN p.destination_id % 5 = 0 THEN 60 ELSE 1 END, CASE WHEN p.destination_id % 5 = 0 THEN 6 ELSE 1 END,
  0, 0, 0, 0, 0, 0, 0, 0, 0, '[]',
  CASE WHEN (p.id + :place) % 40 = 0 THEN :later ELSE :past END,
  CASE WHEN (p.id + :place) % 37 = 0 THEN :end ELSE NULL END,
  CASE WHEN (p.id + :place) % 41 = 0 THEN 31 ELSE 127 END, CASE WHEN (p.id + :place) % 41 = 0 THEN 480 ELSE 0 END,
  CASE WHEN (p.id + :place) % 41 = 0 THEN 1080 ELSE 1440 END, (p.id + :place * 31) % 997 = 0
FROM bench_prefix p WHERE (p.id * 31 + :place * 17) % 10 < :kept
"""
PREFIXES = "CREATE TABLE bench_prefix (id INT, prefix VARCHAR(20), destination_id INT, destination VARCHAR(120))"


def add_rates(url: str, rates: int) -> tuple[SaleTerms, list[str]]:
    """Some such number of rates; what a call of this plan is sold by, and numbers to call."""
    dice = random.Random(SEED)  # noqa: S311 (no secret)
    prefixes = _prefixes(dice, rates * 10 // (CARRIERS * KEPT_TENTHS))
    engine = make_engine(url, pool_size=1)
    with Session(engine) as session:
        if engine.dialect.name == "postgresql":
            session.execute(text("SET statement_timeout = 0"))
        session.execute(text(PREFIXES))
        session.execute(text("INSERT INTO bench_prefix VALUES (:id, :prefix, :destination_id, :destination)"), prefixes)
        plan_id = _row(session, RoutingPlan, name="All carriers")
        for place in range(CARRIERS):
            table_id = _row(session, RateTable, name=f"Deck {place}", currency="USD")
            values = {"table": table_id, "place": place, "kept": KEPT_TENTHS, "past": PAST, "later": LATER, "end": END}
            session.execute(text(RATES), values)
            _carrier(session, plan_id, f"deck{place}", table_id)
        session.execute(text("DROP TABLE bench_prefix"))
        session.commit()
    engine.dispose()
    some = dice.sample(prefixes, min(len(prefixes), 20_000))
    return SaleTerms(table_id, plan_id, "USD"), [f"{it['prefix']}{dice.randint(10**8, 10**9)}"[:12] for it in some]


def _prefixes(dice: random.Random, wanted: int) -> list[dict[str, Any]]:
    """Country codes, and networks inside each with 5 to 80 longer prefixes."""
    codes = [str(code) for code in dice.sample(range(20, 1000), COUNTRIES)]
    found: dict[str, tuple[int, str]] = {code: (number, f"Country {code}") for number, code in enumerate(codes)}
    destinations = len(found)
    while len(found) < wanted:
        code, destinations = dice.choice(codes), destinations + 1
        area = f"{code}{dice.randint(1, 99)}"
        for _ in range(dice.randint(5, 80)):
            found.setdefault(f"{area}{dice.randint(0, 9999)}", (destinations, f"Country {code} network {destinations}"))
    return [
        {"id": number, "prefix": prefix, "destination_id": found[prefix][0], "destination": found[prefix][1]}
        for number, prefix in enumerate(sorted(found))
    ]


def _carrier(session: Session, plan_id: int, endpoint: str, table_id: int) -> None:
    wallet_id = _row(session, Wallet, kind=WalletKind.CLIENT, currency="USD")
    client_id = _row(session, Client, name=endpoint, wallet_id=wallet_id)
    terminator = {"endpoint": endpoint, "terminator_enabled": True, "terminator_rate_table_id": table_id}
    account_id = _row(session, Account, client_id=client_id, name="Termination", **terminator)
    session.execute(insert(RoutingPlanCarrier).values(routing_plan_id=plan_id, account_id=account_id))


def _row(session: Session, table: Any, **values: Any) -> int:  # noqa: ANN401 (any table, any columns)
    row_id: int = session.scalars(insert(table).values(values).returning(table.id)).one()
    return row_id
