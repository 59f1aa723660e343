"""A clerk at the console while its parts die: signs in, recharges cards by the console's own form, presses twice, and
remembers what was confirmed.
"""

from __future__ import annotations

import os
import re
import signal
import urllib.parse
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing.rights import Role
from billing.states import CardType
from command_line.demo.processes import Service
from models import CardGroup, LedgerEntry, LedgerKind
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator, set_password
from tests.asterisk_fixtures import free_tcp_port

if TYPE_CHECKING:
    import random

    from house import House

PASSWORD = "nine patient clerks"
PAGE_SECONDS_MAX = 20
AWAY = (OSError, HTTPException, AssertionError)  # what a browser sees of a console or a database that is dead
TESTS = Actor("tests", Door.CLI)


class Console:
    """`callingcard web` as a process, which may be killed with all its workers."""

    def __init__(self, house: House) -> None:
        self.house, self.port = house, free_tcp_port()
        self.service: Service | None = None

    def start(self) -> None:
        environment = {
            "CALLINGCARD_STATE_DIR": str(self.house.state),
            "CALLINGCARD_DATABASE_URL": self.house.database_url,
            "CALLINGCARD_CONSOLE_PORT": str(self.port),
            "CALLINGCARD_CONSOLE_WORKERS": "1",
        }
        self.service = Service("console", "admin_web", self.house.state / "log" / "web.log", environment)

    def kill(self) -> None:
        """kill -9, its workers too."""
        assert self.service is not None
        master = self.service.process.pid
        workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        self.service.process.kill()
        for worker in map(int, workers):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        self.service.process.wait()
        self.service = None

    def stop(self) -> None:
        if self.service is not None:
            self.service.stop()
            self.service = None


@dataclass
class Clerk:
    """`sent` are the references of all forms that left the browser, with their amounts; `confirmed` those that the
    console said were booked.
    """

    console: Console
    sent: dict[str, int] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        with Session(self.console.house.engine) as session, session.begin():
            now = datetime.now(UTC)
            create_operator(session, "Olga", OperatorRole(Role.OWNER), TESTS, now)
            set_password(session, "Olga", PASSWORD, TESTS, now)
            session.execute(update(CardGroup).values(card_type=CardType.RECHARGEABLE))
        self._new_browser()

    def _new_browser(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def work(self, dice: random.Random, number: str) -> None:
        """One recharge, by a form that is sent once or twice; AWAY when the console or its database is."""
        page = self._page(f"/cards/{number}")
        if 'name="password"' in page:
            self._sign_in(page)
            page = self._page(f"/cards/{number}")
        cents = dice.randrange(1, 500)
        form = {"csrf_token": _value(page, "csrf_token"), "token": _value(page, "token"), "amount": f"0.{cents:03}"}
        reference = f"recharge:console:{form['token']}"
        self.sent[reference] = cents * 1_000
        for _ in range(1 + (dice.random() < 0.5)):
            if "The card was recharged." in self._page(f"/cards/{number}/recharge", **form):
                self.confirmed.add(reference)

    def findings(self) -> list[str]:
        """What was confirmed is booked; what was sent is booked once at most, and nothing else is."""
        query = select(LedgerEntry.reference, LedgerEntry.amount_micros).where(
            LedgerEntry.kind == LedgerKind.RECHARGE, LedgerEntry.reference.startswith("recharge:console:")
        )
        with self.console.house.look() as session:
            booked = [(name, micros) for name, micros in session.execute(query)]
        found = [f"{lost} was confirmed and is not booked" for lost in self.confirmed - {name for name, _ in booked}]
        return found + [f"{name}: {micros} booked" for name, micros in booked if self.sent.get(name) != micros]

    def _sign_in(self, page: str) -> None:
        form = {"csrf_token": _value(page, "csrf_token"), "name": "Olga", "password": PASSWORD}
        assert "Olga" in self._page("/sign-in", **form)

    def _page(self, address: str, **form: str) -> str:
        data = urllib.parse.urlencode(form).encode() if form else None
        with self._opener.open(f"http://127.0.0.1:{self.console.port}{address}", data, PAGE_SECONDS_MAX) as answer:
            text: str = answer.read().decode()
        return text


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found, f"no {name} on the page"
    return found[1]
