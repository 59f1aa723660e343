"""Clients and accounts in the console: every field of JeraSoft's page as a screen, and what the services refuse."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from account_calls import account_called, client_wallet
from account_world import ACTOR, AccountWorld
from factories import LITHUANIA, NOW, World, micros
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_web.access import now
from admin_web.views.accounts import account_page
from billing.rights import Role
from models import Account, AccountAddress, AuditEntry, OperatorSession
from services.accounts import deletion_job
from services.accounts.account_fields import ACCOUNT_FIELDS
from services.accounts.client_money import pay_client_wallet
from services.accounts.save_gateway import create_gateway
from services.jobs.asked_jobs import asked_jobs, asked_step
from services.keys.pin_keys import create_pin_keys
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import fields_of, send

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse


@pytest.fixture
def owner(signed_in: Callable[..., Visitor], trade: AccountWorld) -> Visitor:
    del trade
    return signed_in(Role.OWNER)


def made(owner: Visitor, trade: AccountWorld, **values: object) -> TestResponse:
    """A new account by its form; what it leads to."""
    name = values.pop("name", "Main")
    return send(owner, f"/accounts/new?client_id={trade.client_id}", "ident_by", name=name, **values)


def sending(trade: AccountWorld) -> dict[str, object]:
    tables = {"originator_rate_table_id": trade.table_id, "originator_routing_plan_id": trade.plan_id}
    return {"originator_enabled": "1", "addresses": "192.0.2.7", **tables}


def stored(engine: Engine, name: str = "Main") -> Account:
    with Session(engine, expire_on_commit=False) as session:
        return session.scalars(select(Account).where(Account.name == name)).one()


def follow(owner: Visitor, answer: TestResponse) -> str:
    assert answer.status_code == 302, text_of(answer)
    return text_of(owner.get(answer.location))


def test_the_form_has_every_field_and_saves_it(owner: Visitor, trade: AccountWorld, engine: Engine) -> None:
    """JA-1, JA-15, JA-23 to JA-27, JA-31, JA-35 to JA-49: as they are typed, so they stand in the database."""
    create_gateway(trade.session, {"name": "gw-1", "address": "198.51.100.1"}, ACTOR, NOW)
    trade.session.commit()
    page = owner.get(f"/accounts/new?client_id={trade.client_id}")
    assert {field.name for field in ACCOUNT_FIELDS if field.kind.value != "flag"} <= set(fields_of(page, "ident_by"))
    for heading in ("Originator settings", "Terminator settings"):
        assert heading in text_of(page)
    answer = made(
        owner, trade, **sending(trade), tech_prefix="77", gateways="gw-1", notes="a note",
        originator_tag="gold", originator_capacity="30", terminator_enabled="1",
        terminator_rate_table_id=trade.table_id, terminator_tag="tier1", terminator_capacity="100",
        protocol="sip/tls", proxy="sip.example.com", port="5071", ring_seconds="40", cut_prefix="00",
        add_prefix="9", terminator_tech_prefix="55", rest_after_failures="7", rest_seconds="90",
    )  # fmt: skip
    shown = follow(owner, answer)
    for told in ("Saved.", "192.0.2.7", "gw-1", "Tag gold", "0 / 30", "0 / 100", "sip/tls sip.example.com:5071"):
        assert told in shown, told
    account = stored(engine)
    assert (account.originator_tag, account.originator_capacity, account.tech_prefix) == ("gold", 30, "77")
    assert (account.protocol.value, account.port, account.ring_seconds) == ("sip/tls", 5071, 40)
    assert (account.terminator_capacity, account.rest_after_failures, account.notes) == (100, 7, "a note")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"client_id": ""}, "Client is needed."),  # JA-24
        ({"name": ""}, "Name is needed."),  # JA-25
        ({"originator_capacity": "many"}, "Originator capacity cannot be read: many"),  # JA-42
        ({"addresses": "200.200.200.209/28"}, "200.200.200.208/28"),  # JA-28: with the hint
        ({"port": "70000"}, "from 1 to 65535"),  # JA-49
        ({"proxy": "no host!"}, "no host name and no address"),  # JA-48
        ({"terminator_enabled": "1", "terminator_rate_table_id": ""}, "rate table for calls that it takes"),  # JA-44
        ({"originator_rate_table_id": ""}, "has a rate table for its calls"),  # JA-39
        ({"originator_routing_plan_id": ""}, "has a routing plan"),  # JA-40
    ],
)
def test_what_cannot_be_saved_stays_in_the_form_with_the_reason(
    owner: Visitor, trade: AccountWorld, values: dict[str, object], why: str
) -> None:
    refused = made(owner, trade, **{**sending(trade), "notes": "kept", **values})
    assert refused.status_code == 400
    assert why in text_of(refused)
    assert ">kept</textarea>" in refused.text


def test_a_subnet_is_a_row_of_its_own(owner: Visitor, trade: AccountWorld, engine: Engine) -> None:
    """JA-27, JA-28: the two examples of the page, separated by ";"."""
    answer = made(owner, trade, **{**sending(trade), "addresses": "10.0.0.0/24;200.200.200.208/28"})
    assert "10.0.0.0/24; 200.200.200.208/28" in follow(owner, answer)
    with Session(engine) as session:
        assert len(session.scalars(select(AccountAddress)).all()) == 2


def test_a_login_and_a_number_are_other_ways_to_be_known(owner: Visitor, trade: AccountWorld, engine: Engine) -> None:
    """JA-26, JA-29, JA-30: one of three is chosen; a number is normalised."""
    base = {**sending(trade), "addresses": ""}
    follow(owner, made(owner, trade, name="AcmeLogin", **base, ident_by="name"))
    assert stored(engine, "AcmeLogin").name_key == "acmelogin"
    numbers = {"ident_by": "ani", "numbers": "+1 (555) 010-0200", "ani_side": "called"}
    shown = follow(owner, made(owner, trade, name="Phones", **base, **numbers))
    assert "15550100200 (called)" in shown


def test_one_address_serves_several_accounts_that_differ(owner: Visitor, trade: AccountWorld) -> None:
    """JA-2, JA-11, JA-50, JA-51: other port, other protocol, other gateway; the same once more is refused by name."""
    create_gateway(trade.session, {"name": "gw-1", "address": "198.51.100.1"}, ACTOR, NOW)
    trade.session.commit()
    base = sending(trade)
    ways = (
        {"port": "5060"},
        {"port": "5070"},
        {"protocol": "sip/tcp", "port": "5060"},
        {"tech_prefix": "9"},
        {"port": "5070", "gateways": "gw-1"},
    )
    for name, other in zip("ABCDE", ways, strict=True):
        assert made(owner, trade, name=name, **base, **other).status_code == 302, name
    refused = made(owner, trade, name="F", **base, port="5070")
    assert refused.status_code == 400
    assert "would match the account B of Acme Telecom" in text_of(refused)
    page = text_of(owner.get(f"/accounts/?client={trade.client_id}"))
    assert "5 rows" in page


def test_the_list_has_jerasofts_columns_and_links(owner: Visitor, trade: AccountWorld) -> None:
    """JA-3 to JA-10, JA-16 to JA-19: with a note where the client's own table applies."""
    send(owner, f"/clients/{trade.client_id}/edit", "credit_limit_micros", originator_rate_table_id=trade.table_id)
    made(
        owner,
        trade,
        **{**sending(trade), "originator_rate_table_id": ""},
        originator_tag="gold",
        originator_capacity="5",
    )
    trade.carrier("Takes", port=5080, terminator_tag="t1", terminator_capacity=9)
    trade.session.commit()
    answer = owner.get(f"/accounts/?client={trade.client_id}")
    page = text_of(answer)
    for heading in ("ID", "Client", "Account", "Name/ANI/IP", "Tech prefix", "Orig details", "Term details"):
        assert heading in page, heading
    assert "ip: 192.0.2.7" in page
    assert "Dollars (the client's), plan Anywhere, tag gold, 5 calls at once off" in page
    assert "Dollars, tag t1, 9 calls at once, sip/udp, sip.example.com:5080" in page
    assert f'href="/clients/{trade.client_id}">Acme Telecom' in answer.text
    assert f"/audit/?object=client&amp;q={trade.client_id}" in answer.text


