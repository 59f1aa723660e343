"""JeraSoft's table of accounts in a browser: its columns, its icons as words, its searches (features.md 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Account, Client

if TYPE_CHECKING:
    from demo_shop import Clerk

pytestmark = pytest.mark.browser
COLUMNS = ["ID", "Client", "Account", "Name/ANI/IP", "Tech prefix", "Orig details", "Term details", "Actions"]
ARROW = ".tools details.advanced > summary"


def client_id(clerk: Clerk, name: str) -> int:
    with Session(clerk.shop.engine) as session:
        return session.scalars(select(Client.id).where(Client.name == name)).one()


def acts_of(clerk: Clerk, account: str, words: str) -> None:
    """Follow what JeraSoft's icon does, in the row of the account of this client."""
    row = f"//tr[td[@data-label='Client'][contains(., '{account}')]]"
    link = clerk.browser.find_element(By.XPATH, f"{row}//td[@data-label='Actions']//a[contains(., '{words}')]")
    clerk.follow(link.click)


def test_the_table_tells_who_is_known_by_what_and_how_calls_go(clerk: Clerk) -> None:
    """JA-1, JA-4 to JA-10, JA-19: found by the menu; with a note where the client's own table applies."""
    clerk.open("/")
    clerk.link("Accounts", ".side nav")
    assert clerk.headings() == COLUMNS
    rows = {row[0]: row[1:] for row in clerk.rows("Client", "Account", "Name/ANI/IP", "Orig details", "Term details")}
    assert rows["Corner Shops"] == [
        "Gateway",
        "ip: 127.0.0.5",
        "RT ORIG (the client's), plan Cheapest first (the client's), tag demo, 10 calls at once",
        "off",
    ]
    assert rows["Cheap Calls"][2:] == ["off", "Buy Cheap Calls, tag demo, sip/udp, 127.0.0.2:5080"]
    assert all(cell.isdigit() for cell in clerk.column("ID"))


def test_the_name_of_the_client_leads_to_its_page_and_that_to_its_accounts(clerk: Clerk) -> None:
    """JA-5, JA-16, JA-17: both links are followed, and the list holds accounts of that client only."""
    clerk.open("/accounts/")
    clerk.link("Corner Shops")
    assert clerk.text("h1").startswith("Corner Shops [USD]")
    clerk.link("All accounts of the client")
    assert clerk.column("Client") == ["Corner Shops"]
    assert "Client: Corner Shops" in clerk.text(".chips")
    clerk.press(".chips a")
    assert len(set(clerk.column("Client"))) == 4
    clerk.link("Gateway")
    clerk.link("All accounts of Corner Shops")
    assert clerk.column("Client") == ["Corner Shops"]


def test_the_history_of_the_client_stands_in_the_audit_log(clerk: Clerk) -> None:
    """JA-18: opened from the row and from the client's page, and it holds what was changed about this client alone."""
    corner = client_id(clerk, "Corner Shops")
    clerk.open(f"/clients/{corner}/edit")
    clerk.type(notes="pays late")
    clerk.press("form.stackup button.main")
    clerk.open("/accounts/")
    acts_of(clerk, "Corner Shops", "History")
    assert clerk.text("h1") == "Audit log"
    assert set(clerk.column("Object")) == {f"client {corner}"}
    assert "pays late" in clerk.column("Changes")[0]
    clerk.open(f"/clients/{corner}")
    clerk.link("History")
    assert set(clerk.column("Object")) == {f"client {corner}"}
    clerk.open("/accounts/")
    clerk.link("Gateway")
    clerk.link("What was changed about the client")
    assert "pays late" in clerk.column("Changes")[0]


def test_the_arrow_opens_the_search_for_accounts_of_one_client(clerk: Clerk) -> None:
    """JA-21: the same place and look as for series, and Reset shows all again."""
    clerk.open("/accounts/")
    arrow, table = clerk.one(ARROW), clerk.one("[data-rows]")
    assert arrow.location["x"] > table.location["x"] + table.size["width"] / 2
    assert not clerk.one("#filter-client").is_displayed()
    arrow.click()
    clerk.choose("client", "Dear Networks")
    clerk.press(".tools details.advanced button.main")
    assert clerk.column("Client") == ["Dear Networks"]
    clerk.one(ARROW).click()
    clerk.press(".tools details.advanced a.button")
    assert len(clerk.column("Client")) >= 4


@pytest.mark.parametrize(
    ("field", "typed", "found"),
    [
        ("q", "127.0.0.5", ["Corner Shops"]),
        ("in_ident", "127.0.0.5", ["Corner Shops"]),
        ("in_proxy", "0.0.3", ["Second Telecom"]),
        ("in_endpoint", "dear", ["Dear Networks"]),
        ("in_tag", "nothing of this", []),
    ],
)
def test_keywords_are_looked_for_in_the_wanted_field(clerk: Clerk, field: str, typed: str, found: list[str]) -> None:
    """JA-22."""
    clerk.open("/accounts/")
    if field == "q":
        clerk.type(q=typed)
        clerk.press(".tools form > button")
    else:
        clerk.one(ARROW).click()
        clerk.type(**{field: typed})
        clerk.press(".tools details.advanced button.main")
    assert clerk.column("Client") == found


def test_an_account_is_disabled_first_and_deleted_with_its_sum(clerk: Clerk) -> None:
    """JA-12 to JA-14, JA-20: both boxes off is inactive; the deletion tells what goes back; the row stays, marked."""
    clerk.open(f"/accounts/new?client_id={client_id(clerk, 'Corner Shops')}")
    clerk.type(name="Short", addresses="192.0.2.77", originator_enabled=True)
    clerk.press("form.stackup button.main")
    with Session(clerk.shop.engine) as session:
        made = session.scalars(select(Account.id).where(Account.name == "Short")).one()
    clerk.open(f"/accounts/{made}/edit")
    clerk.type(originator_enabled=False)
    clerk.press("form.stackup button.main")
    assert "inactive" in clerk.text("h1")
    clerk.open(f"/accounts/{made}/edit")
    clerk.type(originator_enabled=True)
    clerk.press("form.stackup button.main")
    clerk.open("/accounts/?in_account=Short")
    acts_of(clerk, "Corner Shops", "Delete")
    assert "Goes back to Corner Shops" in clerk.text()
    clerk.press("form[action$='/disable'] button.main")
    assert "inactive" in clerk.text("h1")
    clerk.link("Delete …")
    clerk.one("main details summary").click()
    clerk.type(reason="a test")
    clerk.press("main details button.danger")
    assert "deleted" in clerk.text()
    clerk.open("/accounts/?in_account=Short")
    assert clerk.column("Client") == []
    with Session(clerk.shop.engine) as session:
        assert session.get_one(Account, made).deleted_at is not None
