"""Security keys in a real browser, whose own authenticator registers and signs (console.md 11.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from chromium import WAIT_SECONDS_MAX, complaints, draw, next_page, press, violations
from conftest import NAME, PASSWORD
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from virtual_key import VirtualKey, virtual_key

from admin_web.access import now
from models import AuditEntry, Operator, OperatorPasskey, OperatorSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium import webdriver
    from sqlalchemy import Engine

pytestmark = pytest.mark.browser
PRESS = "[data-key-press]"
PROBLEM = "[data-key-problem]"
WAYS = ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark"))


class Desk:
    """The owner before a browser with a security key in it."""

    def __init__(self, browser: webdriver.Chrome, address: str, engine: Engine, key: VirtualKey) -> None:
        self.browser, self.address, self.engine, self.key = browser, address, engine, key

    def open(self, path: str) -> None:
        self.browser.get(self.address + path)

    def enter_password(self) -> None:
        self.browser.delete_all_cookies()
        self.open("/sign-in")
        self.browser.find_element(By.ID, "name").send_keys(NAME)
        with next_page(self.browser):
            self.browser.find_element(By.ID, "password").send_keys(PASSWORD, Keys.ENTER)

    def register(self, name: str) -> None:
        self.open("/me/keys/new")
        field = self.browser.find_element(By.ID, "name")
        field.clear()
        field.send_keys(name)
        press(self.browser, PRESS)

    def sign_in_by_key(self) -> None:
        self.enter_password()
        press(self.browser, PRESS)

    def title(self) -> str:
        return self.browser.find_element(By.TAG_NAME, "h1").text

    def text(self) -> str:
        return self.browser.find_element(By.TAG_NAME, "main").text

    def problem(self) -> str:
        """Of the key, once it is told."""
        told = self.browser.find_element(By.CSS_SELECTOR, PROBLEM)
        WebDriverWait(self.browser, WAIT_SECONDS_MAX).until(lambda _: told.is_displayed())
        return told.text

    def acts(self) -> list[str]:
        with Session(self.engine) as session:
            return list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.number)))


@pytest.fixture
def desk(browser: webdriver.Chrome, address: str, engine_served: Engine) -> Iterator[Desk]:
    """By the name under which the console is reached: browsers keep keys for names."""
    draw(browser, 1440, "light")
    with virtual_key(browser) as key:
        yield Desk(browser, address.replace("127.0.0.1", "localhost"), engine_served, key)
    with Session(engine_served) as session, session.begin():
        session.execute(delete(OperatorPasskey))
        session.execute(update(Operator).values(recovery_codes=[], failures_in_row=0, locked_until=None))


def test_a_key_is_registered_lets_in_and_is_removed(desk: Desk) -> None:
    before = len(desk.acts())
    desk.enter_password()
    assert desk.title() == "Dashboard"
    desk.register("The blue one")
    assert desk.title() == "Your recovery codes"
    assert "asks for your security key from now on" in desk.text()
    assert len(desk.browser.find_elements(By.CSS_SELECTOR, ".codes li")) == 10
    assert len(desk.key.credentials()) == 1

    desk.enter_password()
    assert desk.title() == "Your second factor"
    focused = desk.browser.switch_to.active_element
    assert focused.text == "Use your security key"
    with next_page(desk.browser):
        focused.send_keys(Keys.ENTER)
    assert desk.title() == "Dashboard"

    desk.open("/me/")
    assert "The blue one" in desk.text()
    press(desk.browser, "td a[href*='/me/keys/']")
    with next_page(desk.browser):
        desk.browser.find_element(By.CSS_SELECTOR, "button.danger").click()
        desk.browser.switch_to.alert.accept()
    assert "lets nobody in any more" in desk.text()
    desk.enter_password()
    assert desk.title() == "Dashboard"
    told = [act for act in desk.acts()[before:] if "key" in act]
    assert told == ["security key added", "signed in by a security key", "security key removed"]


def test_a_copy_of_a_key_is_told_by_its_counter(desk: Desk) -> None:
    desk.enter_password()
    desk.register("blue")
    copied = desk.key.credentials()[0]
    desk.sign_in_by_key()
    desk.sign_in_by_key()
    assert desk.title() == "Dashboard"
    desk.key.clear()
    desk.key.put(copied)
    desk.sign_in_by_key()
    assert desk.title() == "Your second factor"
    assert "its counter went back" in desk.browser.find_element(By.CSS_SELECTOR, "[role=alert]").text
    assert "security key refused: its counter went back" in desk.acts()
    desk.open("/cards/")
    assert desk.title() == "Sign in"


def test_before_secrets_the_key_is_asked_again_with_the_password(desk: Desk) -> None:
    desk.enter_password()
    desk.register("blue")
    with Session(desk.engine) as session, session.begin():
        session.execute(update(OperatorSession).values(proved_at=now() - timedelta(hours=1)))
    desk.open("/me/password")
    assert desk.title() == "Your password again"
    desk.browser.find_element(By.CSS_SELECTOR, PRESS).click()
    assert desk.browser.switch_to.active_element.get_attribute("id") == "password", "nothing is asked without it"
    with next_page(desk.browser):
        desk.browser.find_element(By.ID, "password").send_keys(PASSWORD, Keys.ENTER)
    assert desk.title() == "Your new password"


def test_on_another_address_no_key_is_asked_for(desk: Desk) -> None:
    """A page that looks like ours elsewhere gets nothing; here the browser and the page know the difference."""
    desk.enter_password()
    desk.register("blue")
    desk.address = desk.address.replace("localhost", "127.0.0.1")
    desk.enter_password()
    assert desk.title() == "Your second factor"
    assert not desk.browser.find_element(By.CSS_SELECTOR, PRESS).is_displayed()
    assert "Security keys belong to one address of this console: http://localhost:" in desk.text()
    refused = desk.browser.execute_async_script(
        "const done = arguments[0]; navigator.credentials.get({publicKey: {challenge: new Uint8Array(32),"
        " rpId: 'localhost'}}).then(() => done('signed'), (failed) => done(failed.name));"
    )
    assert refused == "SecurityError"


def test_a_key_that_is_not_known_or_known_already_is_told_at_once(desk: Desk) -> None:
    desk.enter_password()
    desk.register("blue")
    desk.open("/me/keys/new")
    desk.browser.find_element(By.CSS_SELECTOR, PRESS).click()
    assert "registered already" in desk.problem()
    desk.key.clear()
    desk.enter_password()
    desk.browser.find_element(By.CSS_SELECTOR, PRESS).click()
    assert "did not answer" in desk.problem()
    assert desk.browser.find_element(By.CSS_SELECTOR, PRESS).is_enabled()


@pytest.mark.parametrize("language", ["en", "es"])
def test_pages_of_keys_have_no_fault_that_a_machine_can_see(desk: Desk, language: str) -> None:
    """0 violations of accessibility and of the policy for scripts, with a key and at the door."""
    desk.enter_password()
    desk.register("blue")
    with Session(desk.engine) as session, session.begin():
        session.execute(update(Operator).values(language=language))
        key_id = session.scalars(select(OperatorPasskey.id)).one()
    for path in ("/me/", f"/me/keys/{key_id}", "/me/keys/new", "/prove", "/sign-in/code"):
        if path == "/sign-in/code":
            desk.enter_password()
        for width, colours in WAYS:
            draw(desk.browser, width, colours)
            desk.browser.get_log("browser")
            desk.open(path)
            assert violations(desk.browser) == [], (path, width, colours)
            assert complaints(desk.browser) == [], (path, width, colours)
            wide = desk.browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, f"{path} scrolls sideways by {wide} at {width}"
    with Session(desk.engine) as session, session.begin():
        session.execute(update(Operator).values(language="en"))
