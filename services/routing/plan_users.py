"""Who uses a routing plan, and in which currencies its calls are paid."""

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from models import (
    Account,
    CardGroup,
    CardSeries,
    Client,
    RateTable,
    RoutingPlanCarrier,
    RoutingRule,
    RoutingRuleCarrier,
    Wallet,
)
from services.rates.table_users import TableUser


def plan_users(session: Session, plan_id: int) -> list[TableUser]:
    """Card groups, series, clients and accounts; deleted ones too, as they keep the plan."""
    groups = select(literal("the card group ") + CardGroup.name, CardGroup.currency)
    series = (
        select(CardSeries.number, CardGroup.currency)
        .select_from(CardSeries)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
    )
    clients = (
        select(literal("the client ") + Client.name, Wallet.currency)
        .select_from(Client)
        .join(Wallet, Wallet.id == Client.wallet_id)
    )
    accounts = (
        select(literal("the account ") + Client.name + "/" + Account.name, Wallet.currency)
        .select_from(Account)
        .join(Client, Client.id == Account.client_id)
        .join(Wallet, Wallet.id == Client.wallet_id)
    )
    found = [
        *session.execute(groups.where(CardGroup.routing_plan_id == plan_id).order_by(CardGroup.name)),
        *session.execute(clients.where(Client.originator_routing_plan_id == plan_id).order_by(Client.name)),
        *session.execute(accounts.where(Account.originator_routing_plan_id == plan_id).order_by(Client.name)),
    ]
    numbered = session.execute(series.where(CardSeries.routing_plan_id == plan_id).order_by(CardSeries.number))
    return [TableUser(what, currency) for what, currency in found] + [
        TableUser(f"series {number}", currency) for number, currency in numbered
    ]


def plan_currency(session: Session, plan_id: int) -> str | None:
    """That of those who use it, else that of its carriers; None where it has neither."""
    users = plan_users(session, plan_id)
    if users:
        return users[0].currency
    of_rules = (
        select(RoutingRuleCarrier.account_id)
        .join(RoutingRule, RoutingRule.id == RoutingRuleCarrier.routing_rule_id)
        .where(RoutingRule.routing_plan_id == plan_id)
    )
    of_plan = select(RoutingPlanCarrier.account_id).where(RoutingPlanCarrier.routing_plan_id == plan_id)
    query = (
        select(RateTable.currency)
        .select_from(Account)
        .join(Client, Client.id == Account.client_id)
        .join(
            RateTable, RateTable.id == func.coalesce(Account.terminator_rate_table_id, Client.terminator_rate_table_id)
        )
        .where(Account.id.in_(of_plan.union(of_rules)))
    )
    return session.scalars(query.limit(1)).one_or_none()
