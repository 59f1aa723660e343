"""Clients in the console: their wallet is booked and never edited, once for each form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing.rights import Role
from services.accounts.client_fields import CLIENT_FIELDS
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import fields_of, send
from tests.admin_web.test_acts import do

if TYPE_CHECKING:
    from collections.abc import Callable

    from account_world import AccountWorld
    from factories import World


@pytest.fixture
def owner(signed_in: Callable[..., Visitor], trade: AccountWorld) -> Visitor:
    del trade
    return signed_in(Role.OWNER)


def test_a_client_is_made_with_every_field(owner: Visitor, trade: AccountWorld) -> None:
    page = owner.get("/clients/new")
    flags = {"is_enabled"}
    assert {field.name for field in CLIENT_FIELDS} - flags <= set(fields_of(page, "currency"))
    answer = send(
        owner, "/clients/new", "currency", name="Gamma", currency="USD", credit_limit_micros="100",
        originator_rate_table_id=trade.table_id, originator_routing_plan_id=trade.plan_id,
        terminator_rate_table_id=trade.table_id, notes="pays late",
    )  # fmt: skip
    assert answer.status_code == 302, text_of(answer)
    shown = text_of(owner.get(answer.location))
    for told in ("Gamma [USD]", "100.00 USD · postpaid", "Dollars", "Anywhere", "pays late", "No account yet"):
        assert told in shown, told
    assert "Gamma" in text_of(owner.get("/clients/?q=Gam"))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"name": ""}, "Name is needed."),
        ({"name": "Beta"}, "There is, or was, a client Beta already"),
        ({"currency": "XXX1"}, "characters"),
        ({"credit_limit_micros": "-5"}, "Credit limit"),
    ],
)
def test_a_client_that_cannot_be_made_says_what_to_change(owner: Visitor, values: dict[str, str], why: str) -> None:
    typed = {"name": "Gamma", "currency": "USD", **values}
    refused = send(owner, "/clients/new", "currency", **typed)
    assert refused.status_code == 400
    assert why in text_of(refused)


def test_a_table_in_another_currency_is_refused_at_its_field(owner: Visitor, trade: AccountWorld) -> None:
    address = f"/clients/{trade.client_id}/edit"
    refused = send(owner, address, "credit_limit_micros", originator_rate_table_id=trade.euro_table_id)
    assert refused.status_code == 400
    assert 'id="problem-originator_rate_table_id"' in refused.text
    assert "choose a table in USD" in text_of(refused)


def test_money_is_booked_once_for_each_receipt_and_form(owner: Visitor, trade: AccountWorld, world: World) -> None:
    """F27."""
    page = f"/clients/{trade.client_id}"
    pay = {"amount": "50", "reference": "R-1", "token": "t-1", "direction": "from_client"}
    assert "the balance is 50.00 USD" in do(owner, page, f"{page}/pay", **pay)
    assert "booked before; the balance was then 50.00 USD" in do(owner, page, f"{page}/pay", **pay)
    assert "belongs to another movement" in do(owner, page, f"{page}/pay", **{**pay, "amount": "51"})
    adjust = {"amount": "-1.50", "reason": "goodwill", "token": "t-2"}
    assert "the balance is 48.50 USD" in do(owner, page, f"{page}/adjust", **adjust)
    assert "booked before" in do(owner, page, f"{page}/adjust", **adjust)
    assert "needs a reason" in do(owner, page, f"{page}/adjust", **{**adjust, "reason": "", "token": "t-3"})
    over = {"amount": "60", "reference": "R-2", "token": "t-4", "direction": "to_client"}
    assert "Only 48.5" in do(owner, page, f"{page}/pay", **over)
    assert "goodwill" in text_of(owner.get(page))
    world.session.rollback()
    assert world.is_proved()


def test_a_client_is_switched_off_and_deleted_when_empty(owner: Visitor, trade: AccountWorld) -> None:
    page = f"/clients/{trade.other_client_id}"
    assert "No account of the client sends" in do(owner, page, f"{page}/state", act="disable", version=1)
    assert "send and take calls again" in do(owner, page, f"{page}/state", act="enable", version=2)
    assert "saved it meanwhile" in do(owner, page, f"{page}/state", act="disable", version=1)
    assert "is deleted; its calls" in do(owner, page, f"{page}/delete", version=3)
    assert "Beta" not in text_of(owner.get("/clients/")).split("rows")[1]


@pytest.mark.parametrize(
    ("role", "act"),
    [(Role.AUDITOR, "pay"), (Role.AUDITOR, "adjust"), (Role.FINANCE, "state"), (Role.FINANCE, "delete")],
)
def test_acts_on_clients_ask_for_their_right(
    signed_in: Callable[..., Visitor], trade: AccountWorld, role: Role, act: str
) -> None:
    page = f"/clients/{trade.client_id}"
    refused = signed_in(role).post(page, f"{page}/{act}", amount="1", reason="x", token="t", version="1")
    assert refused.status_code == 403
    assert "This needs the right to" in refused.text
