"""Payments, fees, tax profiles, currencies, settings and health as pages."""

from __future__ import annotations

import re
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from factories import NOW, World, micros
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from billing.states import CardStatus, CardType
from models import ExchangeRate, TaxProfile, TaxRate
from services.jobs.asked_jobs import asked_jobs, asked_step
from services.store.settings import Settings
from services.store.settings_report import setting_rows
from tests.admin_web.conftest import Visitor, text_of
from tests.admin_web.forms import fields_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def owner(signed_in: Callable[..., Visitor]) -> Visitor:
    return signed_in(Role.OWNER)


def do(owner: Visitor, page: str, address: str, **fields: object) -> str:
    answer = owner.post(page, address, **fields)
    assert answer.status_code == 302, text_of(answer)
    return text_of(owner.get(answer.location))


def test_a_payment_is_booked_once_and_stands_in_the_list(owner: Visitor, world: World) -> None:
    """F27: the form's token is the reference."""
    world.set_group(card_type=CardType.RECHARGEABLE)
    world.session.commit()
    assert "Nothing was booked yet" in text_of(owner.get("/payments/"))
    form = fields_of(owner.get("/payments/"), "what")
    booked = {**form, "card": "1-000000001", "amount": "2.00", "reason": "cash", "what": "recharge"}
    for _ in range(2):
        page = do(owner, "/payments/", "/payments/book", **booked)
    assert "recharge 2.00 USD" in page
    assert page.count("2.00 USD") == 1
    taken = {**booked, "token": "another-token-1", "amount": "-1", "what": "adjustment"}
    assert "adjustment 1.00 USD" in do(owner, "/payments/", "/payments/book", **taken)
    wrong = {**booked, "token": "another-token-2", "amount": "much"}
    assert "is not an amount" in do(owner, "/payments/", "/payments/book", **wrong)
    assert owner.post("/payments/", "/payments/book", **{**booked, "card": "9-000000001"}).status_code == 404
    world.session.rollback()
    assert world.wallet()[0] == micros("6.00")
    assert world.is_proved()


def test_fees_are_told_before_they_are_run_as_a_job(owner: Visitor, world: World, engine: Engine) -> None:
    """What a dry run tells is what the run books; a second press is the same job."""
    world.set_series(maintenance_fee_micros=micros("0.25"), maintenance_every_hours=24)
    world.set_card(0, status=CardStatus.ACTIVATED, activated_at=NOW - timedelta(hours=49))
    world.session.commit()
    world.session.rollback()
    page = owner.get("/fees/fees")
    told = text_of(page)
    assert "1 cards would be changed" in told
    promised = re.search(r"would be changed, ([\d.]+) USD", told)
    assert promised
    form = fields_of(page, "token")
    jobs = {owner.post("/fees/fees", "/fees/fees/run", token=form["token"]).location for _ in range(2)}
    assert len(jobs) == 1
    with Session(engine) as session:
        ((job_id, kind),) = asked_jobs(session)
    more = True
    while more:
        with Session(engine, autoflush=False) as session, session.begin():
            more = asked_step(session, job_id, kind, now(), UTC)
    done = text_of(owner.get(jobs.pop()))
    assert "1 / 1" in done
    assert f"USD {micros(promised[1])}" in done
    assert "No card is waiting for this" in text_of(owner.get("/fees/fees"))
    assert "No card is waiting for this" in text_of(owner.get("/fees/expire"))
    assert owner.get("/fees/nonsense").status_code == 404
    world.session.rollback()
    assert world.is_proved()


def test_who_runs_no_jobs_only_looks(signed_in: Callable[..., Visitor], world: World) -> None:
    auditor = signed_in(Role.AUDITOR)
    assert auditor.get("/fees/fees").status_code == 200
    assert auditor.post("/fees/", "/fees/fees/run", token="t").status_code == 403
    assert auditor.post("/payments/", "/payments/book", card="1-000000001").status_code == 403
    assert auditor.post("/currencies/", "/currencies/set", currency="EUR").status_code == 403
    del world


