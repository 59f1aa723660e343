"""A real call from a real browser: WebRTC through Asterisk's websocket, keys as tones, the exact charge."""

from __future__ import annotations

import json
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import chromium
import pytest
from chromium import complaints, next_page, press, started_chromium, violations
from demo_house import House, asterisk_ports, demo_house
from handset import answer, at_the_phone, part, wait
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import alert_is_present
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_web.views.ivr.simulator import SIP_LIBRARY
from ivr_prompts.wav import wav_bytes
from models import CallRecord, LedgerEntry
from models.database import make_engine
from services.money.verify_ledger import verify_ledger
from telephony.boot import console
from telephony.configuration import CHECKOUT
from telephony.instance import read_instance
from telephony.program import find_asterisk
from tests.asterisk_fixtures import asterisk_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium import webdriver

    from telephony.program import AsteriskProgram

__all__ = ["asterisk_program"]
pytestmark = [pytest.mark.browser, pytest.mark.asterisk, pytest.mark.timeout(400)]
FAKE_MICROPHONE = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
TONE = wav_bytes(struct.pack("<1600h", *([6_000, -6_000] * 800)))
DESTINATION = "37060000042"  # the demo's cheapest carrier refuses it, the second one answers
KEEP_CONNECTION = """
const Real = RTCPeerConnection;
window.RTCPeerConnection = function (...all) { return (window.lastConnection = new Real(...all)); };
"""
SOUND = """
const done = arguments[arguments.length - 1];
window.lastConnection.getStats().then((stats) => {
  const sound = [...stats.values()].find((one) => one.type === "inbound-rtp");
  done(sound ? [sound.packetsReceived, sound.totalAudioEnergy ?? 0] : [0, 0]);
});
"""
CALL_AGAIN = """
const [ticket, number, done] = arguments;
const line = window.callingcardBrowserLine({ ended: (why) => done(why || "an ordinary end") });
line.dial(ticket, number);
"""
A_TICKET = """
const [page, done] = [document.querySelector("[data-phone]"), arguments[0]];
const body = new FormData(document.querySelector("[data-order]"));
fetch(page.dataset.browserCall, { method: "POST", body }).then((answer) => answer.json()).then(done);
"""


