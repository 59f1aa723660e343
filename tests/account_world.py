"""Clients and accounts for a test, which names only what it varies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from factories import NOW, RATES, a_rate_table, row

from models import Account, RoutingPlan
from services.accounts.save_account import SavedAccount, account_values, create_account, update_account
from services.accounts.save_client import create_client
from services.audit.audit import Actor, Door
from services.store.fields import FieldsRefused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ACTOR = Actor("olga", Door.CONSOLE)


@dataclass(frozen=True)
class AccountWorld:
    """Two clients in USD, a table in USD and one in EUR, a routing plan."""

    session: Session
    client_id: int
    other_client_id: int
    table_id: int
    euro_table_id: int
    plan_id: int

    def on(self, session: Session) -> AccountWorld:
        return replace(self, session=session)

    def account(self, name: str = "Main", **values: object) -> SavedAccount:
        return create_account(self.session, {"client_id": self.client_id, "name": name, **values}, ACTOR, NOW)

    def sender(self, name: str = "Main", **values: object) -> SavedAccount:
        """An account that may send calls, known by an address unless the test says otherwise."""
        where = {} if "ident_by" in values else {"addresses": "192.0.2.7"}
        return self.account(name, **{**self.sending, **where, **values})

    def carrier(self, name: str = "Takes", **values: object) -> SavedAccount:
        taking = {"terminator_enabled": True, "terminator_rate_table_id": self.table_id, "proxy": "sip.example.com"}
        return self.account(name, **{**taking, **values})

    @property
    def sending(self) -> dict[str, Any]:
        return {
            "originator_enabled": True,
            "originator_rate_table_id": self.table_id,
            "originator_routing_plan_id": self.plan_id,
        }

    def change(self, account_id: int, version: int | None = None, **changes: object) -> SavedAccount:
        return update_account(self.session, account_id, version, changes, ACTOR, NOW)

    def stored(self, account_id: int) -> Account:
        return self.session.get_one(Account, account_id, populate_existing=True)

    def values(self, saved: SavedAccount) -> dict[str, Any]:
        """What the form shows of it."""
        return account_values(self.session, self.stored(saved.id))

    def problems(self, name: str = "Refused", **values: object) -> dict[str, str]:
        """Why such an account cannot be created."""
        with pytest.raises(FieldsRefused) as refused:
            self.account(name, **values)
        return refused.value.problems

    def sender_problem(self, name: str = "Refused", **values: object) -> str:
        """The sentence of the whole form, why such a sender cannot be created."""
        with pytest.raises(FieldsRefused) as refused:
            self.sender(name, **values)
        return refused.value.problems[""]


def an_account_world(session: Session) -> AccountWorld:
    clients = [
        create_client(session, {"name": name, "currency": "USD"}, ACTOR, NOW).id for name in ("Acme Telecom", "Beta")
    ]
    return AccountWorld(
        session,
        clients[0],
        clients[1],
        a_rate_table(session, "Dollars", RATES),
        a_rate_table(session, "Euros", RATES, "EUR"),
        row(session, RoutingPlan, name="Anywhere"),
    )