def test_taxes_are_typed_in_percent_and_kept_in_their_order(owner: Visitor, world: World, engine: Engine) -> None:
    """JC-34: a refusal keeps what was typed."""
    form: dict[str, object] = {"name": "Capital", "tax_name_0": "VAT", "tax_percent_0": "20"}
    form |= {"tax_name_1": "City", "tax_percent_1": "1.5", "tax_compound_1": "1"}
    fine = owner.post("/taxes/new", "/taxes/new", **{**form, "tax_percent_0": "1.23456"})
    assert fine.status_code == 400
    assert "is too fine" in text_of(fine)
    assert 'value="1.23456"' in fine.text
    assert owner.post("/taxes/new", "/taxes/new", name="Empty").status_code == 400
    assert owner.post("/taxes/new", "/taxes/new", **form).status_code == 302
    assert "VAT 20 %, City 1.5 % on the taxes before it" in text_of(owner.get("/taxes/"))
    with Session(engine) as session:
        page = f"/taxes/{session.scalars(select(TaxProfile.id)).one()}"
        rates = session.execute(select(TaxRate.name, TaxRate.parts_per_million).order_by(TaxRate.position)).all()
    assert [tuple(row) for row in rates] == [("VAT", 200_000), ("City", 15_000)]
    stored = fields_of(owner.get(page), "tax_name_0")
    assert owner.post(page, page, **{**stored, "tax_percent_0": "21"}).status_code == 302
    assert owner.post(page, page, **{**stored, "tax_percent_0": "22"}).status_code == 409
    del world


def test_a_currency_gets_a_value_and_a_jump_is_asked_for(owner: Visitor, world: World, engine: Engine) -> None:
    form = {"currency": "eur", "value": "1.08", "day": str(NOW.date())}
    assert "The value of a EUR is saved." in do(owner, "/currencies/", "/currencies/set", **form)
    assert "wrong way round" in do(owner, "/currencies/", "/currencies/set", **{**form, "value": "9"})
    assert "is saved" in do(owner, "/currencies/", "/currencies/set", **{**form, "value": "9"}, is_sure="1")
    assert "cannot be read" in do(owner, "/currencies/", "/currencies/set", **{**form, "day": "soon"})
    assert "is not known" in do(owner, "/currencies/", "/currencies/set", **{**form, "currency": "XXA"})
    with Session(engine) as session:
        assert len(session.scalars(select(ExchangeRate.currency)).all()) == 1
    del world


def test_settings_tell_where_they_come_from_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLINGCARD_TIMEZONE", "Europe/Vilnius")
    file = tmp_path / ".env"
    file.write_text("CALLINGCARD_REPORT_CURRENCY=EUR\n# a note\n")
    url = "postgresql+psycopg://anna:hidden@db.example/cards?password=hidden"
    settings = Settings(state_dir=tmp_path, database_url=url, _env_file=file)
    rows = {row.name: row for row in setting_rows(settings, file)}
    assert (rows["CALLINGCARD_TIMEZONE"].value, rows["CALLINGCARD_TIMEZONE"].source) == (
        "Europe/Vilnius",
        "environment",
    )
    assert (rows["CALLINGCARD_REPORT_CURRENCY"].value, rows["CALLINGCARD_REPORT_CURRENCY"].source) == ("EUR", "file")
    assert rows["CALLINGCARD_CONSOLE_PORT"].source == "default"
    assert "hidden" not in " ".join(row.value for row in rows.values())
    assert rows["CALLINGCARD_DATABASE_URL"].value == "postgresql+psycopg://anna:••••••@db.example/cards"


def test_the_pages_of_the_system_are_drawn(owner: Visitor, world: World) -> None:
    """Without watcher and worker, health says what to start."""
    assert "CALLINGCARD_STATE_DIR" in text_of(owner.get("/settings/"))
    page = text_of(owner.get("/health/"))
    for told in ("database", "callingcard watch", "callingcard worker", "keys of PINs", "MB are free", "guard"):
        assert told in page, told
    del world
