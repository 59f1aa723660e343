"""Prove all of it, ledger and reports, at one moment of the database and on several of its connections."""

from itertools import islice

from sqlalchemy.orm import Session

from services.money.verify_ledger import BREACHES_SHOWN_MAX, Breach, ledger_looks
from services.reports.verify_rollup import rollup_looks
from services.store.one_moment import at_one_moment


def prove_platform(session: Session, *, lanes: int = 1) -> list[Breach]:
    """Empty when all is well. The session is of a read engine with `lanes` connections."""
    ledger = list(ledger_looks(session).values())
    days = rollup_looks(session)
    found = at_one_moment(session, [*ledger, *days], lanes=lanes)
    of_ledger = [breach for breaches in found[: len(ledger)] for breach in breaches]
    of_days = islice((breach for breaches in found[len(ledger) :] for breach in breaches), BREACHES_SHOWN_MAX)
    return [*of_ledger, *of_days]