def test_the_search_finds_keywords_in_a_field_or_in_any(owner: Visitor, trade: AccountWorld) -> None:
    """JA-21, JA-22: an address finds the subnet that holds it."""
    trade.sender("Subnet", addresses="10.0.0.0/24")
    trade.carrier("Takes", notes="paid by bank")
    trade.session.commit()
    assert "Subnet" in text_of(owner.get("/accounts/?in_ident=10.0.0.77"))
    assert "Takes" not in text_of(owner.get("/accounts/?in_ident=10.0.0.77")).split("rows")[-1]
    assert "Takes" in text_of(owner.get("/accounts/?q=BANK"))
    assert "Nothing fits these filters." in text_of(owner.get("/accounts/?in_account=bank"))
    assert owner.get("/accounts/?in_colour=red").status_code == 400


def test_disabling_is_offered_first_and_deleting_gives_back(
    owner: Visitor, trade: AccountWorld, world: World, engine: Engine
) -> None:
    """JA-12 to JA-14, JA-20: the sum is shown, the balance rises, nothing is erased."""
    pay_client_wallet(trade.session, trade.client_id, micros("50.00"), "R-1", ACTOR, NOW)
    account_id = trade.sender().id
    account_called(world, account_id, "call-1")
    account_called(world, account_id, "call-2", 60, LITHUANIA)
    world.session.commit()
    shown = text_of(owner.get(f"/accounts/{account_id}/delete"))
    for told in ("Calls 2", "0.23 USD", "Reversing entries 3", "Balance afterwards 50.00 USD", "Disable instead"):
        assert told in shown, told
    page = f"/accounts/{account_id}/delete"
    assert "0.23 USD of 2 calls went back to Acme Telecom" in follow(owner, send(owner, page, "reason", reason="x"))
    with Session(engine) as session:
        assert session.get_one(Account, account_id).deleted_at is not None
        assert client_wallet(session, account_id).balance_micros == micros("50.00")
        assert "account.deleted" in session.scalars(select(AuditEntry.act)).all()
    assert "Main" in text_of(owner.get("/accounts/?state=deleted"))
    world.session.rollback()
    assert world.is_proved()


