"""The portal served as in production, a Chromium before it, and the holder of a card who logs in there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from chromium import draw, next_page, press, started_chromium
from factories import BRITAIN, KEYS, LITHUANIA, World, a_world, answered, not_answered
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from sqlalchemy import update
from sqlalchemy.orm import Session
from vouchers import vouchers
from werkzeug.serving import make_server

from billing.states import CardType
from models import CallerIdBinding, CallRecord
from portal_web.access import now
from portal_web.app import create_app
from services.keys.key_file import replace_pin_keys
from services.store.settings import Settings
from web_base.database import engines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium import webdriver
    from sqlalchemy import Engine

    from tests.factories import NewCard

PHONE = "37060000001"


@dataclass
class Shown:
    """The world that the portal shows: the first card has calls and a phone, the second nothing yet."""

    address: str
    cards: list[NewCard]
    codes: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def shown(engine_served: Engine, url_served: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with Session(engine_served, autoflush=False) as session, session.begin():
        world, codes = a_lived_in_world(session)
    folder = tmp_path_factory.mktemp("portal")
    replace_pin_keys(folder / "keys.json", KEYS)
    app = create_app(
        Settings(state_dir=folder, database_url=url_served, portal_support="+1 800 555 0199", _env_file=None)
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield Shown(f"http://127.0.0.1:{server.server_port}", world.cards, codes)
    server.shutdown()
    thread.join()
    server.server_close()
    for engine in engines(app):
        engine.dispose()


def a_lived_in_world(session: Session) -> tuple[World, list[str]]:
    group = {"card_type": CardType.RECHARGEABLE, "pinless_allowed": True}
    world = a_world(session, group=group, series={"portal_login": True})
    for place, (destination, seconds) in enumerate(((BRITAIN, 61), (BRITAIN, 754), (LITHUANIA, 125), (LITHUANIA, 0))):
        call_id = f"call-{place}"
        world.call(call_id, destination)
        world.settle(answered(call_id, seconds) if seconds else not_answered(call_id))
        recently = {"placed_at": now() - timedelta(hours=place + 1), "caller_id": "15550100"}
        session.execute(update(CallRecord).where(CallRecord.call_id == call_id).values(recently))
    session.add(CallerIdBinding(caller_id=PHONE, card_id=world.cards[0].card_id, bound_at=now()))
    return world, vouchers(session)


@pytest.fixture(scope="session")
def browser() -> Iterator[webdriver.Chrome]:
    with started_chromium() as driver:
        yield driver


@dataclass
class Hand:
    """A holder with the portal in one hand."""

    browser: webdriver.Chrome
    shown: Shown

    def open(self, path: str) -> None:
        self.browser.get(self.shown.address + path)

    def log_in(self, place: int = 0, pin: str | None = None) -> None:
        card = self.shown.cards[place]
        self.open("/log-in")
        number = self.browser.find_element(By.ID, "number")
        number.clear()
        number.send_keys(card.number)
        with next_page(self.browser):
            self.browser.find_element(By.ID, "pin").send_keys(card.pin if pin is None else pin, Keys.ENTER)

    def enter(self, css: str, text: str) -> None:
        """Type into the field, and send its form."""
        field = self.browser.find_element(By.CSS_SELECTOR, css)
        field.clear()
        with next_page(self.browser):
            field.send_keys(text, Keys.ENTER)

    def press(self, css: str) -> None:
        press(self.browser, css)

    def follow(self, words: str) -> None:
        with next_page(self.browser):
            self.browser.find_element(By.LINK_TEXT, words).click()

    @property
    def text(self) -> str:
        return self.browser.find_element(By.TAG_NAME, "body").text


@pytest.fixture
def hand(browser: webdriver.Chrome, shown: Shown) -> Hand:
    browser.delete_all_cookies()
    draw(browser, 390, "light")
    return Hand(browser, shown)
