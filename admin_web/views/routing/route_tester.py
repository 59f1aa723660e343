"""Which carriers a call would be offered to, in order, and why others are passed over: by the functions that route."""

import secrets
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy import select

from admin_web.access import get_signed, has_right, zone
from admin_web.forms.asked_call import AskedWrong, asked_call, find_own_card
from admin_web.lists.choices import originators, rate_tables, routing_plans
from admin_web.page import ConsolePage
from billing.lcr import SkipReason
from billing.rights import Right
from billing.share import DRAWS
from models import Account, RateTable, RoutingPlan
from services.accounts.account_facts import get_account
from services.rates.simulate_call import SimulationRefused
from services.routing.explain_routes import ExplainedCall, explain_card_routes, explain_table_routes
from web_base.database import read_session
from web_base.texts import gettext, lazy_gettext, translated

TAG_CHARACTERS_MAX = 40
REASONS = {
    SkipReason.BLOCKED: lazy_gettext("blocked for this number"),
    SkipReason.OTHER_TAG: lazy_gettext("not of the rule's tag"),
    SkipReason.OTHER_CURRENCY: lazy_gettext("its table is in another currency"),
    SkipReason.NO_RATE: lazy_gettext("no rate for the number"),
    SkipReason.NUMBER_NOT_DIALABLE: lazy_gettext("the number cannot be dialled as it wants it"),
    SkipReason.LOSS: lazy_gettext("the call would lose money"),
    SkipReason.FULL: lazy_gettext("every line is busy"),
    SkipReason.RESTED: lazy_gettext("rests after failures"),
    SkipReason.ABOVE_PRICE_CAP: lazy_gettext("above the price cap"),
    SkipReason.BEYOND_ROUTES_MAX: lazy_gettext("beyond the routes that are tried"),
}


class RouteTester(ConsolePage):
    """All that is asked stands in the address, so that a link keeps it."""

    right = Right.SEE_RATES
    is_of_all = True

    def __init__(self) -> None:
        super().__init__(
            name=lazy_gettext("Route tester"), category="Rates & routes", endpoint="routetester", url="/routes"
        )

    @expose("/")
    def index(self) -> ResponseReturnValue:
        found, problem = None, None
        if request.args.get("number", "").strip():
            try:
                found = _explained()
            except (AskedWrong, SimulationRefused) as refused:
                problem = translated(refused)
        shown = self.render(
            "console/route_tester.html",
            asked=request.args,
            tables=rate_tables(),
            plans=routing_plans(),
            accounts=originators(),
            found=found,
            problem=problem,
            reasons=REASONS,
            zone=str(zone()),
            carriers=_carriers(found),
        )
        return (shown, 400) if problem else shown


def _carriers(found: ExplainedCall | None) -> dict[str, int]:
    """The accounts of the routes that would be tried, for whoever may place a test call over one."""
    if found is None or not has_right(Right.MANAGE_ROUTES):
        return {}
    names = [route.endpoint for route in found.routes if route.place]
    query = select(Account.endpoint, Account.id).where(Account.endpoint.in_(names))
    return {str(endpoint): account_id for endpoint, account_id in read_session().execute(query)}


def _explained() -> ExplainedCall:
    """As a call of a card, of an account that sends calls, or by a table and a plan."""
    session, asked, given = read_session(), asked_call(), request.args
    draw = secrets.randbelow(DRAWS)
    if given.get("card", "").strip():
        return explain_card_routes(session, asked, find_own_card(given["card"], get_signed().operator), draw)
    table_id, plan_id, tag = _sale(given)
    if table_id is None or session.get(RateTable, table_id) is None:
        raise AskedWrong(gettext("Give a card, choose an account, or a rate table with a routing plan."))
    if plan_id is None or session.get(RoutingPlan, plan_id) is None:
        raise AskedWrong(gettext("A rate table alone has no routes: choose a routing plan too."))
    return explain_table_routes(session, asked, table_id, plan_id, tag, draw)


def _sale(given: Any) -> tuple[int | None, int | None, str]:  # noqa: ANN401 (the arguments of a request)
    account_id = given.get("account", type=int)
    if account_id is not None and account_id in {known for known, _ in originators()}:
        account = get_account(read_session(), account_id)
        return account.rate_table_id, account.routing_plan_id, account.tag
    tag = given.get("tag", "").strip()[:TAG_CHARACTERS_MAX]
    return given.get("table", type=int), given.get("plan", type=int), tag
