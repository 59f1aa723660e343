"""Long work is cancelled from its page: a series in the making leaves no card that anybody could use, see or count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import ACCESS, KEYS, World, a_series
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_web.access import now
from billing.rights import Role
from billing.states import JobState, SeriesStatus
from models import AuditEntry, Card, CardSeries, Job, Voucher
from models.database import session_factory
from services.audit.audit import Actor, Door
from services.calls.access import find_access
from services.calls.identify_card import Identified, identify_card
from services.money.verify_ledger import verify_ledger
from services.series import series_in_making
from services.series.export_series import ExportRefused
from services.series.generate_cards import generate_cards, make_chunk
from services.series.open_series import open_series
from services.series.series_in_making import SeriesCancelled
from services.series.series_terms import SeriesRefused
from services.series.waiting_series import waiting_series
from services.vouchers.export_vouchers import vouchers_to_export
from services.vouchers.generate_vouchers import generate_vouchers
from services.vouchers.make_vouchers import NewVoucherBatch, VouchersCancelled, make_vouchers, open_voucher_batch
from services.vouchers.voucher_job import find_voucher_job
from services.vouchers.voucher_rows import waiting_batches
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

ASKED_BY = Actor("owner", Door.CONSOLE)


@pytest.fixture
def job_id(engine: Engine, world: World, monkeypatch: pytest.MonkeyPatch) -> int:
    """Twenty of fifty cards are made."""
    monkeypatch.setattr(series_in_making, "CARDS_A_CHUNK", 20)
    with Session(engine, autoflush=False) as session, session.begin():
        terms = a_series(world.group_id, world.rate_table_id, number=7, quantity=50)
        asked = open_series(session, terms, ASKED_BY, now())
        make_chunk(session, KEYS, asked, now())
    return asked


def test_a_series_in_the_making_is_cancelled_and_nothing_of_it_can_be_used(
    job_id: int, engine: Engine, signed_in: Callable[..., Visitor]
) -> None:
    owner, page = signed_in(Role.OWNER), f"/jobs/{job_id}"
    assert "20 / 50" in text_of(owner.get(page))
    owner.post(page, f"{page}/cancel")
    shown = text_of(owner.get(page))
    assert "nothing of what it began can be used" in shown
    assert "cancelled" in shown
    assert "Cancel the job" not in shown
    with pytest.raises(SeriesCancelled, match="was cancelled: choose another"):
        generate_cards(session_factory(engine), KEYS, job_id, now)
    with Session(engine, autoflush=False) as session:
        series = session.scalars(select(CardSeries).where(CardSeries.number == 7)).one()
        assert (series.status, series.made_at) == (SeriesStatus.DELETED, None)
        made = session.scalars(select(Card).where(Card.series_id == series.id)).all()
        assert len(made) == 20
        pin = KEYS.decrypt(made[0].pin_encrypted or b"", made[0].number)
        access = find_access(session, ACCESS)
        assert access is not None
        heard = identify_card(session, KEYS, access, made[0].number, pin, now())
        assert not isinstance(heard, Identified)
        assert waiting_series(session) == []
        assert verify_ledger(session) == []
        acts = session.scalars(select(AuditEntry.act)).all()
        assert {"job.cancelled", "series.delete"} <= set(acts)
    assert "7-0000" not in text_of(owner.get("/cards/?all=1"))
    assert owner.get(f"/cards/7-{made[0].serial:09d}").status_code == 404


def test_a_cancelled_series_is_not_asked_for_again_and_a_finished_one_not_cancelled(
    job_id: int, engine: Engine, world: World, signed_in: Callable[..., Visitor]
) -> None:
    owner, page = signed_in(Role.OWNER), f"/jobs/{job_id}"
    generate_cards(session_factory(engine), KEYS, job_id, now)
    owner.post(page, f"{page}/cancel")
    assert "done already" in text_of(owner.get(page))
    with Session(engine, autoflush=False) as session, session.begin():
        other = open_series(session, a_series(world.group_id, world.rate_table_id, number=8), ASKED_BY, now())
    owner.post(f"/jobs/{other}", f"/jobs/{other}/cancel")
    with Session(engine, autoflush=False) as session:
        again = open_series(session, a_series(world.group_id, world.rate_table_id, number=8), ASKED_BY, now())
        assert again == other
        assert session.get_one(Job, other).state is JobState.CANCELLED
        assert session.scalars(select(func.count(Card.id)).join(CardSeries).where(CardSeries.number == 8)).one() == 0
    with pytest.raises(SeriesRefused):
        generate_cards(session_factory(engine), KEYS, other, now)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SUPPORT])
def test_who_neither_runs_jobs_nor_asked_cancels_nothing(
    job_id: int, engine: Engine, signed_in: Callable[..., Visitor], role: Role
) -> None:
    visitor = signed_in(role)
    assert visitor.post("/me/", f"/jobs/{job_id}/cancel").status_code in (403, 404)
    with Session(engine) as session:
        assert session.get_one(Job, job_id).state is JobState.RUNNING


def test_a_batch_of_vouchers_is_cancelled_and_none_of_it_was_ever_good(
    engine: Engine, signed_in: Callable[..., Visitor]
) -> None:
    """Ten of thirty are made; as with a series, its rows stay (docs/decisions/0030)."""
    owner, terms = signed_in(Role.OWNER), NewVoucherBatch("May", "USD", 5_000_000, 30)
    with Session(engine, autoflush=False) as session, session.begin():
        batch_id = open_voucher_batch(session, terms, ASKED_BY, now())
        make_vouchers(session, KEYS, batch_id, now(), chunk=10)
        asked = find_voucher_job(session, batch_id)
    page = f"/jobs/{asked}"
    assert page in owner.get(f"/vouchers/{batch_id}/").text
    assert "10 / 30" in text_of(owner.get(page))
    owner.post(page, f"{page}/cancel")
    assert "nothing of what it began can be used" in text_of(owner.get(page))
    assert "was cancelled" in text_of(owner.get(f"/vouchers/{batch_id}/"))
    assert "cancelled" in text_of(owner.get("/vouchers/"))
    with pytest.raises(VouchersCancelled, match="choose another name"):
        generate_vouchers(session_factory(engine), KEYS, batch_id, now)
    with Session(engine, autoflush=False) as session, session.begin():
        assert waiting_batches(session) == []
        with pytest.raises(ExportRefused, match="none of its vouchers is accepted"):
            vouchers_to_export(session, "May")
        with pytest.raises(VouchersCancelled, match="choose another name"):
            open_voucher_batch(session, terms, ASKED_BY, now())
        made = session.scalars(select(func.count()).where(Voucher.batch_id == batch_id)).one()
        assert (made, verify_ledger(session)) == (10, [])
        noted = select(AuditEntry.act).where(AuditEntry.act.startswith("voucher_batch.")).order_by(AuditEntry.number)
        acts = session.scalars(noted).all()
        assert acts == ["voucher_batch.opened", "voucher_batch.cancelled"]


def test_a_batch_that_is_made_ends_its_job(engine: Engine, signed_in: Callable[..., Visitor]) -> None:
    owner = signed_in(Role.OWNER)
    with Session(engine, autoflush=False) as session, session.begin():
        batch_id = open_voucher_batch(session, NewVoucherBatch("June", "USD", 5_000_000, 3), ASKED_BY, now())
        asked = find_voucher_job(session, batch_id)
    assert "waiting" in text_of(owner.get(f"/jobs/{asked}"))
    generate_vouchers(session_factory(engine), KEYS, batch_id, now)
    shown = text_of(owner.get(f"/jobs/{asked}"))
    assert ("done" in shown, "3 / 3" in shown, "Cancel the job" in shown) == (True, True, False)
