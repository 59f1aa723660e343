"""What the console orders by its own role of PostgreSQL waits, and the worker does it by its own, to the end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, World
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_web.lists import rows_file
from billing.rights import Role
from billing.states import JobState, SeriesStatus
from models import Card, CardSeries, Job, Rate, Voucher
from services.keys.key_file import replace_pin_keys
from services.money.note_verification import last_verification
from services.money.verify_ledger import verify_ledger
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import download, fields_of
from tests.admin_web.test_imports import GOOD, act, upload
from tests.admin_web.test_vouchers import FORM as VOUCHERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from postgresql_databases import PostgresqlDatabases
    from sqlalchemy import Engine

pytestmark = pytest.mark.postgresql
CARDS = 1_100  # more than get new dates at once
RANGE = {"series": 1, "act": "block", "back": "/series/1/", "reason": "lost", "confirmed": "1"}


@pytest.fixture
def database_url(postgresql_databases: PostgresqlDatabases) -> Iterator[str]:
    """SQLite has no roles."""
    url = postgresql_databases.create()
    yield url
    postgresql_databases.drop(url)


@pytest.fixture
def owner(signed_in: Callable[..., Visitor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Visitor:
    replace_pin_keys(tmp_path / "keys.json", KEYS)
    monkeypatch.setattr(rows_file, "ROWS_AT_ONCE", 0)  # every list is a long one
    for limit in ("CARDS_A_STEP", "TYPED_ABOVE"):
        monkeypatch.setattr(f"admin_web.views.cards.card_acts.{limit}", 1)  # and every range of cards a large one
    return signed_in(Role.OWNER)


def states(engine: Engine) -> dict[str, JobState]:
    with Session(engine) as session:
        return {row.kind: row.state for row in session.execute(select(Job.kind, Job.state).order_by(Job.id))}


def order(owner: Visitor) -> str:
    """A file of rates, vouchers, a series, a block of cards, each nightly run, and the export of a list: its page."""
    assert upload(owner, GOOD).status_code == 302
    assert owner.post("/vouchers/new", "/vouchers/new", **VOUCHERS).status_code == 302
    typed = {"number": "5", "name": "Example", "quantity": CARDS, "face_value_micros": "5.00", "confirmed": "1"}
    form = {**fields_of(owner.get("/series/generate"), "number"), **typed}
    assert owner.post("/series/generate", "/series/generate", **form).location == "/series/5/"
    asked = owner.post("/series/1/", "/cards/acts/range", **RANGE, count="7")
    (token,) = re.findall(r'name="token" value="(\w+)"', asked.text)
    blocked = owner.post("/series/1/", "/cards/acts/range", **RANGE, count="2", token=token)
    assert blocked.location.startswith("/jobs/")
    for run in ("fees", "expire", "lapse"):
        owner.post(f"/fees/{run}", f"/fees/{run}/run", token=f"t-{run}")
    told = owner.get("/cards/?all=1&download=csv")
    fields = dict(re.findall(r'type="hidden" name="(list|wanted|form|token)" value="([^"]+)"', told.text))
    fields["wanted"] = fields["wanted"].replace("&amp;", "&")
    page: str = owner.post("/cards/?all=1&download=csv", "/jobs/export", **fields).location
    return page


def test_what_the_console_ordered_waits_and_is_done_by_the_workers_role(
    owner: Visitor, world: World, engine: Engine, work: Callable[[], None]
) -> None:
    """Generation, import, export and acts on cards, each through the tables that its role may write and no others."""
    del world
    export = order(owner)
    assert set(states(engine).values()) == {JobState.WAITING}
    assert "Download" not in text_of(owner.get(export))
    work()
    assert set(states(engine).values()) == {JobState.DONE}, states(engine)
    with Session(engine) as session:
        made = select(func.count()).select_from(Card).join(CardSeries, CardSeries.id == Card.series_id)
        assert session.scalars(made.where(CardSeries.number == 5)).one() == CARDS
        assert session.scalars(select(func.count()).select_from(Voucher)).one() == 3
        assert session.scalars(select(Card.status).where(Card.serial == 1).order_by(Card.id)).first() == "blocked"
        assert last_verification(session) is not None
    assert download(owner, f"{export}/file").text.splitlines()[0].split(",")[1] == "Number"


def test_second_orders_on_what_was_made_are_done_by_the_workers_role(
    owner: Visitor, world: World, engine: Engine, work: Callable[[], None]
) -> None:
    """A kept import is applied and undone, a large series gets other dates, which is deleted then."""
    del world
    order(owner)
    work()
    imported = "/imports/1"
    act(owner, imported, "apply")
    edit = fields_of(owner.get("/series/5/edit"), "rate_table_id")
    changed = owner.post("/series/5/edit", "/series/5/edit", **{**edit, "expiry_date": "2029-12-31", "confirmed": "1"})
    assert changed.status_code == 302, text_of(changed)
    waiting = {kind for kind, state in states(engine).items() if state is JobState.WAITING}
    assert waiting == {"rates_apply", "apply_expiry"}
    work()
    with Session(engine) as session:
        assert 350_000 in session.scalars(select(Rate.price_per_minute_micros).where(Rate.prefix == "370")).all()
        dated = select(func.count()).select_from(Card).where(Card.expires_at.is_not(None))
        assert session.scalars(dated).one() >= CARDS
    act(owner, imported, "undo", "t-2")
    with Session(engine) as session:
        version = session.scalars(select(CardSeries.version).where(CardSeries.number == 5)).one()
    deleted = owner.post("/series/5/", "/series/5/state", act="delete", version=version)
    assert deleted.status_code == 302
    work()
    assert set(states(engine).values()) == {JobState.DONE}, states(engine)
    with Session(engine) as session:
        assert session.scalars(select(CardSeries.status).where(CardSeries.number == 5)).one() is SeriesStatus.DELETED
        assert verify_ledger(session) == []
