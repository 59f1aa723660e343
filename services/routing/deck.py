"""The deck: every rate and every routing plan in memory, as of a revision; a change makes a new one beside it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.held_rate import HeldRate
from billing.rate_deck import TableDeck, sought
from billing.routing_plan import PlanFacts
from models import RateTable
from services.routing.deck_revision import deck_revision
from services.routing.deck_table import Known, read_table
from services.routing.plan_facts import all_plans
from services.routing.rate_statement import RATE_STATEMENT

# A call that was being set up while the deck was read may ask for a moment that is past by now.
ENDED_KEPT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RateDeck:
    """Nothing in it changes any more."""

    revision: int
    tables: Mapping[int, TableDeck]
    plans: Mapping[int, PlanFacts]

    @property
    def rates(self) -> int:
        return sum(len(table.keys) for table in self.tables.values())


EMPTY = RateDeck(-1, {}, {})


class LoadStopped(Exception):
    """The server ends: nobody waits for the deck."""


def load_deck(
    session: Session, old: RateDeck, now: datetime, *, is_stopped: Callable[[], bool] = lambda: False
) -> RateDeck:
    """What the database holds now, taking over from the old deck the tables that have not changed since.

    Give it a transaction that sees one moment of the database (models.database.make_read_engine).
    """
    revision = deck_revision(session)
    tables: dict[int, TableDeck] = {}
    columns = Known()
    for table_id, table_revision in session.execute(select(RateTable.id, RateTable.revision)):
        if is_stopped():
            raise LoadStopped
        known = old.tables.get(table_id)
        if known is None or known.revision != table_revision:
            known = read_table(session, table_id, table_revision, now - ENDED_KEPT, columns)
        tables[table_id] = known
    return RateDeck(revision, tables, all_plans(session))


@dataclass(slots=True)
class DeckSource:
    """A RateSource that asks the deck, and the database for what is not in it: before the first deck is loaded, and
    for a table or plan that is newer than the deck. The deck is exchanged whole: a call sees the old or the new one.
    """

    deck: RateDeck = field(default=EMPTY)

    def find_plan(self, session: Session, plan_id: int) -> PlanFacts | None:
        return self.deck.plans.get(plan_id) or RATE_STATEMENT.find_plan(session, plan_id)

    def rates_that_hold(
        self, session: Session, table_ids: Collection[int], number: str, now: datetime, zone: tzinfo
    ) -> Mapping[int, HeldRate]:
        tables = self.deck.tables
        if not all(table_id in tables for table_id in table_ids):
            return RATE_STATEMENT.rates_that_hold(session, table_ids, number, now, zone)
        asked = sought(number, now, zone)
        found = ((table_id, tables[table_id].find(asked)) for table_id in table_ids)
        return {table_id: rate for table_id, rate in found if rate is not None}
