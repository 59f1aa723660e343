"""The tabs Calls, Ledger and Audit of a series (JC-53)."""

from flask import g
from sqlalchemy import select

from admin_web.database import read_session
from admin_web.list_view import ListState, Rows
from admin_web.tabs import SeriesTab
from admin_web.texts import lazy_gettext
from admin_web.things import opened_series
from admin_web.views.audit import AuditRows
from admin_web.views.calls import CallRows
from admin_web.views.ledger import LedgerRows
from models import LedgerEntry
from services.calls.file_calls import calls_in_series
from services.money.ledger_rows import LISTED_MAX, WALLETS_LISTED_MAX, entries_of_series, meets_soon, of_series
from services.series.series_audit import series_acts
from services.store.keyset import COUNTED_MAX


class SeriesCalls(SeriesTab, CallRows):
    tab = "calls"
    empty_text = lazy_gettext("No card of this series has called yet.")

    def __init__(self) -> None:
        super().__init__("seriescalls", "/series/<int:number>/calls")

    def query(self, *, is_count: bool = False) -> Rows:
        return calls_in_series(read_session(), super().query(is_count=is_count), [opened_series().id])


class SeriesLedger(SeriesTab, LedgerRows):
    tab = "ledger"
    is_of_all = True  # amounts that other cards than one's own moved
    empty_text = lazy_gettext("No money was moved on a card of this series yet; each card opened with its value.")

    def __init__(self) -> None:
        super().__init__("seriesledger", "/series/<int:number>/ledger")

    def filtered(self, state: ListState) -> Rows:
        """Few are looked up by the wallets of the series, many by the cards of those that fit the filters."""
        ids, most = self._found(state)
        if ids is not None and len(ids) <= most:
            return self.query().where(LedgerEntry.id.in_(ids))
        return of_series(super().filtered(state), opened_series().id)

    def counted(self, state: ListState) -> Rows | int:
        ids, _ = self._found(state)
        return super().counted(state) if ids is None else min(len(ids), COUNTED_MAX + 1)

    def _found(self, state: ListState) -> tuple[list[int] | None, int]:
        """Ids, up to one more than so many, once for each request; None: they need not be looked up."""
        if "ledger_found" not in g:
            session, series_id = read_session(), opened_series().id
            entries = self.narrowed(select(LedgerEntry.id), state)
            is_soon = opened_series().quantity > WALLETS_LISTED_MAX and meets_soon(session, entries, series_id)
            most = COUNTED_MAX if is_soon else max(LISTED_MAX, COUNTED_MAX)
            needs_none = is_soon and state.filters
            g.ledger_found = None if needs_none else entries_of_series(session, series_id, entries, most + 1), most
        found: tuple[list[int] | None, int] = g.ledger_found
        return found


class SeriesAudit(SeriesTab, AuditRows):
    tab = "audit"
    is_of_all = True
    empty_text = lazy_gettext("Nobody has changed this series or a range of its cards yet.")

    def __init__(self) -> None:
        super().__init__("seriesaudit", "/series/<int:number>/audit")

    def query(self) -> Rows:
        return series_acts(opened_series().id, opened_series().number)
