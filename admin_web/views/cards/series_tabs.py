"""The tabs Calls, Ledger and Audit of a series (JC-53)."""

from flask import g
from sqlalchemy import select

from admin_web.database import read_session
from admin_web.lists.list_view import ListState, Rows
from admin_web.lists.tabs import SeriesTab
from admin_web.texts import lazy_gettext
from admin_web.things import opened_series
from admin_web.views.calls.calls import CallRows
from admin_web.views.money.ledger import LedgerRows
from admin_web.views.system.audit import AuditRows
from models import LedgerEntry
from services.calls.file_calls import calls_in_series
from services.money.ledger_rows import FoundInSeries, find_in_series, of_series
from services.series.series_audit import series_acts


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
        found = self._found(state)
        if found.is_whole:
            return self.query().where(LedgerEntry.id.in_(found.ids))
        return of_series(super().filtered(state), opened_series().id)

    def counted(self, state: ListState) -> Rows | int:
        count = self._found(state).count
        return super().counted(state) if count is None else count

    def _found(self, state: ListState) -> FoundInSeries:
        """Once for each request."""
        if "ledger_found" not in g:
            entries, series = self.narrowed(select(LedgerEntry.id), state), opened_series()
            is_filtered = bool(state.filters)
            g.ledger_found = find_in_series(
                read_session(), entries, series.id, series.quantity, is_filtered=is_filtered
            )
        found: FoundInSeries = g.ledger_found
        return found


class SeriesAudit(SeriesTab, AuditRows):
    tab = "audit"
    is_of_all = True
    empty_text = lazy_gettext("Nobody has changed this series or a range of its cards yet.")

    def __init__(self) -> None:
        super().__init__("seriesaudit", "/series/<int:number>/audit")

    def query(self) -> Rows:
        return series_acts(opened_series().id, opened_series().number)
