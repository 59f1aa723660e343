"""The console served as in production, a Chromium before it, and an owner who is signed in."""

from __future__ import annotations

import sys
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chromium import WAIT_SECONDS_MAX, draw, started_chromium
from demo_shop import Clerk, DemoShop, demo_shop
from factories import KEYS, World, a_world, answered
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from served_console import served_console
from sqlalchemy import update
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from models import CallerIdBinding, Operator, Reseller
from services.accounts.save_gateway import create_gateway
from services.audit.audit import Actor, Door
from services.keys.key_file import replace_pin_keys
from services.operators.save_operator import OperatorRole, create_operator, set_password
from services.reports.roll_up_calls import roll_up_calls
from services.store.settings import Settings
from services.vouchers.make_vouchers import NewVoucherBatch, make_vouchers, open_voucher_batch
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium import webdriver
    from sqlalchemy import Engine

    from tests.databases import SqliteDatabases

NAME, PASSWORD = "Olga", "seven wet badgers"


@pytest.fixture(scope="module")
def served(engine_served: Engine) -> World:
    """The small world that the console shows."""
    with Session(engine_served, autoflush=False) as session, session.begin():
        world: World = a_world(session, group={"pinless_allowed": True})
        world.call("call-1")
        world.settle(answered("call-1", 61))
        session.add(CallerIdBinding(caller_id="37060000001", card_id=world.cards[0].card_id, bound_at=NOW))
        roll_up_calls(lambda work: work(session), NOW, UTC)
        session.add(Reseller(name="Reseller 1"))
        create_gateway(session, {"name": "gw-1", "address": "198.51.100.1"}, Actor("tests", Door.CLI), now())
        batch = NewVoucherBatch("May", "USD", 10_000_000, 3)
        batch_id = open_voucher_batch(session, batch, Actor("tests", Door.CLI), now())
        make_vouchers(session, KEYS, batch_id, now())
        create_operator(session, NAME, OperatorRole(Role.OWNER), Actor("tests", Door.CLI), now())
        set_password(session, NAME, PASSWORD, Actor("tests", Door.CLI), now())
    return world


@pytest.fixture(scope="module")
def address(served: World, url_served: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The console over it, served by threads as in production."""
    del served
    folder = tmp_path_factory.mktemp("console")
    replace_pin_keys(folder / "keys.json", KEYS)
    with served_console(Settings(state_dir=folder, database_url=url_served, _env_file=None)) as told:
        yield told


@pytest.fixture(scope="module")
def shop(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoShop]:
    """The demo with JeraSoft's example series and a month of calls, and the console over it."""
    with demo_shop(sqlite_databases.create(), tmp_path_factory.mktemp("shop")) as made:
        yield made


@pytest.fixture
def clerk(browser: webdriver.Chrome, shop: DemoShop) -> Clerk:
    """The owner before a browser, signed in."""
    made = Clerk(browser, shop)
    made.sign_in("Olga")
    return made


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    with started_chromium() as driver:
        yield driver


@pytest.fixture
def inside(browser: webdriver.Chrome, address: str) -> Callable[[str], None]:
    """Signed in; opens a page by its path."""
    browser.delete_all_cookies()
    draw(browser, 1440, "light")
    browser.get(f"{address}/sign-in")
    browser.find_element(By.ID, "name").send_keys(NAME)
    browser.find_element(By.ID, "password").send_keys(PASSWORD, Keys.ENTER)
    WebDriverWait(browser, WAIT_SECONDS_MAX).until(lambda it: it.title.startswith(("Dashboard", "Panel")))
    return lambda path: browser.get(address + path)


@pytest.fixture
def in_spanish(engine_served: Engine, served: World) -> Iterator[None]:
    """The operator's own language, as it is kept."""
    del served
    for language in ("es", "en"):
        with Session(engine_served) as session, session.begin():
            session.execute(update(Operator).values(language=language))
        if language == "es":
            yield
