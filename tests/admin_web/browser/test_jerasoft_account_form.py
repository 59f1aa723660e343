"""JeraSoft's form of a new account in a real browser: every field, every refusal (features.md 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from demo_shop import ME
from selenium.webdriver.common.by import By
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.access import now
from models import Account, AccountAddress, AuditEntry
from services.accounts.save_gateway import create_gateway

if TYPE_CHECKING:
    from demo_shop import Clerk

pytestmark = pytest.mark.browser
SAVE = "form.stackup button.main"


@pytest.fixture
def form(clerk: Clerk) -> Clerk:
    """Opened by its button, for the client whose own terms serve its accounts."""
    clerk.open("/accounts/")
    clerk.link("New account")
    clerk.choose("client_id", "Corner Shops")
    return clerk


def stored(clerk: Clerk, name: str) -> Account:
    with Session(clerk.shop.engine, expire_on_commit=False) as session:
        return session.scalars(select(Account).where(Account.name == name)).one()


def test_every_field_is_saved_and_shown(clerk: Clerk) -> None:
    """JA-15, JA-23 to JA-27, JA-31, JA-35 to JA-49: both blocks with their boxes, two gateways, notes."""
    with Session(clerk.shop.engine) as session, session.begin():
        for place in (1, 2):
            create_gateway(session, {"name": f"gw-{place}", "address": f"198.51.100.{place}"}, ME, now())
    clerk.open("/accounts/")
    clerk.link("New account")
    titles = [one.text for one in clerk.browser.find_elements(By.CSS_SELECTOR, "main legend")]
    assert [title.split(":")[0] for title in titles] == ["Account", "Originator settings", "Terminator settings"]
    clerk.choose("client_id", "Corner Shops")
    clerk.type(name="Main", ident_by="ip", addresses="192.0.2.7; 192.0.2.8", tech_prefix="77", notes="a note")
    clerk.type(gateways="gw-1; gw-2", originator_enabled=True, originator_tag="gold", originator_capacity="30")
    clerk.choose("originator_rate_table_id", "RT TERM")
    clerk.choose("originator_routing_plan_id", "Cheapest first")
    clerk.type(terminator_enabled=True, terminator_tag="tier1", terminator_capacity="100", protocol="sip/tls")
    clerk.choose("terminator_rate_table_id", "Buy Cheap Calls")
    clerk.type(proxy="sip.example.com", port="5071")
    clerk.press(SAVE)
    told = clerk.text()
    for words in ("192.0.2.7; 192.0.2.8", "gw-1", "gw-2", "77", "RT TERM", "gold", "0 / 30", "Buy Cheap Calls", "tier1",
                  "0 / 100", "sip/tls sip.example.com:5071", "a note"):  # fmt: skip
        assert words in told, words
    made = stored(clerk, "Main")
    assert (made.tech_prefix, made.originator_tag, made.originator_capacity) == ("77", "gold", 30)
    assert (made.terminator_tag, made.terminator_capacity, made.port) == ("tier1", 100, 5071)


def test_each_protocol_can_be_chosen(form: Clerk) -> None:
    """JA-47."""
    offered = form.browser.find_elements(By.CSS_SELECTOR, "[name=protocol] option")
    assert [one.get_attribute("value") for one in offered] == ["sip/udp", "sip/tcp", "sip/tls", "iax2"]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"name": ""}, "Name is needed."),  # JA-25
        ({"name": "Gateway"}, "Gateway"),  # JA-25: unique within the client
        ({"originator_capacity": "many"}, "Originator capacity cannot be read: many"),  # JA-42
        ({"terminator_capacity": "many"}, "Terminator capacity cannot be read: many"),  # JA-46
        ({"addresses": "200.200.200.209/28"}, "200.200.200.208/28"),  # JA-28: with the hint
        ({"addresses": "127.0.0.5"}, "127.0.0.5"),  # JA-11: another account has it on this port
        ({"port": "70000"}, "from 1 to 65535"),  # JA-49
        ({"proxy": "no host!"}, "no host name and no address"),  # JA-48
        ({"terminator_enabled": True}, "rate table for calls that it takes"),  # JA-44
    ],
)
def test_what_cannot_be_saved_is_refused_and_kept_in_the_form(form: Clerk, values: dict[str, object], why: str) -> None:
    """JA-11, JA-25, JA-28, JA-42, JA-44, JA-46, JA-48, JA-49: the summary has the focus."""
    form.type(**{"name": "Refused", "addresses": "192.0.2.99", "originator_enabled": True, "notes": "kept", **values})
    form.press(SAVE)
    assert form.browser.switch_to.active_element.get_attribute("role") == "alert"
    assert why in form.text("[role=alert]")
    assert form.value("notes") == "kept"


def test_who_has_no_terms_of_its_own_and_no_clients_is_refused(clerk: Clerk) -> None:
    """JA-24, JA-39, JA-40: a client with no table and no plan for its calls, and an account without a client."""
    clerk.open("/accounts/")
    clerk.link("New account")
    clerk.choose("client_id", "Cheap Calls")
    clerk.type(name="Bare", addresses="192.0.2.66", originator_enabled=True)
    clerk.press(SAVE)
    assert "has a rate table for its calls" in clerk.text("[role=alert]")
    clerk.choose("originator_rate_table_id", "RT ORIG")
    clerk.press(SAVE)
    assert "has a routing plan" in clerk.text("[role=alert]")
    clerk.browser.execute_script("document.querySelector('[name=client_id]').remove()")
    clerk.press(SAVE)
    assert "Client is needed." in clerk.text("[role=alert]")


def test_the_two_subnets_of_the_page_are_rows_of_their_own(form: Clerk) -> None:
    """JA-27, JA-28: separated by a semicolon."""
    form.type(name="Subnets", addresses="10.0.0.0/24;200.200.200.208/28", originator_enabled=True)
    form.press(SAVE)
    assert "10.0.0.0/24; 200.200.200.208/28" in form.text()
    with Session(form.shop.engine) as session:
        rows = select(AccountAddress.network).join(Account, Account.id == AccountAddress.account_id)
        assert len(session.scalars(rows.where(Account.name == "Subnets")).all()) == 2


def test_a_login_and_a_number_are_the_other_ways_to_be_known(form: Clerk) -> None:
    """JA-2, JA-3, JA-7, JA-26, JA-29, JA-30, JA-50: three accounts of one client, each by another way."""
    form.type(name="AcmeLogin", ident_by="name", originator_enabled=True)
    form.press(SAVE)
    assert stored(form, "AcmeLogin").name_key == "acmelogin"
    form.open("/accounts/new")
    form.choose("client_id", "Corner Shops")
    form.type(name="Phones", ident_by="ani", ani_side="called", numbers="+1 (555) 010-0200", originator_enabled=True)
    form.press(SAVE)
    assert "15550100200 (called)" in form.text()
    form.open("/accounts/?in_account=AcmeLogin")
    assert form.column("Name/ANI/IP") == ["name: acmelogin"]
    form.open("/accounts/?in_account=Phones")
    assert form.column("Name/ANI/IP") == ["ani: 15550100200"]


@pytest.mark.parametrize(
    ("name", "differs"),
    [("by port", {"port": "5099"}), ("by prefix", {"tech_prefix": "55"}), ("by gateway", {"gateways": "gw-9"})],
)
def test_one_address_serves_several_accounts_that_differ_elsewhere(
    form: Clerk, name: str, differs: dict[str, str]
) -> None:
    """JA-11, JA-51: another port, another tech prefix, another gateway."""
    if "gateways" in differs:
        with Session(form.shop.engine) as session, session.begin():
            create_gateway(session, {"name": "gw-9", "address": "198.51.100.9"}, ME, now())
    form.type(name=name, addresses="127.0.0.5", originator_enabled=True, **differs)
    form.press(SAVE)
    assert form.text("h1").startswith(name)


def test_a_password_is_made_shown_by_right_and_noted(form: Clerk) -> None:
    """JA-32 to JA-34: twenty characters, on a page of their own, and the look stands in the audit log."""
    form.type(name="Login", ident_by="name", originator_enabled=True)
    form.press(SAVE)
    page = form.browser.current_url
    form.press("button[value=generate]")
    made = form.text(".secret")
    assert len(made) == 20
    form.link("Done")
    assert form.browser.current_url == page
    assert made not in form.browser.page_source
    form.browser.find_element(By.ID, "look-reason").send_keys("to set the gateway up")
    form.press("button[value=show]")
    assert form.text(".secret") == made
    with Session(form.shop.engine) as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
    assert (last.reason, last.object_kind) == ("to set the gateway up", "account")
    assert made not in f"{last.before}{last.after}"
