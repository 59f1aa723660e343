"""Secrets are planted, the whole platform is driven through calls, exports, errors and crashes, and then all that is
left behind is searched for them: logs, traces, pages, metrics, process lists, the database, its backup.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import CookieJar
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from databases import Cluster, free_port, started_cluster
from sqlalchemy import update
from sqlalchemy.orm import Session

from billing.rights import Role
from billing.states import CardType
from command_line.demo.processes import Service
from models import CardGroup
from models.database import make_engine
from services.audit.audit import Actor, Door
from services.operators.save_operator import OperatorRole, create_operator, set_password
from tests.asterisk_fixtures import wait_for
from tests.fastagi import fake_asterisk
from tests.fastagi.fake_asterisk import HANGS_UP, Channel, call_in, head

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(600)]
HOUSE = Path(__file__).parents[2]
DATABASE_PASSWORD, OPERATOR_PASSWORD = "planted-database-word", "seven planted badgers"
AMI_SECRETS = ("planted-watcher-word", "planted-console-word")
WRONG_PIN, WRONG_VOUCHER, WRONG_PASSWORD = "918273645546", "99887766554433", "a planted wrong password"
ACCESS = "18005550100"
LOGS = {"log/fastagi.log", "log/trace.jsonl", "log/web.log", "log/portal.log"}
LOOKED_AT = LOGS | {"whole.backup", "page away", "database"}
ALLOWED = {"keys.json", ".env", "asterisks.toml"}  # where secrets belong, each mode 600
PAGES = (
    *("/cards/", "/cards/?all=1&download=csv", "/calls/", "/calls/?download=csv", "/ledger/", "/series/", "/series/1/"),
    *("/vouchers/", "/vouchers/?download=csv", "/live/", "/alerts/", "/health/", "/operators/", "/me/", "/jobs/"),
    *("/audit/", "/audit/?download=csv", "/phones/", "/settings/", "/simulator/", "/nowhere", "/cards/9-999999999"),
)
HOLDERS_PAGES = ("/", "/calls", "/calls.csv", "/charges", "/phones", "/rates?q=370", "/settings", "/nowhere")
COMMANDS_THAT_FAIL = (
    ("card", "show", "1-999999999"),
    ("voucher", "show", "nothing"),
    ("calls", "show", "no-call"),
    ("series", "import", "cards.csv", "--group", "Number and PIN", "--rates", "RT ORIG", "--number", "77", "--yes"),
    ("doctor",),
    ("keys", "show"),
    ("audit", "list"),
)


@dataclass
class Platform:
    """Every process of it, in one folder; `said` is what commands printed and pages showed."""

    folder: Path
    cluster: Cluster
    database: str
    ports: dict[str, int]
    said: dict[str, str] = field(default_factory=dict)
    services: list[Service] = field(default_factory=list)

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "command_line", *words], cwd=self.folder, capture_output=True, text=True, check=False
        )
        return done.stdout + done.stderr

    def start(self, name: str, module: str, *arguments: str) -> Service:
        service = Service(name, module, self.folder / "log" / f"{name}.log", {}, arguments)
        self.services.append(service)
        return service

    def page(self, what: str, address: str, port: str, /, **form: str) -> str:
        """A page as a visitor sees it, with its cookies; whatever its status is."""
        data = urllib.parse.urlencode(form).encode() if form else None
        url = f"http://127.0.0.1:{self.ports[port]}{address}"
        try:
            with OPENER.open(url, data, timeout=20) as answer:
                text: str = answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                text = refused.read().decode()
        self.said[f"page {what}"] = text
        return text


COOKIES = CookieJar()
OPENER = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(COOKIES))


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """Its passwords stand in files that only their owner reads, as docs/reliability.md says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fake_asterisk, "PROMPTS", str(tmp_path / "state" / "prompts"))
    for name in [name for name in os.environ if name.startswith("CALLINGCARD_")]:
        monkeypatch.delenv(name)
    for cluster in started_cluster():
        url = cluster.create_database()
        database = url.replace("callingcard@", f"callingcard:{DATABASE_PASSWORD}@")
        ports = {name: free_port() for name in ("fastagi", "console", "portal", "fastagi_observe", "watch_observe")}
        platform = Platform(tmp_path, cluster, url, ports)
        secret_file(tmp_path / ".env", environment(tmp_path, database, ports))
        watcher, console = AMI_SECRETS
        table = f'[north]\nport = 1\nwatcher_secret = "{watcher}"\nconsole_secret = "{console}"\n'
        secret_file(tmp_path / "asterisks.toml", table)
        (tmp_path / "tmp").mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))  # what is left there is searched as well
        yield platform
        for service in platform.services:
            service.stop()


