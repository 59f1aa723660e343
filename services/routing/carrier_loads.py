"""What carriers carry now, and the one statement by which a call claims a line of a carrier: exact across servers."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, case, or_, select, update
from sqlalchemy.orm import Session

from billing.caller_id import CallerIdMode, shown_caller_id
from billing.lcr import CallMoment, Candidate, CarrierLoad, Loads, Route
from models import AccountLoad
from models.base import UtcDateTime
from services.store.run import run
from services.store.upsert import insert_or_skip

NO_LIMIT = 2**31 - 1
POOL_PLACES = 1_000_000  # begins again, so that the column never overflows
LOADS = select(
    AccountLoad.account_id,
    AccountLoad.terminating,
    AccountLoad.failures_in_row,
    AccountLoad.rested_until,
    AccountLoad.pool_place,
).where(AccountLoad.account_id.in_(bindparam("accounts", expanding=True)))
# Where it does not hold, no row is locked: so a call that finds several carriers full holds the lock of one at most.
CLAIM = (
    update(AccountLoad)
    .where(
        AccountLoad.account_id == bindparam("account"),
        AccountLoad.terminating + bindparam("lines", type_=Integer) <= bindparam("capacity", type_=Integer),
        or_(
            bindparam("probes", type_=Integer) == 0,
            AccountLoad.rested_until.is_(None),
            AccountLoad.rested_until <= bindparam("now", type_=UtcDateTime),
        ),
    )
    .values(
        terminating=AccountLoad.terminating + bindparam("lines", type_=Integer),
        pool_place=(AccountLoad.pool_place + bindparam("polls", type_=Integer)) % POOL_PLACES,
        rested_until=case(
            (
                (bindparam("probes", type_=Integer) == 1) & AccountLoad.rested_until.is_not(None),
                bindparam("probe_until", type_=UtcDateTime),
            ),
            else_=AccountLoad.rested_until,
        ),
    )
    .returning(AccountLoad.pool_place)
)
FREE = (
    update(AccountLoad)
    .where(AccountLoad.account_id == bindparam("account"))
    .values(terminating=AccountLoad.terminating - 1)
)


class Claimed(NamedTuple):
    """The routes that are left, the first one claimed; the account whose line it is, if its lines are counted; and for
    a polled caller id whose turn it was.
    """

    routes: tuple[Route, ...]
    account_id: int | None
    pool_place: int | None = None


def carrier_loads(session: Session, account_ids: Collection[int]) -> Loads:
    if not account_ids:
        return {}
    rows = run(session, LOADS, {"accounts": sorted(account_ids)})
    return {account_id: CarrierLoad(*load) for account_id, *load in rows}


def moment_of(session: Session, candidates: Collection[Candidate], now: datetime, draw: int) -> CallMoment:
    """What of now decides about the carriers: their loads, and the draw among those that share the calls."""
    return CallMoment(now, draw, carrier_loads(session, [one.carrier.carrier_id for one in candidates]))


def claim_first(session: Session, routes: Sequence[Route], now: datetime) -> Claimed | None:
    """The first route whose carrier has a line free; those before it are left out. None: every line is busy.

    A carrier that has rested is probed by one call; others pass it over, unless nothing else is left.
    """
    for may_only_probe in (True, False):
        for place, route in enumerate(routes):
            if not _must_be_claimed(route):
                return Claimed(tuple(routes[place:]), None)
            pool_place = _claim(session, route, now, is_probe=route.is_probe and may_only_probe)
            if pool_place is not None:
                is_polled = route.carrier.caller_id_mode is CallerIdMode.POOL_POLLED
                return Claimed(tuple(routes[place:]), counted(route), pool_place - 1 if is_polled else None)
        if not any(route.is_probe for route in routes):
            return None
    return None


def claim_line(session: Session, account_id: int, capacity: int, now: datetime) -> bool:
    """One line of a carrier that is next in a call that is under way."""
    ensure_load(session, account_id)
    values = {"account": account_id, "lines": 1, "capacity": capacity, "probes": 0, "polls": 0}
    return run(session, CLAIM, {**values, "now": now, "probe_until": now}).one_or_none() is not None


def free_line(session: Session, account_id: int) -> None:
    run(session, FREE, {"account": account_id})


def ensure_load(session: Session, account_id: int) -> None:
    insert_or_skip(session, AccountLoad, account_id=account_id)


def counted(route: Route) -> int | None:
    """The account of the route, if its calls are counted: the others need no row of their own."""
    return None if route.carrier.capacity is None else route.carrier.carrier_id


def shown_in_turn(route: Route, pool_place: int) -> str:
    return shown_caller_id(route.carrier.caller_id_mode, route.carrier.shown_numbers, draw=0, place=pool_place)


def _must_be_claimed(route: Route) -> bool:
    is_polled = route.carrier.caller_id_mode is CallerIdMode.POOL_POLLED
    return route.carrier.capacity is not None or route.is_probe or is_polled


def _claim(session: Session, route: Route, now: datetime, *, is_probe: bool) -> int | None:
    """The place in the pool after it; None: the carrier is full, or another call probes it already."""
    carrier = route.carrier
    if not route.load.is_kept:
        ensure_load(session, carrier.carrier_id)
    values = {
        "account": carrier.carrier_id,
        "lines": 0 if carrier.capacity is None else 1,
        "capacity": NO_LIMIT if carrier.capacity is None else carrier.capacity,
        "probes": int(is_probe),
        "polls": int(carrier.caller_id_mode is CallerIdMode.POOL_POLLED),
        "now": now,
        "probe_until": now + timedelta(seconds=carrier.rest_seconds),
    }
    place: int | None = run(session, CLAIM, values).scalar_one_or_none()
    return place