def test_an_account_of_many_calls_is_deleted_by_a_job(
    owner: Visitor, trade: AccountWorld, world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched off at once; the page of the job tells how far it is and what went back (docs/decisions/0032)."""
    monkeypatch.setattr(deletion_job, "CALLS_AT_ONCE_MAX", 1)
    monkeypatch.setattr(account_page, "CALLS_AT_ONCE_MAX", 1)
    pay_client_wallet(trade.session, trade.client_id, micros("50.00"), "R-1", ACTOR, NOW)
    account_id = trade.sender().id
    account_called(world, account_id, "call-1")
    account_called(world, account_id, "call-2", 60, LITHUANIA)
    world.session.commit()
    page = f"/accounts/{account_id}/delete"
    assert "the worker gives them back" in text_of(owner.get(page))
    asked = send(owner, page, "reason", reason="sold")
    assert "/jobs/" in asked.location
    assert "0 / 2" in text_of(owner.get(asked.location))
    with Session(engine) as session, session.begin():
        account = session.get_one(Account, account_id)
        assert (account.originator_enabled, account.deleted_at) == (False, None)
        ((job_id, kind),) = asked_jobs(session)
        while asked_step(session, job_id, kind, now(), UTC):
            pass
    shown = text_of(owner.get(asked.location))
    assert ("2 / 2" in shown, "0.23 USD" in shown, "50.00 USD" in shown) == (True, True, True)
    world.session.rollback()
    assert world.is_proved()


def test_an_account_is_switched_off_by_one_button(owner: Visitor, trade: AccountWorld, engine: Engine) -> None:
    """JA-14."""
    account = trade.sender()
    trade.session.commit()
    page = f"/accounts/{account.id}"
    off = owner.post(page, f"{page}/disable", version=1)
    assert "neither sends nor takes calls" in follow(owner, off)
    assert stored(engine).originator_enabled is False
    assert "Another operator saved it meanwhile" in follow(owner, owner.post(page, f"{page}/disable", version=1))


def test_a_password_is_made_shown_and_noted(app: Flask, owner: Visitor, trade: AccountWorld, engine: Engine) -> None:
    """JA-32 to JA-34: on its own page only, and each look stands in the audit log."""
    create_pin_keys(app.config["SETTINGS"].keys_file)
    account = trade.sender(ident_by="name")
    trade.session.commit()
    page = f"/accounts/{account.id}"
    answer = owner.post(page, f"{page}/password", act="generate", version=1)
    secret = answer.text.split("data-secret>")[1].split("<")[0]
    assert len(secret) == 20
    assert answer.headers["Cache-Control"] == "no-store"
    assert secret not in owner.get(page).text
    assert secret in owner.post(page, f"{page}/password", act="show", reason="support case").text
    with Session(engine) as session:
        assert [
            act for act in session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)) if "password" in act
        ] == ["account.password_set", "account.password_shown"]
        assert secret not in str([asdict_of(entry) for entry in session.scalars(select(AuditEntry))])
    assert "has no password" in follow(owner, owner.post(page, f"{page}/password", act="remove", version=2))


def asdict_of(entry: AuditEntry) -> dict[str, object]:
    return {"before": entry.before, "after": entry.after, "reason": entry.reason}


def test_a_password_is_shown_to_whoever_entered_its_own_lately(
    app: Flask, owner: Visitor, trade: AccountWorld, engine: Engine
) -> None:
    """JA-34: after ten minutes the operator's password is asked for first."""
    create_pin_keys(app.config["SETTINGS"].keys_file)
    account = trade.sender(ident_by="name")
    trade.session.commit()
    with Session(engine) as session, session.begin():
        session.execute(update(OperatorSession).values(proved_at=NOW))
    page = f"/accounts/{account.id}"
    asked = owner.post(page, f"{page}/password", act="generate", version=1)
    assert (asked.status_code, asked.location) == (302, f"/prove?next=/accounts/{account.id}")
    assert stored(engine).password_sealed is None


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR])
def test_who_may_only_look_gets_no_secret(signed_in: Callable[..., Visitor], trade: AccountWorld, role: Role) -> None:
    """JA-34: it needs the right."""
    account = trade.sender(ident_by="name")
    trade.session.commit()
    page, visitor = f"/accounts/{account.id}", signed_in(role)
    assert "Main" in text_of(visitor.get(page))
    for act in ("generate", "show", "remove"):
        assert visitor.post(page, f"{page}/password", act=act, version=1).status_code == 403