def secret_file(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def environment(folder: Path, database: str, ports: dict[str, int]) -> str:
    values = {
        "STATE_DIR": folder / "state",
        "DATABASE_URL": database,
        "ASTERISKS_FILE": folder / "asterisks.toml",
        "TRACE_FILE": folder / "log" / "trace.jsonl",
        **{f"{name.upper()}_PORT": port for name, port in ports.items()},
    }
    return "".join(f"CALLINGCARD_{name}={value}\n" for name, value in values.items())


@dataclass
class Planted:
    """What must be found nowhere, by what it is."""

    by_name: dict[str, str]
    cards: list[dict[str, str]]
    codes: list[str]


def plant(platform: Platform) -> Planted:
    """The demo, vouchers, an operator; a file of cards that cannot be imported."""
    (platform.folder / "log").mkdir()
    made: dict[str, Any] = json.loads(platform.run("init", "--demo", "--json"))
    cards = [card for card in made["cards"] if card["number"].startswith("1-")]
    vouchers = ("voucher", "make", "Planted", "--currency", "USD", "--value", "1.00", "--quantity", "3")
    platform.said["voucher make"] = platform.run(*vouchers)
    export = platform.run("voucher", "export", "Planted", "codes.csv", "--with-codes", "--yes")
    table = list(csv.DictReader((platform.folder / "codes.csv").read_text(encoding="utf-8-sig").splitlines()))
    codes = [row["Code"].replace(" ", "") for row in table]
    assert all(re.fullmatch(r"\d{14}", code) for code in codes), export
    (platform.folder / "codes.csv").unlink()
    now = datetime.now(UTC)
    engine = make_engine(platform.database, pool_size=1)
    with Session(engine) as session, session.begin():
        create_operator(session, "Olga", OperatorRole(Role.OWNER), Actor("tests", Door.CLI), now)
        set_password(session, "Olga", OPERATOR_PASSWORD, Actor("tests", Door.CLI), now)
        session.execute(update(CardGroup).values(menu_top_up=True, card_type=CardType.RECHARGEABLE))
    engine.dispose()
    bad_file = f"number,pin,balance\n77-000000001,{WRONG_PIN},1.00\n77-000000001,{WRONG_PIN},x\n"
    (platform.folder / "cards.csv").write_text(bad_file)
    keys = json.loads((platform.folder / "state" / "keys.json").read_text())
    planted = {f"key {name}": key for name, key in keys.items() if isinstance(key, str) and len(key) > 20}
    assert len(planted) >= 2
    planted |= {"database": DATABASE_PASSWORD, "operator": OPERATOR_PASSWORD, "wrong password": WRONG_PASSWORD}
    planted |= dict(zip(("watcher", "console"), AMI_SECRETS, strict=True))
    planted |= {f"PIN of {card['number']}": card["pin"] for card in cards}
    planted |= {f"voucher {place}": code for place, code in enumerate(codes)}
    return Planted({**planted, "wrong PIN": WRONG_PIN, "wrong voucher": WRONG_VOUCHER}, cards, codes)


def start_all(platform: Platform) -> None:
    platform.start("fastagi", "fastagi").wait_for_port("127.0.0.1", platform.ports["fastagi"])
    platform.start("watcher", "fastagi.watcher").wait_for_line("watcher started")
    platform.start("worker", "command_line", "worker").wait_for_line("ledger verified")
    platform.start("web", "admin_web").wait_for_port("127.0.0.1", platform.ports["console"])
    platform.start("portal", "portal_web").wait_for_port("127.0.0.1", platform.ports["portal"])


def dial(platform: Platform, *keys: str, unique_id: str) -> Channel:
    opening = head(arguments=("1", "", ACCESS)).replace(b"1700000000.1", unique_id.encode())
    return asyncio.run(call_in(platform.ports["fastagi"], Channel(list(keys)), opening))


def call_about(platform: Platform, planted: Planted) -> None:
    """Right and wrong PINs, a PIN where a number is asked for, vouchers, a hang-up in the PIN."""
    first, second, *_ = planted.cards
    number, pin = first["number"].replace("-", ""), first["pin"]
    other = second["number"].replace("-", "")
    dialled = dial(platform, number, pin, "9999000020#", unique_id="planted.1")
    assert dialled.variables["CARD_NEXT"] == "dial", dialled.heard
    dial(platform, other, WRONG_PIN, other, pin, HANGS_UP, unique_id="planted.2")
    dial(platform, other, second["pin"], f"{second['pin']}#", f"{second['pin']}99990000#", "*#", unique_id="planted.3")
    topped = ("*3#", f"{WRONG_VOUCHER}#", "*3#", f"{planted.codes[0]}#")
    heard = dial(platform, other, second["pin"], *topped, unique_id="planted.4").heard
    assert heard.count("enter-voucher") == 2, heard
    dial(platform, other, f"<{second['pin']}", unique_id="planted.5")


def look_about(platform: Platform, planted: Planted) -> None:
    """The console: by a wrong password and by the right one, pages, pages that are not there, broken forms."""
    token = token_of(platform.page("sign-in", "/sign-in", "console"))
    platform.page("refused", "/sign-in", "console", csrf_token=token, name="olga", password=WRONG_PASSWORD)
    token = token_of(platform.page("sign-in", "/sign-in", "console"))
    inside = platform.page("inside", "/sign-in", "console", csrf_token=token, name="olga", password=OPERATOR_PASSWORD)
    assert "Olga" in inside
    for name in (*PAGES, *(f"/cards/{card['number']}" for card in planted.cards[:3])):
        platform.page(name, name, "console")
    platform.page("without token", "/sign-in", "console", name="olga", password=OPERATOR_PASSWORD)
    for service in ("fastagi_observe", "watch_observe"):
        assert "callingcard_" in platform.page(service, "/metrics", service)
    assert planted


def look_as_holder(platform: Platform, planted: Planted) -> None:
    """The portal: a wrong PIN, fields mixed up, the right PIN, vouchers, every page, a PIN for a short number."""
    card = planted.cards[4]
    number, pin = card["number"], card["pin"]
    for place, (first, second) in enumerate(((number, WRONG_PIN), (pin, number), (number, pin))):
        token = token_of(platform.page(f"portal door {place}", "/log-in", "portal"))
        entered = {"csrf_token": token, "number": first, "pin": second}
        inside = platform.page(f"portal entered {place}", "/log-in", "portal", **entered)
    assert f'<h1 class="number">{number}</h1>' in inside
    for name in HOLDERS_PAGES:
        platform.page(f"portal {name}", name, "portal")
    token = token_of(platform.page("portal refill", "/refill", "portal"))
    for place, code in enumerate((planted.codes[1], planted.codes[1], WRONG_VOUCHER, pin)):
        told = platform.page(f"portal voucher {place}", "/refill", "portal", csrf_token=token, code=code)
        assert ("on your card already" in told) is (place == 1), told
    platform.page("portal short", "/settings/short", "portal", csrf_token=token, slot="1", number=pin)
    platform.page("portal without token", "/log-in", "portal", number=number, pin=pin)


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:500]
    return found[1]


