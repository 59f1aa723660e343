"""A real Chromium: its size and colours, what it complains of, and pages that follow on each other."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webelement import WebElement

WAIT_SECONDS_MAX = 20
TABS_MAX = 400
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


@contextmanager
def started_chromium() -> Iterator[webdriver.Chrome]:
    options = Options()
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with tempfile.TemporaryDirectory() as profile:
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        yield driver
        driver.quit()


@contextmanager
def next_page(browser: webdriver.Chrome) -> Iterator[None]:
    """What is done inside leads to another page: it is there and whole when this ends. A click comes back before the
    page it leads to, so that what is read next would still be the old one.
    """
    old = browser.find_element(By.TAG_NAME, "html")
    yield
    # Asked between two pages, the driver may fail in other words than that the element is stale: it is asked again.
    wait = WebDriverWait(browser, WAIT_SECONDS_MAX, ignored_exceptions=(WebDriverException,))
    wait.until(staleness_of(old))
    wait.until(lambda it: it.execute_script("return document.readyState") == "complete")


def press(browser: webdriver.Chrome, css: str) -> None:
    """Click what leads to another page."""
    with next_page(browser):
        browser.find_element(By.CSS_SELECTOR, css).click()


def tab_to(browser: webdriver.Chrome, css: str) -> WebElement:
    """Tab on until the focus is on it, as whoever has no mouse; what has the focus is marked by a ring."""
    for _ in range(TABS_MAX):
        focused = browser.switch_to.active_element
        if browser.execute_script("return arguments[0].matches(arguments[1])", focused, css):
            assert focused.value_of_css_property("outline-style") != "none", css
            return focused
        focused.send_keys(Keys.TAB)
    raise AssertionError(f"{css} is not reached by Tab")


def draw(browser: webdriver.Chrome, width: int, colours: str) -> None:
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    # Without motion: colours that change would fade into each other, and a browser without a screen may never finish.
    wished = {"prefers-color-scheme": colours, "prefers-reduced-motion": "reduce"}
    features = [{"name": name, "value": value} for name, value in wished.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


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
