"""A call moves on to its next carrier: it gives the last one's line back and claims one of the next, in one step."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.lcr import SkipReason
from billing.states import HoldState
from models import Hold
from services.calls.frozen_quote import FrozenQuote, PassedOver, passed_over_as_json
from services.routing.carrier_loads import claim_line, free_line


def move_route(session: Session, call_id: str, endpoint: str, now: datetime) -> bool:
    """True: dial this carrier. False: it is full, which the record of the call will say, or no money is held for the
    call (any more). A repeat changes nothing.

    Only lines that are counted are moved. Hold and loads are locked in this order, the loads by their ids.
    """
    query = select(Hold.route_account_id, Hold.quote).where(Hold.call_id == call_id, Hold.state == HoldState.OPEN)
    hold = session.execute(query.with_for_update()).one_or_none()
    if hold is None:
        return False
    line_of, quote = hold
    route = next((route for route in FrozenQuote.from_json(quote).routes if route.endpoint == endpoint), None)
    if route is None:
        return False
    wanted = None if route.capacity is None else route.carrier_id
    if wanted == line_of:
        return True
    has_line = True
    for account_id in sorted(one for one in (line_of, wanted) if one is not None):
        if account_id == line_of:
            free_line(session, account_id)
        else:
            has_line = claim_line(session, account_id, route.capacity or 0, now)
    changed: dict[str, Any] = {"route_account_id": wanted if has_line else None}
    if not has_line:
        skipped = passed_over_as_json(PassedOver(endpoint, SkipReason.FULL))
        changed["quote"] = {**quote, "passed_over": [*quote.get("passed_over", ()), skipped]}
    session.execute(update(Hold).where(Hold.call_id == call_id).values(changed))
    return has_line
