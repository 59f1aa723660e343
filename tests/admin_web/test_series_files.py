"""Series as files: by whom, with PINs or without, and what stands in the audit log before the first PIN is read."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from factories import KEYS, World, answered
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.card_number import grouped
from billing.rights import Role
from models import AuditEntry, CardSeries, OperatorSession, Reseller
from services.keys.key_file import replace_pin_keys
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

FILES = "/series/1/files"


@pytest.fixture
def with_keys(tmp_path: Path) -> None:
    replace_pin_keys(tmp_path / "keys.json", KEYS)


def acts(engine: Engine) -> list[tuple[str, str]]:
    with Session(engine) as session:
        rows = session.execute(select(AuditEntry.act, AuditEntry.actor).order_by(AuditEntry.number))
        return [(act, actor) for act, actor in rows if not act.startswith("operator")]


def make_stale(engine: Engine) -> None:
    """As if every password had been entered eleven minutes ago."""
    with Session(engine) as session, session.begin():
        session.execute(update(OperatorSession).values(proved_at=now() - timedelta(minutes=11)))


def test_the_whole_series_is_downloaded_without_pins(
    signed_in: Callable[..., Visitor], world: World, engine: Engine
) -> None:
    """JC-51."""
    owner = signed_in(Role.OWNER)
    answer = owner.post("/series/1/", "/series/1/download", form="csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="series-1.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["Number"], row["PIN"], row["Status"]) for row in rows] == [
        ("1-000000001", "", "pending"),
        ("1-000000002", "", "pending"),
    ]
    sheet = owner.post("/series/1/", "/series/1/download", form="xlsx")
    cells = CalamineWorkbook.from_filelike(io.BytesIO(sheet.data)).get_sheet_by_index(0).to_python()
    assert cells[0][:3] == ["Number", "PIN", "Balance"]
    assert cells[1][0] == "1-000000001"
    assert acts(engine) == [("series.exported", "owner")] * 2
    del world


def test_pins_are_exported_by_right_and_named_in_the_log_first(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, with_keys: None, tmp_path: Path
) -> None:
    owner = signed_in(Role.OWNER)
    answer = owner.post(FILES, "/series/1/export", form="csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["PIN"] for row in rows] == [grouped(card.pin) for card in world.cards]
    assert acts(engine) == [("series.exported", "owner")]
    assert [file.name for file in tmp_path.iterdir() if file.name not in ("keys.json", "console_secret")] == []
    del with_keys


def test_a_password_that_was_entered_long_ago_is_asked_for_again(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, with_keys: None
) -> None:
    owner = signed_in(Role.OWNER)
    make_stale(engine)
    for act in ("export", "print"):
        asked = owner.post(FILES, f"/series/1/{act}", form="csv")
        assert (asked.status_code, asked.location) == (302, "/prove?next=/series/1/files")
    assert acts(engine) == []
    del world, with_keys


@pytest.mark.parametrize("role", [Role.SUPPORT, Role.FINANCE, Role.AUDITOR])
def test_who_may_not_export_gets_no_pin_and_is_named(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, with_keys: None, role: Role
) -> None:
    visitor = signed_in(role)
    assert visitor.get(FILES).status_code == 403
    refused = visitor.post("/series/1/", "/series/1/export", form="csv")
    assert refused.status_code == 403
    assert world.cards[0].pin not in refused.text
    assert acts(engine) == [("series.exported.refused", role.value)]
    del with_keys


def test_a_reseller_exports_its_own_series_and_knows_no_other(
    signed_in: Callable[..., Visitor], world: World, engine: Engine, with_keys: None
) -> None:
    reseller = signed_in(Role.RESELLER)
    assert reseller.client.get(FILES).status_code == 404
    with Session(engine) as session, session.begin():
        mine = session.scalars(select(Reseller.id)).one()
        session.execute(update(CardSeries).values(reseller_id=mine))
    assert grouped(world.cards[0].pin) in reseller.post(FILES, "/series/1/export", form="csv").text
    del with_keys


def test_sheets_are_printed_as_pdf(signed_in: Callable[..., Visitor], world: World, with_keys: None) -> None:
    """M-1: what cannot be printed is told on the page."""
    owner = signed_in(Role.OWNER)
    printed = owner.post(FILES, "/series/1/print", language="en", cards_a_page="10", qr="1")
    assert printed.data.startswith(b"%PDF"), text_of(printed)
    assert printed.mimetype == "application/pdf"
    empty = owner.post(FILES, "/series/1/print", language="en", cards_a_page="10", first_serial="77")
    assert "no unused card there" in text_of(owner.get(empty.location))
    del world, with_keys


def test_without_keys_the_page_says_what_to_do(signed_in: Callable[..., Visitor], world: World) -> None:
    owner = signed_in(Role.OWNER)
    told = owner.post(FILES, "/series/1/export", form="csv")
    assert told.status_code == 302
    assert "keys" in text_of(owner.get(told.location))
    del world


def test_the_tabs_of_a_series_show_its_calls_movements_and_acts(
    signed_in: Callable[..., Visitor], world: World
) -> None:
    """JC-53: and those of no other series."""
    world.call("call-1")
    world.settle(answered("call-1", 61))
    world.session.commit()
    owner = signed_in(Role.OWNER)
    owner.post("/series/1/", "/series/1/state", act="stop", version=1)
    assert "442071234567" in text_of(owner.get("/series/1/calls/"))
    assert "call" in text_of(owner.get("/series/1/ledger/"))
    assert 'title="series.stop"' in owner.get("/series/1/audit/").text
    assert "Reset" in text_of(owner.get("/series/1/calls/"))
    assert owner.get("/series/77/calls/").status_code == 404
    narrowed = owner.get("/series/1/calls/?outcome=busy")
    assert "Nothing fits these filters" in text_of(narrowed)
    assert owner.get("/series/1/calls/?nonsense=1").status_code == 400


def test_the_selector_leads_to_another_series(signed_in: Callable[..., Visitor], world: World) -> None:
    """JC-54."""
    owner = signed_in(Role.OWNER)
    assert "#1 [USD]" in text_of(owner.get("/series/1/"))
    assert owner.get("/series/go?number=1").location == "/series/1/"
    assert owner.get("/series/go?number=9").status_code == 404
    del world