def lose_the_database(platform: Platform, planted: Planted) -> None:
    """In mid-work: every part tells of it in its own way."""
    platform.cluster.kill()
    card = planted.cards[2]
    dial(platform, card["number"].replace("-", ""), card["pin"], unique_id="planted.6")
    for name, address, port in (
        ("away", "/cards/", "console"),
        ("sign-in away", "/sign-in", "console"),
        ("metrics away", "/metrics", "fastagi_observe"),
        ("ready away", "/ready", "fastagi_observe"),
        ("watcher away", "/ready", "watch_observe"),
        ("portal away", "/calls", "portal"),
    ):
        platform.page(name, address, port)
    platform.said["doctor away"] = platform.run("doctor")
    platform.said["backup away"] = platform.run("backup", "away.backup")
    platform.cluster.start()


def processes(platform: Platform) -> dict[str, bytes]:
    """Command line and environment of every process of ours, and of all that they started."""
    found: dict[str, bytes] = {}
    waiting = [service.process.pid for service in platform.services]
    while waiting:
        pid = waiting.pop()
        folder = Path(f"/proc/{pid}")
        for what in ("cmdline", "environ"):
            found[f"process {pid} {what}"] = (folder / what).read_bytes()
        waiting += map(int, (folder / "task" / str(pid) / "children").read_text().split())
    return found