@pytest.fixture(scope="module")
def house(asterisk_program: AsteriskProgram, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    if not (CHECKOUT / "admin_web" / "static" / SIP_LIBRARY).exists():
        pytest.skip("npm brought no SIP library: make assets")
    folder = tmp_path_factory.mktemp("house")
    ports = asterisk_ports()
    with demo_house(
        folder, asterisk_program, trace_file=folder / "trace.jsonl", asterisk_root=asterisk_program.root, **ports
    ) as made:
        yield made


@pytest.fixture(scope="module")
def caller() -> Iterator[webdriver.Chrome]:
    """A browser with a microphone that beeps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chromium, "FLAGS", (*chromium.FLAGS, *FAKE_MICROPHONE))
        with started_chromium() as driver:
            yield driver


@pytest.fixture
def page(caller: webdriver.Chrome, house: House) -> webdriver.Chrome:
    at_the_phone(caller, house)
    caller.find_element(By.CSS_SELECTOR, "input[value=browser]").click()
    return caller


def test_a_call_from_the_browser_is_charged_to_the_micro(page: webdriver.Chrome, house: House) -> None:
    """Steps M-19 to M-26 by sound and tones: 0.10 connection, and the first block of a minute at 0.07."""
    card = house.card(5)
    page.execute_script(KEEP_CONNECTION)
    page.find_element(By.CSS_SELECTOR, "[data-dial]").click()
    answer(page, card["keys"])
    answer(page, card["pin"])
    answer(page, f"{DESTINATION}#")
    packets, energy = page.execute_async_script(SOUND)
    assert packets > 100, "the prompts came as sound"
    assert energy > 0.001, "and were not silence"
    wait(page, lambda _: is_talking(house))
    wait(page, lambda it: so_far(it) == 170_000)
    assert "What it costs so far" in part(page, "bill"), "line by line while the call goes on"
    page.find_element(By.CSS_SELECTOR, "[data-wire] summary").click()
    transcript = part(page, "wire")
    assert "asked\nenter-pin" in transcript
    assert card["pin"] not in transcript
    page.find_element(By.CSS_SELECTOR, "[data-hang-up]").click()
    wait(page, lambda it: "Charged" in part(it, "bill"))
    wait(page, lambda it: part(it, "state") == "Call is over")
    assert page.find_element(By.CSS_SELECTOR, "[data-charged]").get_attribute("data-charged") == "170000"

    talk = part(page, "talk")
    assert "Your balance is five dollars." in talk
    assert f"demo.cheap: {DESTINATION}, CONGESTION (34)" in talk
    assert f"demo.second: {DESTINATION}, ANSWER (16)" in talk
    done = page.find_elements(By.CSS_SELECTOR, ".ten-steps .done, .ten-steps .now")
    assert [step.get_attribute("data-step") for step in done] == [str(number) for number in range(3, 11)]
    assert card["pin"] not in page.page_source
    assert complaints(page) == []
    assert violations(page) == []
    with look(house) as session:
        record = session.scalars(select(CallRecord).where(CallRecord.destination == DESTINATION)).one()
        booked = select(func.sum(LedgerEntry.amount_micros)).where(LedgerEntry.call_id == record.call_id)
        assert (record.cost_micros, session.scalar(booked)) == (170_000, 170_000)
        assert record.is_test, "a call that an operator tries"
        assert (record.caller_id or "").startswith("1555"), "a number of its own"
        assert verify_ledger(session) == []


def test_who_leaves_the_page_gives_the_line_back(page: webdriver.Chrome, house: House) -> None:
    """And Asterisk ends the call with the websocket."""
    page.find_element(By.CSS_SELECTOR, "[data-dial]").click()
    wait(page, lambda it: "Please enter your card number" in part(it, "talk"))
    (line,) = leases(house)
    assert line["ended_at"] is None
    page.get(f"{house.address}/calls/")
    wait(page, lambda _: leases(house)[0]["ended_at"] is not None)
    wait(page, lambda _: "0 active channels" in asterisk(house, "core show channels count"))


def test_a_password_is_worth_nothing_after_its_call(page: webdriver.Chrome, house: House) -> None:
    """The next call's password is another, and the one before is refused."""
    del house
    ticket: dict[str, Any] = page.execute_async_script(A_TICKET)
    other: dict[str, Any] = page.execute_async_script(A_TICKET)
    assert ticket["password"] != other["password"]
    refused = page.execute_async_script(CALL_AGAIN, ticket, "18005550100")
    assert refused in {"Authentication Error", "Rejected"}


def test_a_stranger_on_the_websocket_reaches_no_number(page: webdriver.Chrome, house: House) -> None:
    """Not even from the address of a carrier who may call access numbers, which loopback is in the demo."""
    ticket: dict[str, Any] = page.execute_async_script(A_TICKET)
    stranger = {**ticket, "line": "37060000001"}
    assert page.execute_async_script(CALL_AGAIN, stranger, "18005550100") == "Not Found"
    line = {**ticket, "password": "guessed"}
    assert page.execute_async_script(CALL_AGAIN, line, "18005550100") in {"Authentication Error", "Rejected"}
    assert page.execute_async_script(CALL_AGAIN, ticket, "+37060000042999999") == "Not Found"
    with look(house) as session:
        assert verify_ledger(session) == []


def test_a_prompt_is_played_and_replaced_by_a_recording(page: webdriver.Chrome, house: House, tmp_path: Path) -> None:
    """One sound at a time; what is uploaded is what Asterisk plays from then on."""
    page.get(f"{house.address}/prompts/en/emergency-not-possible")  # the longest: it is not over before we look
    page.find_element(By.CSS_SELECTOR, "[data-play]").click()
    wait(page, lambda it: it.find_elements(By.CSS_SELECTOR, ".play.playing"))
    wait(page, lambda it: not it.find_elements(By.CSS_SELECTOR, ".play.playing"))
    page.get(f"{house.address}/prompts/en/welcome")
    (tmp_path / "tone.wav").write_bytes(TONE)
    page.find_element(By.ID, "recording").send_keys(str(tmp_path / "tone.wav"))
    with next_page(page):
        page.find_element(By.CSS_SELECTOR, "button.main[data-question]").click()
        wait(page, alert_is_present())
        page.switch_to.alert.accept()
    assert "Callers hear the new file" in page.find_element(By.CSS_SELECTOR, ".message.good").text
    assert (house.settings.prompts_dir / "en" / "welcome.wav").read_bytes() == TONE
    assert complaints(page) == []
    assert violations(page) == []
    press(page, "form[action$=undo] button")
    assert "generated" in page.find_element(By.CSS_SELECTOR, ".origin").text


def so_far(page: webdriver.Chrome) -> int | None:
    """What the call that is up has cost until now, in micros."""
    found: str | None = page.execute_script("return document.querySelector('[data-so-far]')?.dataset.soFar ?? null")
    return None if found is None else int(found)


@contextmanager
def look(house: House) -> Iterator[Session]:
    engine = make_engine(house.settings.database_url_or_default, pool_size=1)
    with Session(engine) as session:
        yield session
    engine.dispose()


def asterisk(house: House, command: str) -> str:
    return console(
        read_instance(house.settings.platform_dir), find_asterisk(root=house.settings.asterisk_root), command
    )


def leases(house: House) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((house.settings.state_dir / "phones" / "browser.json").read_text())
    return found


def is_talking(house: House) -> bool:
    """Both are bridged: who hangs up when only the carrier has answered may still be the one who gave up too early."""
    rows = read_instance(house.settings.platform_dir).cel_file.read_text().splitlines()
    return any('"BRIDGE_ENTER"' in row and "PJSIP/demo.second" in row for row in rows)
