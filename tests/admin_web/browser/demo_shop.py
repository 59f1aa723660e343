"""JeraSoft's example as a shop: the demo's data, the console over it, and a clerk before a browser."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chromium import WAIT_SECONDS_MAX, draw, next_page, press
from factories import KEYS
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait
from served_console import served_console
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from models import Distributor
from models.database import make_engine, session_factory
from services.audit.audit import Actor, Door
from services.demo.demo_data import ACCESS_NUMBER_AND_PIN, create_demo
from services.demo.demo_month import create_demo_month
from services.keys.key_file import replace_pin_keys
from services.operators.save_operator import OperatorRole, create_operator, set_password
from services.series.generate_cards import generate_cards
from services.series.waiting_series import waiting_series
from services.store.settings import Settings
from services.upkeep.expire_cards import cards_past, expire_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium import webdriver
    from selenium.webdriver.remote.webelement import WebElement
    from sqlalchemy import Engine

PASSWORD = "seven wet badgers"
OPERATORS = {"Olga": OperatorRole(Role.OWNER), "Rosa": OperatorRole(Role.RESELLER, "Reseller 1")}
ME = Actor("tests", Door.CLI)


@dataclass(frozen=True, slots=True)
class DemoShop:
    address: str
    engine: Engine

    def make_cards(self) -> None:
        """What the worker does with series that were ordered."""
        with Session(self.engine) as session:
            asked = waiting_series(session)
        for job_id in asked:
            generate_cards(session_factory(self.engine), KEYS, job_id, now)

    def expire(self) -> None:
        """What the worker does every night."""
        with Session(self.engine, autoflush=False) as session, session.begin():
            expire_cards(session, cards_past(session, now(), limit=1_000), ME, now())


@contextmanager
def demo_shop(url: str, folder: Path) -> Iterator[DemoShop]:
    engine = make_engine(url)
    replace_pin_keys(folder / "keys.json", KEYS)
    with Session(engine, autoflush=False) as session, session.begin():
        create_demo(session, KEYS, now(), 5080)
        create_demo_month(session, ACCESS_NUMBER_AND_PIN, now())
        session.add(Distributor(name="Kiosk"))
        for name, role in OPERATORS.items():
            create_operator(session, name, role, ME, now())
            set_password(session, name, PASSWORD, ME, now())
    with served_console(Settings(state_dir=folder, database_url=url, _env_file=None)) as address:
        yield DemoShop(address, engine)
    engine.dispose()


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who clicks and reads; whatever leads to another page waits for it."""

    browser: webdriver.Chrome
    shop: DemoShop

    def sign_in(self, name: str) -> None:
        self.browser.delete_all_cookies()
        draw(self.browser, 1440, "light")
        self.open("/sign-in")
        self.browser.find_element(By.ID, "name").send_keys(name)
        with next_page(self.browser):
            self.browser.find_element(By.ID, "password").send_keys(PASSWORD, Keys.ENTER)

    def open(self, path: str) -> None:
        self.browser.get(self.shop.address + path)

    def one(self, css: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, css)

    def text(self, css: str = "main") -> str:
        return self.one(css).text

    def has(self, css: str) -> bool:
        return bool(self.browser.find_elements(By.CSS_SELECTOR, css))

    def press(self, css: str) -> None:
        press(self.browser, css)

    def agree(self, css: str) -> None:
        """Press what asks first, and say yes."""
        with next_page(self.browser):
            self.one(css).click()
            self.browser.switch_to.alert.accept()

    def link(self, words: str, within: str = "main") -> None:
        """Follow the link of these words."""
        with next_page(self.browser):
            self.one(within).find_element(By.LINK_TEXT, words).click()

    def type(self, **fields: object) -> None:
        """Into fields by their names, as a form has them; a bool ticks a box."""
        for name, value in fields.items():
            field = self.one(f"main [name='{name}']:not([type=hidden])")
            if field.tag_name == "select":
                Select(field).select_by_value(str(value))
            elif isinstance(value, bool):
                if field.is_selected() is not value:
                    field.click()
            elif field.get_attribute("type") == "date":
                self.browser.execute_script("arguments[0].value = arguments[1]", field, value)
            else:
                field.clear()
                field.send_keys(str(value))

    def follow(self, act: Callable[[], object]) -> None:
        """Do what leads to another page."""
        with next_page(self.browser):
            act()

    def choose(self, name: str, words: str) -> None:
        Select(self.one(f"main select[name='{name}']")).select_by_visible_text(words)

    def value(self, name: str) -> str:
        return self.one(f"main [name='{name}']:not([type=hidden])").get_attribute("value") or ""

    def headings(self) -> list[str]:
        found = self.browser.find_elements(By.CSS_SELECTOR, "[data-rows] thead th")
        return [one.text.strip(" ↑↓") for one in found if one.text]

    def rows(self, *labels: str) -> list[list[str]]:
        """The cells under these headings, row by row."""
        found = self.browser.find_elements(By.CSS_SELECTOR, "[data-rows] tbody tr")
        return [
            [row.find_element(By.CSS_SELECTOR, f"td[data-label='{label}']").text for label in labels] for row in found
        ]

    def column(self, label: str) -> list[str]:
        cells: list[str] = self.browser.execute_script(
            "return [...document.querySelectorAll(`[data-rows] tbody td[data-label='${arguments[0]}']`)]"
            ".map((cell) => cell.innerText.trim())",
            label,
        )
        return cells


def downloaded(clerk: Clerk, folder: Path, css: str) -> Path:
    """Press what answers with a file; the file, when it is whole."""
    before = set(folder.iterdir())
    clerk.browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)})
    clerk.one(css).click()

    def whole(_browser: object) -> list[Path]:
        return [file for file in set(folder.iterdir()) - before if file.suffix in (".csv", ".xlsx")]

    return WebDriverWait(clerk.browser, WAIT_SECONDS_MAX).until(whole)[0]
