"""The worker proves the ledger beside calls; what is broken is a metric, a line of doctor, and an alert of the console
until it is mended.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner
from factories import World, answered
from sqlalchemy import text
from sqlalchemy.orm import Session

from billing.rights import Role
from command_line.__main__ import main
from models.database import Waits, make_engine, make_read_engine
from services.live.platform_figures import platform_figures
from services.reports.prove_platform import prove_platform
from tests.admin_web.conftest import Visitor, text_of
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

CALL, OTHER = "0a3c52f4-6f57-4d68-9b47-0d24ae2a9c11", "11111111-6f57-4d68-9b47-0d24ae2a9c11"
READS = {"AccessShareLock", "ExclusiveLock"}  # of tables and indexes; and each transaction's own number


def figure(engine: Engine, name: str) -> int | None:
    with Session(engine) as session:
        return next((one.value for one in platform_figures(session, NOW) if one.name == name), None)


def ledger_by_doctor() -> str:
    told = CliRunner().invoke(main, ["doctor", "--json"])
    return str(next(one for one in json.loads(told.output) if one["what"] == "ledger"))


def change(engine: Engine, micros: int) -> None:
    with engine.begin() as connection:
        wrong = text("UPDATE wallet SET held_micros = held_micros + :micros WHERE open_holds > 0")
        connection.execute(wrong, {"micros": micros})


def test_what_is_broken_is_told_by_metric_doctor_and_alert_until_it_is_mended(
    world: World, engine: Engine, signed_in: Callable[..., Visitor], work: Callable[[], None]
) -> None:
    owner = signed_in(Role.OWNER)
    world.call(CALL)
    world.session.commit()
    work()
    assert figure(engine, "verify_breaches") == 0
    assert "does not prove" not in text_of(owner.get("/alerts/"))
    change(engine, -1)
    work()
    assert figure(engine, "verify_breaches") == 1
    assert "1 broken invariants" in ledger_by_doctor()
    told = text_of(owner.get("/alerts/"))
    assert "The ledger does not prove" in told
    assert "I2 held = sum of open holds" in told
    assert "1 broken invariants" in text_of(owner.get("/health/"))
    change(engine, 1)
    work()
    assert figure(engine, "verify_breaches") == 0
    assert "does not prove" not in text_of(owner.get("/alerts/"))
    assert "verifies" in ledger_by_doctor()


def test_a_proof_under_way_holds_no_call_up_and_sees_one_moment(
    world: World, engine: Engine, database_url: str
) -> None:
    """A call begins, ends and is charged between two parts of the proof, with hardly any time to wait for a lock."""
    world.call(CALL)
    world.session.commit()
    reader = make_read_engine(database_url, pool_size=1)
    impatient = make_engine(database_url, pool_size=1, waits=Waits(lock=1, statement=5))
    with Session(reader) as proof:
        assert prove_platform(proof) == []
        with Session(impatient, autoflush=False) as session, session.begin():
            beside = world.on(session)
            beside.settle(answered(CALL, 60))
            beside.call(OTHER)
        assert prove_platform(proof) == [], "of the moment at which it began"
        seen = proof.execute(text("SELECT count(*) FROM call_record")).scalar_one()
        assert seen == 0
        if engine.dialect.name == "postgresql":
            held = text("SELECT DISTINCT mode FROM pg_locks WHERE pid = :pid")
            pid = proof.execute(text("SELECT pg_backend_pid()")).scalar_one()
            with engine.connect() as other:
                assert set(other.execute(held, {"pid": pid}).scalars()) <= READS
                assert other.execute(text("SELECT count(*) FROM call_record")).scalar_one() == 1
    for one in (reader, impatient):
        one.dispose()
