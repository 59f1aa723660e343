"""Gateways in the console: made, changed, deleted by their service; who uses each, and whether Asterisk knows it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.rights import Role
from billing.states import JobState
from models import AuditEntry, Gateway, Job
from services.routing.asterisk_jobs import LOOK, newest_asterisk_job
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import send
from tests.admin_web.test_accounts import follow, made, sending
from tests.admin_web.test_acts import do

if TYPE_CHECKING:
    from collections.abc import Callable

    from account_world import AccountWorld
    from sqlalchemy import Engine

PAGE = "/gateways/"


@pytest.fixture
def owner(signed_in: Callable[..., Visitor], trade: AccountWorld) -> Visitor:
    del trade
    return signed_in(Role.OWNER)


def gateway(owner: Visitor, name: str = "gw-1", address: str = "198.51.100.1") -> str:
    return follow(owner, send(owner, "/gateways/new", "address", name=name, address=address))


def stored(engine: Engine) -> list[Gateway]:
    with Session(engine, expire_on_commit=False) as session:
        return list(session.scalars(select(Gateway).order_by(Gateway.id)))


def looked(owner: Visitor, engine: Engine, **found: object) -> None:
    """As the worker beside Asterisk ends the look that was asked for."""
    do(owner, "/asterisk/", "/asterisk/act", act="look", token="t-1")
    with Session(engine) as session, session.begin():
        job = newest_asterisk_job(session, LOOK)
        assert job is not None
        found = {"changes": [], "is_unread": False, "is_running": True, "states": [], **found}
        ended = session.get_one(Job, job.id)
        ended.state, ended.finished_at, ended.result = JobState.DONE, datetime.now(UTC), found


def test_a_gateway_is_made_changed_and_deleted(owner: Visitor, engine: Engine) -> None:
    """JA-35: by the service of the command line, and audited."""
    assert "No gateway yet" in text_of(owner.get(PAGE))
    assert "gw-1 ● enabled 198.51.100.1" in gateway(owner)
    gateway_id = stored(engine)[0].id
    page = follow(owner, send(owner, f"/gateways/{gateway_id}", "address", address="2001:DB8::1", notes="Rack 4"))
    assert "2001:db8::1" in page
    assert "Rack 4" in page
    page = do(owner, PAGE, f"/gateways/{gateway_id}/delete", version=2)
    assert "Asterisk takes its calls until you apply" in page
    assert stored(engine) == []
    with Session(engine) as session:
        noted = select(AuditEntry.act).where(AuditEntry.act.startswith("gateway.")).order_by(AuditEntry.number)
        acts = session.scalars(noted).all()
    assert acts == ["gateway.created", "gateway.changed", "gateway.deleted"]
    assert owner.get(f"/gateways/{gateway_id}").status_code == 404


def test_what_cannot_be_a_gateway_is_told_in_the_form(owner: Visitor, engine: Engine) -> None:
    """JA-35: one host, one gateway; and nobody writes over what another saved meanwhile."""
    gateway(owner)
    for wrong, told in (
        ({"name": "a;b", "address": "198.51.100.2"}, "holds a ';'"),
        ({"name": "net", "address": "198.51.100.0/24"}, "A gateway has one address"),
        ({"name": "gw-1", "address": "198.51.100.2"}, "There is a gateway gw-1 already"),
        ({"name": "gw-2", "address": "198.51.100.1"}, "There is a gateway with the address 198.51.100.1"),
    ):
        refused = send(owner, "/gateways/new", "address", **wrong)
        assert refused.status_code == 400
        assert told in text_of(refused), told
    address = f"/gateways/{stored(engine)[0].id}"
    assert send(owner, address, "address", notes="first").status_code == 302
    late = send(owner, address, "address", notes="second", version=1)
    assert late.status_code == 409
    assert stored(engine)[0].notes == "first"


def test_the_accounts_of_a_gateway_are_named_and_keep_it(owner: Visitor, trade: AccountWorld, engine: Engine) -> None:
    """JA-36: several gateways of one account; deleted under it, it would take calls of any host."""
    gateway(owner)
    gateway(owner, "gw-2", "198.51.100.2")
    follow(owner, made(owner, trade, gateways="gw-1;gw-2", **sending(trade)))
    page = owner.get(PAGE)
    assert text_of(page).count("/ Main") == 2
    assert page.text.count('href="/accounts/') == 2 + page.text.count('href="/accounts/"')
    refused = do(owner, PAGE, f"/gateways/{stored(engine)[0].id}/delete", version=1)
    assert "The account Main takes calls through gw-1 only" in refused
    assert len(stored(engine)) == 2


def test_the_page_tells_which_gateways_asterisk_knows(owner: Visitor, engine: Engine) -> None:
    """JA-35: from what the worker saw in the running Asterisk, with its moment; nothing is guessed."""
    gateway(owner)
    gateway(owner, "gw-2", "198.51.100.2")
    assert "nobody has looked while it ran" in text_of(owner.get(PAGE))
    looked(owner, engine, senders=["198.51.100.1"])
    page = text_of(owner.get(PAGE))
    assert "gw-1 ● enabled 198.51.100.1 known" in page
    assert "gw-2 ● enabled 198.51.100.2 not known: apply" in page
    assert "Asterisk as it was when looked at" in page


def test_a_gateway_is_switched_off_and_on(owner: Visitor, engine: Engine) -> None:
    """JA-35: what Asterisk still lets in is told; who saw another state switches nothing."""
    gateway(owner)
    looked(owner, engine, senders=["198.51.100.1"])
    address = f"/gateways/{stored(engine)[0].id}/switch"
    page = do(owner, PAGE, address, act="disable", version=1)
    assert "Calls through gw-1 are refused from now on" in page
    assert "gw-1 ■ disabled 198.51.100.1 still let in: apply" in page
    assert "changed" in do(owner, PAGE, address, act="enable", version=1)
    assert not stored(engine)[0].is_enabled
    assert "gw-1 ● enabled 198.51.100.1 known" in do(owner, PAGE, address, act="enable", version=2)
    with Session(engine) as session:
        noted = select(AuditEntry.act).where(AuditEntry.act.startswith("gateway.")).order_by(AuditEntry.number)
        acts = session.scalars(noted).all()
    assert acts == ["gateway.created", "gateway.disabled", "gateway.enabled"]


def test_nothing_is_told_of_an_asterisk_that_did_not_run(owner: Visitor, engine: Engine) -> None:
    gateway(owner)
    looked(owner, engine, is_running=False, senders=[])
    assert "nobody has looked while it ran" in text_of(owner.get(PAGE))
    assert "not known: apply" not in text_of(owner.get(PAGE))


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.AUDITOR])
def test_changing_a_gateway_asks_for_its_right(
    owner: Visitor, signed_in: Callable[..., Visitor], engine: Engine, role: Role
) -> None:
    """F38."""
    gateway(owner)
    visitor, address = signed_in(role), f"/gateways/{stored(engine)[0].id}"
    assert "/gateways/new" not in visitor.get(PAGE).text
    for act in ("/gateways/new", address, f"{address}/delete"):
        assert visitor.post("/me/", act, name="x", version=1).status_code == 403, act
    assert [one.name for one in stored(engine)] == ["gw-1"]
