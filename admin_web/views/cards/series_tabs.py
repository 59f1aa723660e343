"""The tabs Calls, Ledger and Audit of a series (JC-53)."""

from sqlalchemy import or_

from admin_web.lists.list_view import ListState, Rows
from admin_web.lists.tabs import SeriesTab
from admin_web.things import opened_series
from admin_web.views.calls.calls import CallRows
from admin_web.views.money.ledger import LedgerRows
from admin_web.views.system.audit import AuditRows
from services.calls.file_calls import calls_in_series
from services.money.ledger_rows import parts_of_series
from services.series.series_audit import series_acts
from web_base.database import read_session
from web_base.texts import lazy_gettext


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
        return super().filtered(state).where(or_(*parts_of_series(read_session(), opened_series().id)))

    def disjoint_parts(self, state: ListState) -> list[Rows]:
        rows = super().filtered(state)
        return [rows.where(part) for part in parts_of_series(read_session(), opened_series().id)]


class SeriesAudit(SeriesTab, AuditRows):
    tab = "audit"
    is_of_all = True
    empty_text = lazy_gettext("Nobody has changed this series or a range of its cards yet.")

    def __init__(self) -> None:
        super().__init__("seriesaudit", "/series/<int:number>/audit")

    def query(self) -> Rows:
        return series_acts(opened_series().id, opened_series().number)
