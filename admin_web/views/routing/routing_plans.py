"""Routing plans: which carriers may take a call, and in which order they are asked."""

from typing import Any

from flask import url_for
from sqlalchemy import Row, func, select

from admin_web.lists import cells
from admin_web.lists.filters import WordFilter
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from billing.routing_plan import RoutingStrategy
from models import RoutingPlan, RoutingPlanCarrier, RoutingRule
from services.store.keyset import Order
from web_base.texts import lazy_gettext


class RoutingPlanList(ConsoleList):
    right = Right.SEE_RATES
    is_of_all = True
    heading = lazy_gettext("Routing plans")
    list_template = "console/routing_plan_list.html"
    help_topic = "routing"
    empty_text = lazy_gettext("No routing plan yet: without one no call finds a carrier.")
    empty_link = ("routingplan.new", lazy_gettext("New routing plan"))
    empty_right = Right.MANAGE_ROUTES
    search_label = lazy_gettext("Name, or how it begins")
    link_column = "name"
    right_aligned = frozenset({"routes_max", "price_cap_percent", "carriers", "rules"})
    column_list = ("name", "strategy", "routes_max", "price_cap_percent", "loss_guard", "carriers", "rules")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "name": lazy_gettext("Routing plan"),
        "strategy": lazy_gettext("Strategy"),
        "routes_max": lazy_gettext("Carriers tried"),
        "price_cap_percent": lazy_gettext("Price cap %"),
        "loss_guard": lazy_gettext("Loss guard"),
        "carriers": lazy_gettext("Carriers"),
        "rules": lazy_gettext("Rules"),
    }
    column_formatters = {  # noqa: RUF012
        "strategy": cells.word,
        "price_cap_percent": cells.text,
        "loss_guard": cells.flag,
        "carriers": cells.whole,
        "rules": cells.whole,
    }
    orders = {"name": Order((RoutingPlan.name,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (WordFilter("strategy", lazy_gettext("Strategy"), RoutingPlan.strategy, RoutingStrategy),)
        super().__init__(
            RoutingPlan,
            name=lazy_gettext("Routing plans"),
            category="Rates & routes",
            endpoint="routingplans",
            url="/routing",
        )

    def query(self) -> Rows:
        carriers = select(func.count()).where(RoutingPlanCarrier.routing_plan_id == RoutingPlan.id)
        rules = select(func.count()).where(RoutingRule.routing_plan_id == RoutingPlan.id)
        return select(
            RoutingPlan.id,
            RoutingPlan.name,
            RoutingPlan.strategy,
            RoutingPlan.routes_max,
            RoutingPlan.price_cap_percent,
            RoutingPlan.loss_guard,
            carriers.scalar_subquery().label("carriers"),
            rules.scalar_subquery().label("rules"),
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(func.lower(RoutingPlan.name).startswith(text.lower(), autoescape=True))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("routingplan.show", plan_id=row.id)
