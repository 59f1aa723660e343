"""Chromium's own security key, of no metal: it speaks CTAP2 to the browser, and the browser WebAuthn to the page."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium import webdriver

OPTIONS = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "automaticPresenceSimulation": True,
}


class VirtualKey:
    """In the port of the computer, and pressed whenever a page asks."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self.browser = browser
        self.id: str = self._ask("addVirtualAuthenticator", options=OPTIONS)["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("getCredentials", authenticatorId=self.id)["credentials"]
        return found

    def put(self, credential: dict[str, Any]) -> None:
        """A copy of a key, with the counter of that moment."""
        self._ask("addCredential", authenticatorId=self.id, credential=credential)

    def clear(self) -> None:
        self._ask("clearCredentials", authenticatorId=self.id)

    def press(self, *, pressed: bool) -> None:
        self._ask("setAutomaticPresenceSimulation", authenticatorId=self.id, enabled=pressed)

    def pull_out(self) -> None:
        self._ask("removeVirtualAuthenticator", authenticatorId=self.id)

    def _ask(self, act: str, **values: Any) -> Any:  # noqa: ANN401 (what the browser answers)
        return self.browser.execute_cdp_cmd(f"WebAuthn.{act}", values)


@contextmanager
def virtual_key(browser: webdriver.Chrome) -> Iterator[VirtualKey]:
    browser.execute_cdp_cmd("WebAuthn.enable", {})
    key = VirtualKey(browser)
    try:
        yield key
    finally:
        key.pull_out()
        browser.execute_cdp_cmd("WebAuthn.disable", {})