def crash(platform: Platform) -> None:
    """SIGABRT to the call server: with keys in memory it must leave no core, nor may the others, with passwords."""
    for service in platform.services:
        limits = Path(f"/proc/{service.process.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits), service.name
    server = platform.services[0]
    server.process.send_signal(signal.SIGABRT)
    server.process.wait(30)


def left_behind(platform: Platform) -> dict[str, bytes]:
    """Files, what was said, the database in plain text."""
    files = [file for file in platform.folder.rglob("*") if file.is_file() and file.suffix != ".wav"]
    found = {str(file.relative_to(platform.folder)): file.read_bytes() for file in files if file.name not in ALLOWED}
    del found["cards.csv"]  # the user's own file
    found |= {what: text.encode() for what, text in platform.said.items()}
    found |= {f"postgresql {file.name}": file.read_bytes() for file in files_of_the_server(platform.cluster)}
    dump = ["pg_dump", "-h", "127.0.0.1", "-p", str(platform.cluster.port), "-U", "callingcard"]
    done = subprocess.run([*dump, platform.database.rpartition("/")[2]], capture_output=True, check=True)
    return found | {"database": done.stdout}


def files_of_the_server(cluster: Cluster) -> Iterator[Path]:
    """Its log, with the statements that failed; its tables, indexes and what it wrote ahead."""
    for file in cluster.folder.rglob("*"):
        if file.is_file() and file.stat().st_size:
            yield file


def test_no_planted_secret_is_left_anywhere(platform: Platform) -> None:
    """reliability.md 11 and 16 to 18, F7: PINs, voucher codes, keys, passwords of operators, database and AMI."""
    planted = plant(platform)
    start_all(platform)
    call_about(platform, planted)
    look_about(platform, planted)
    look_as_holder(platform, planted)
    seen = processes(platform)
    lose_the_database(platform, planted)
    wait_for(lambda: "ready" in platform.page("back", "/ready", "fastagi_observe"), 60)
    for words in COMMANDS_THAT_FAIL:
        platform.said[" ".join(words[:2])] = platform.run(*words)
    platform.said["calls export"] = platform.run("calls", "export", "calls.csv", "--yes")
    platform.said["backup"] = platform.run("backup", "whole.backup")
    crash(platform)
    for service in platform.services:
        service.stop()
    found = left_behind(platform) | seen
    assert set(found) >= LOOKED_AT
    assert b"card identified" in found["log/fastagi.log"]
    assert b"planted.4" in found["log/trace.jsonl"]
    assert b"Olga" in found["database"]
    assert "The portal has to rest" in platform.said["page portal away"]
    assert b"FATAL" in found["postgresql log"] or b"LOG" in found["postgresql log"]
    assert any(b"Olga" in text for where, text in found.items() if re.fullmatch("postgresql [0-9A-F]{24}", where))
    assert "Number" in platform.said["page /cards/?all=1&download=csv"], "a file, not its refusal"
    cookies = {f"cookie {cookie.name}": cookie.value or "" for cookie in COOKIES if len(cookie.value or "") > 20}
    assert cookies
    leaks = [(where, what) for where, text in found.items() for what in hiding(planted, cookies, text)]
    assert leaks == []


def hiding(planted: Planted, cookies: dict[str, str], text: bytes) -> Iterator[str]:
    """The secrets that stand in a text, digits also in groups as they are printed."""
    both = text + b"\n" + re.sub(rb"(?<=\d)[ -](?=\d)", b"", text)
    for name, secret in (planted.by_name | cookies).items():
        if secret.encode() in both:
            yield name


def test_the_search_finds_a_secret_that_is_there() -> None:
    planted = Planted({"PIN": "123456789012"}, [], [])
    assert list(hiding(planted, {"cookie": "abc"}, b"pin=123456789012 abc")) == ["PIN", "cookie"]
    assert list(hiding(planted, {}, b"1234 5678 9012")) == ["PIN"]
    assert list(hiding(planted, {}, b"12345678901")) == []