def test_an_account_has_tabs_for_calls_ledger_and_changes(owner: Visitor, trade: AccountWorld, world: World) -> None:
    """JA-3, JA-18."""
    pay_client_wallet(trade.session, trade.client_id, micros("50.00"), "R-1", ACTOR, NOW)
    account_id, other_id = trade.sender().id, trade.sender("Other", addresses="192.0.2.8").id
    account_called(world, account_id, "call-1")
    world.session.commit()
    assert "United Kingdom" in text_of(owner.get(f"/accounts/calls/{account_id}/"))
    assert "No call of this account yet." in text_of(owner.get(f"/accounts/calls/{other_id}/"))
    assert "0.06 USD" in text_of(owner.get(f"/accounts/ledger/{account_id}/"))
    assert 'title="account.created"' in owner.get(f"/accounts/changes/{account_id}/").text
    assert owner.get("/accounts/calls/999/").status_code == 404
    assert owner.get("/accounts/999").status_code == 404


def test_two_operators_do_not_overwrite_each_other(owner: Visitor, trade: AccountWorld) -> None:
    account = trade.sender()
    trade.session.commit()
    address = f"/accounts/{account.id}/edit"
    stale = fields_of(owner.get(address), "ident_by")
    assert send(owner, address, "ident_by", notes="first").status_code == 302
    refused = owner.client.post(address, data={**stale, "notes": "second"})
    assert refused.status_code == 409
    assert "Changed by owner" in text_of(refused)
    assert "second" in refused.text
