"""The console in a real browser: wide and narrow, light and dark, by keys alone, under its policy for scripts."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import pytest
from factories import World, a_world, answered
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from admin_web.access import now
from admin_web.app import create_app
from admin_web.database import engines
from billing.rights import Role
from models import CallerIdBinding
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator, set_password
from services.reports.roll_up_calls import roll_up_calls
from services.store.settings import Settings
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.databases import SqliteDatabases

pytestmark = pytest.mark.browser
WAIT_SECONDS_MAX = 20
NAME, PASSWORD = "Olga", "seven wet badgers"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
PAGES = (
    "/",
    "/live/",
    "/calls/",
    "/calls/call-1",
    "/alerts/",
    "/groups/",
    "/series/",
    "/series/?status=deleted",
    "/series/1/",
    "/series/1/edit",
    "/series/generate",
    "/cards/",
    "/cards/?least=abc",
    "/cards/1-000000001",
    "/phones/",
    "/rates/",
    "/rates/1/",
    "/rates/1/?q=44207",
    "/accessnumbers/",
    "/clients/",
    "/accounts/",
    "/ledger/",
    "/reports/",
    "/reports/?by=destination&from=2026-11-01&until=2026-11-30",
    "/reports/?from=nonsense",
    "/jobs/",
    "/operators/",
    "/audit/",
    "/search/?q=nothing",
    "/nowhere",
)
Drawn = tuple[int, str]
WAYS: tuple[Drawn, ...] = ((1440, "light"), (1440, "dark"), (390, "light"), (390, "dark"))


@pytest.fixture(scope="module")
def address(sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The console over a small world, served by threads as in production."""
    url = sqlite_databases.create()
    engine = make_engine(url)
    with Session(engine, autoflush=False) as session, session.begin():
        world: World = a_world(session, group={"pinless_allowed": True})
        world.call("call-1")
        world.settle(answered("call-1", 61))
        session.add(CallerIdBinding(caller_id="37060000001", card_id=world.cards[0].card_id, bound_at=NOW))
        roll_up_calls(lambda work: work(session), NOW, UTC)
        create_operator(session, NAME, OperatorRole(Role.OWNER), Actor("tests", Door.CLI), now())
        set_password(session, NAME, PASSWORD, Actor("tests", Door.CLI), now())
    app = create_app(Settings(state_dir=tmp_path_factory.mktemp("console"), database_url=url, _env_file=None))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    for used in (engine, *engines(app)):
        used.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = Options()
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        yield driver
        driver.quit()


def draw(browser: webdriver.Chrome, width: int, colours: str) -> None:
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"features": [{"name": "prefers-color-scheme", "value": colours}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)


@pytest.fixture
def inside(browser: webdriver.Chrome, address: str) -> Callable[[str], None]:
    """Signed in; opens a page by its path."""
    browser.delete_all_cookies()
    draw(browser, 1440, "light")
    browser.get(f"{address}/sign-in")
    browser.find_element(By.ID, "name").send_keys(NAME)
    browser.find_element(By.ID, "password").send_keys(PASSWORD, Keys.ENTER)
    WebDriverWait(browser, WAIT_SECONDS_MAX).until(lambda it: it.title.startswith("Dashboard"))
    return lambda path: browser.get(address + path)


def complaints(browser: webdriver.Chrome) -> list[str]:
    """What the browser wrote to its console: refused scripts, missing files, errors. A page of status 4xx is told
    there too, as a failed load of itself.
    """
    own = browser.current_url.split("?")[0]
    return [entry["message"] for entry in browser.get_log("browser") if not entry["message"].startswith(own)]


def violations(browser: webdriver.Chrome) -> list[str]:
    browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE})
    found: list[dict[str, Any]] = browser.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run().then((found) => done(found.violations));"
    )
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in found]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_fault_that_a_machine_can_see(
    browser: webdriver.Chrome, inside: Callable[[str], None], path: str
) -> None:
    """0 violations of accessibility, of the policy for scripts, 0 errors in the console: in all four ways."""
    for width, colours in WAYS:
        draw(browser, width, colours)
        browser.get_log("browser")
        inside(path)
        assert violations(browser) == [], (width, colours)
        assert complaints(browser) == [], (width, colours)
        wide = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide} at {width}"
        assert len(browser.find_elements(By.TAG_NAME, "h1")) == 1


def test_the_door_has_no_fault_either(browser: webdriver.Chrome, address: str) -> None:
    browser.delete_all_cookies()
    for width, colours in WAYS:
        draw(browser, width, colours)
        browser.get(f"{address}/sign-in")
        assert violations(browser) == []


def test_the_slash_finds_a_card_by_its_number(browser: webdriver.Chrome, inside: Callable[[str], None]) -> None:
    inside("/calls/")
    browser.find_element(By.TAG_NAME, "body").send_keys("/")
    browser.switch_to.active_element.send_keys("1-000000002", Keys.ENTER)
    assert browser.find_element(By.TAG_NAME, "h1").text.startswith("Card 1-000000002")


def test_rows_are_walked_by_j_and_k(browser: webdriver.Chrome, inside: Callable[[str], None]) -> None:
    inside("/cards/")
    body = browser.find_element(By.TAG_NAME, "body")
    body.send_keys("j")
    assert browser.switch_to.active_element.text == "1-000000001"
    browser.switch_to.active_element.send_keys("j")
    assert browser.switch_to.active_element.text == "1-000000002"
    browser.switch_to.active_element.send_keys("k")
    assert browser.switch_to.active_element.text == "1-000000001"


def test_stopping_a_series_asks_first_and_no_means_no(browser: webdriver.Chrome, inside: Callable[[str], None]) -> None:
    """Trap D2: under a strict policy the question must not get lost."""
    inside("/series/1/")
    stop = "button[value=stop]"
    browser.find_element(By.CSS_SELECTOR, stop).click()
    browser.switch_to.alert.dismiss()
    assert "active" in browser.find_element(By.TAG_NAME, "h1").text
    browser.find_element(By.CSS_SELECTOR, stop).click()
    browser.switch_to.alert.accept()
    assert "stopped" in browser.find_element(By.TAG_NAME, "h1").text
    browser.find_element(By.CSS_SELECTOR, "button[value=activate]").click()
    assert "Series 1 is active" in browser.find_element(By.CSS_SELECTOR, ".message").text


def test_a_refused_form_takes_the_focus_to_what_is_wrong(
    browser: webdriver.Chrome, inside: Callable[[str], None]
) -> None:
    inside("/series/generate")
    browser.find_element(By.ID, "field-number").send_keys("9")
    browser.find_element(By.ID, "field-face_value_micros").send_keys("5,00")
    browser.find_element(By.CSS_SELECTOR, "form.stackup button.main").click()
    focused = browser.switch_to.active_element
    assert focused.get_attribute("role") == "alert"
    assert "comma" in focused.text
    assert browser.find_element(By.ID, "field-face_value_micros").get_attribute("value") == "5,00"


def test_the_frame_speaks_spanish_when_asked(browser: webdriver.Chrome, inside: Callable[[str], None]) -> None:
    inside("/")
    browser.find_element(By.CSS_SELECTOR, "details.user summary").click()
    browser.find_element(By.CSS_SELECTOR, "option[value=es]").click()
    browser.find_element(By.CSS_SELECTOR, "details.user form button").click()
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "es"
    browser.find_element(By.CSS_SELECTOR, "details.user summary").click()
    browser.find_element(By.CSS_SELECTOR, "option[value=en]").click()
    browser.find_element(By.CSS_SELECTOR, "details.user form button").click()
