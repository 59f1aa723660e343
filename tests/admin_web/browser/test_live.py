"""Live calls in a real browser: they appear, are answered and end by themselves, on every page that is open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from chromium import WAIT_SECONDS_MAX, complaints, next_page, tab_to, violations
from factories import World, answered
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import BlockedPhone, Job
from services.live.note_sighting import note_lost, note_sighting
from services.live.sighting import SeenCall, Sighting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium import webdriver
    from sqlalchemy import Engine

pytestmark = pytest.mark.browser
NAME = "Olga"


@dataclass(frozen=True)
class LiveLine:
    """One call on the served platform, moved on as FastAGI and the watcher do."""

    call_id: str
    world: World
    engine: Engine

    @property
    def row(self) -> str:
        return f"tr[data-key='{self.call_id}']"

    def place(self) -> None:
        with Session(self.engine, autoflush=False) as session, session.begin():
            replace(self.world, session=session).call(self.call_id, place=1)

    def settle(self) -> None:
        with Session(self.engine, autoflush=False) as session, session.begin():
            replace(self.world, session=session).settle(answered(self.call_id, 5))

    def seen(self, answered_at_ms: int | None = None) -> None:
        leg = "PJSIP/test.cheap-00000001" if answered_at_ms else ""
        call = SeenCall(call_id=self.call_id, leg_channel=leg, answered_at_ms=answered_at_ms)
        with Session(self.engine) as session, session.begin():
            note_sighting(session, Sighting("north", 60, [call], frozenset(), 2))


@pytest.fixture
def line(request: pytest.FixtureRequest, served: World, engine_served: Engine) -> Iterator[LiveLine]:
    made = LiveLine(request.node.name[:40], served, engine_served)
    yield made
    made.settle()


def until(browser: webdriver.Chrome, condition: Callable[[], object]) -> None:
    WebDriverWait(browser, WAIT_SECONDS_MAX, poll_frequency=0.05).until(lambda _: condition())


def shown(browser: webdriver.Chrome, line: LiveLine) -> str:
    """The row of the call as it is told, its running clock included."""
    return str(browser.execute_script("return document.querySelector(arguments[0])?.innerText ?? ''", line.row))


@pytest.fixture
def tabs(browser: webdriver.Chrome, inside: Callable[[str], None], address: str) -> Iterator[tuple[str, str]]:
    """Two pages of live calls that are open at once."""
    inside("/live/")
    first = browser.current_window_handle
    browser.switch_to.new_window("tab")
    second = browser.current_window_handle
    browser.get(f"{address}/live/")
    yield first, second
    browser.switch_to.window(second)
    browser.close()
    browser.switch_to.window(first)


def test_a_call_appears_moves_and_ends_on_every_open_page(
    browser: webdriver.Chrome, tabs: tuple[str, str], line: LiveLine
) -> None:
    browser.get_log("browser")  # what pages of before complained of
    line.place()
    for tab in tabs:
        browser.switch_to.window(tab)
        until(browser, lambda: "dialled" in shown(browser, line))
    line.seen(int(datetime.now(UTC).timestamp() * 1000))
    for tab in tabs:
        browser.switch_to.window(tab)
        until(browser, lambda: "talking" in shown(browser, line) and "test.cheap" in shown(browser, line))
        before = shown(browser, line)
        until(browser, lambda before=before: shown(browser, line) != before)  # its clock runs
        assert violations(browser) == []
        assert complaints(browser) == []
    line.settle()
    for tab in tabs:
        browser.switch_to.window(tab)
        until(browser, lambda: not shown(browser, line))
        assert "No calls now." in browser.find_element(By.TAG_NAME, "main").text


def test_a_lost_asterisk_is_a_banner_and_nothing_else_breaks(
    browser: webdriver.Chrome, inside: Callable[[str], None], line: LiveLine
) -> None:
    banner = ".message.warn"
    line.place()
    line.seen()
    inside("/live/")
    until(browser, lambda: shown(browser, line) and not browser.find_elements(By.CSS_SELECTOR, banner))
    with Session(line.engine) as session, session.begin():
        note_lost(session, "north", "connection refused")
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, banner))
    assert "Live data paused since 20" in browser.find_element(By.CSS_SELECTOR, banner).text
    assert "stale" in browser.find_element(By.CSS_SELECTOR, line.row).get_attribute("class")
    line.seen()
    until(browser, lambda: not browser.find_elements(By.CSS_SELECTOR, banner))
    line.settle()
    until(browser, lambda: not shown(browser, line))


def test_a_call_is_ended_and_its_phone_blocked_by_keys_alone(
    browser: webdriver.Chrome, inside: Callable[[str], None], line: LiveLine
) -> None:
    line.place()
    inside("/live/")
    until(browser, lambda: shown(browser, line))
    browser.find_element(By.CSS_SELECTOR, f"{line.row} [data-dialog]").send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "block-reason"
    for _ in range(6):  # the focus goes round within the dialog, and by way of the browser's own bar
        browser.switch_to.active_element.send_keys(Keys.TAB)
        assert browser.execute_script("return document.activeElement.closest('dialog, body').matches('dialog, body')")
        assert not browser.execute_script("return document.activeElement.closest('.side, .top, table')")
    browser.find_element(By.ID, "block-reason").send_keys(Keys.ESCAPE)
    until(browser, lambda: not browser.find_element(By.ID, "block-phone").is_displayed())
    assert browser.switch_to.active_element.text == "Block phone"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    with next_page(browser):
        browser.switch_to.active_element.send_keys("rings all day", Keys.ENTER)
    assert "may not call any more" in browser.find_element(By.CSS_SELECTOR, ".message.good").text
    until(browser, lambda: shown(browser, line))
    hang_up = tab_to(browser, f"{line.row} button.danger")
    hang_up.send_keys(Keys.ENTER)
    browser.switch_to.alert.dismiss()
    assert browser.switch_to.active_element == hang_up
    with next_page(browser):
        hang_up.send_keys(Keys.ENTER)
        browser.switch_to.alert.accept()
    assert "The watcher ends the call" in browser.find_element(By.CSS_SELECTOR, ".message.good").text
    with Session(line.engine) as session:
        phone = session.scalars(select(BlockedPhone)).one()
        assert (phone.reason, phone.blocked_by) == ("rings all day", f"console:{NAME}")
        assert session.scalars(select(Job.key).where(Job.kind == "end_call")).all() == [line.call_id]
