"""The clients and accounts of the demo: three carriers, and one company whose gateway sends calls without a card."""

from datetime import datetime

from sqlalchemy.orm import Session

from billing.money import MICROS_PER_UNIT
from services.accounts.client_money import pay_client_wallet
from services.accounts.save_account import create_account
from services.accounts.save_client import create_client
from services.audit.audit import Actor, Door

CURRENCY = "USD"
ACTOR = Actor("demo", Door.CLI)
GATEWAY_CLIENT = "Corner Shops"
GATEWAY_ADDRESS = "127.0.0.5"
GATEWAY_LINES = 10
FAILURES_MAX = 1_000  # as many as an account may have
PAID_MICROS = 20 * MICROS_PER_UNIT
CREDIT_MICROS = 5 * MICROS_PER_UNIT


def create_carrier(
    session: Session, carrier: tuple[str, str, str], rate_table_id: int, port: int, now: datetime
) -> int:
    """Name, endpoint and address of a carrier; the id of its account."""
    name, endpoint, address = carrier
    client = {"name": name, "currency": CURRENCY, "terminator_rate_table_id": rate_table_id}
    account = {
        "client_id": create_client(session, client, ACTOR, now).id,
        "name": "Termination",
        "endpoint": endpoint,
        "terminator_enabled": True,
        "terminator_rate_table_id": rate_table_id,
        "terminator_tag": "demo",
        "proxy": address,
        "port": port,
        # The cheapest one of the demo refuses every call, to show the next route: it is not to be rested for that.
        "rest_after_failures": FAILURES_MAX,
    }
    return create_account(session, account, ACTOR, now).id


def create_sender(session: Session, rate_table_id: int, routing_plan_id: int, now: datetime) -> int:
    """A company that has paid, with some credit: its gateway is known by its address."""
    client = {
        "name": GATEWAY_CLIENT,
        "currency": CURRENCY,
        "credit_limit_micros": CREDIT_MICROS,
        "originator_rate_table_id": rate_table_id,
        "originator_routing_plan_id": routing_plan_id,
    }
    client_id = create_client(session, client, ACTOR, now).id
    account = {
        "client_id": client_id,
        "name": "Gateway",
        "endpoint": "demo.shops",
        "addresses": GATEWAY_ADDRESS,
        "originator_enabled": True,
        "originator_tag": "demo",
        "originator_capacity": GATEWAY_LINES,
    }
    account_id = create_account(session, account, ACTOR, now).id
    pay_client_wallet(session, client_id, PAID_MICROS, "demo", ACTOR, now)
    return account_id
