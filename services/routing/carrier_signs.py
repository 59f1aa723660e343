"""What a settled call tells of its carriers: a line is free again, one has failed once more, one answers again.

For the usual call (no counted lines, answered by its first carrier, which had not failed before) nothing is written.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import Integer, bindparam, case, select, update
from sqlalchemy.orm import Session

from billing.carrier_health import CarrierSign, carrier_sign
from models import Account, AccountLoad
from models.base import UtcDateTime
from services.calls.call_record import TriedCarrier
from services.calls.frozen_quote import FrozenRoute
from services.routing.carrier_loads import ensure_load, free_line
from services.store.run import run

CLEAR = (
    update(AccountLoad)
    .where(AccountLoad.account_id == bindparam("account"))
    .values(failures_in_row=0, rested_until=None)
)
COUNT = (
    update(AccountLoad)
    .where(AccountLoad.account_id == bindparam("account"))
    .values(
        failures_in_row=AccountLoad.failures_in_row + 1,
        rested_until=case(
            (
                AccountLoad.failures_in_row + 1 >= bindparam("failures_max", type_=Integer),
                bindparam("rested_until", type_=UtcDateTime),
            ),
            else_=AccountLoad.rested_until,
        ),
    )
)


def note_carriers(
    session: Session,
    line_of: int | None,
    routes: Iterable[FrozenRoute],
    tried: Collection[TriedCarrier],
    now: datetime,
) -> None:
    """`line_of` is the account whose line the call had at its end. Rows are locked in the order of their ids."""
    signs = _signs(routes, tried)
    for account_id in sorted({*signs, *([] if line_of is None else [line_of])}):
        if account_id == line_of:
            free_line(session, account_id)
        match signs.get(account_id):
            case CarrierSign.ANSWERED:
                run(session, CLEAR, {"account": account_id})
            case CarrierSign.FAILED:
                _count_failure(session, account_id, now)


def _signs(routes: Iterable[FrozenRoute], tried: Collection[TriedCarrier]) -> dict[int, CarrierSign]:
    """Only those that must be written: an answer changes nothing where there was no failure."""
    by_endpoint = {route.endpoint: route for route in routes}
    signs: dict[int, CarrierSign] = {}
    for place, one in enumerate(tried, 1):
        route = by_endpoint.get(one.route)
        sign = carrier_sign(one.dial_status, one.hangup_cause, is_last=place == len(tried))
        if route is None or sign is CarrierSign.NOTHING or (sign is CarrierSign.ANSWERED and not route.has_failed):
            continue
        signs[route.carrier_id] = sign
    return signs


def _count_failure(session: Session, account_id: int, now: datetime) -> None:
    wanted = select(Account.rest_after_failures, Account.rest_seconds).where(Account.id == account_id)
    failures_max, rest_seconds = session.execute(wanted).one()
    ensure_load(session, account_id)
    rested_until = now + timedelta(seconds=rest_seconds) if rest_seconds else None
    run(session, COUNT, {"account": account_id, "failures_max": failures_max, "rested_until": rested_until})
