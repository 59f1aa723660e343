"""The tabs Calls, Ledger and Audit of a series (JC-53)."""

from admin_web.database import read_session
from admin_web.list_view import Rows
from admin_web.tabs import SeriesTab
from admin_web.texts import lazy_gettext
from admin_web.things import opened_series
from admin_web.views.audit import AuditRows
from admin_web.views.calls import CallRows
from admin_web.views.ledger import LedgerRows
from services.calls.file_calls import calls_in_series
from services.money.ledger_rows import of_series
from services.series.series_audit import series_acts


class SeriesCalls(SeriesTab, CallRows):
    tab = "calls"
    empty_text = lazy_gettext("No card of this series has called yet.")

    def __init__(self) -> None:
        super().__init__("seriescalls", "/series/<int:number>/calls")

    def query(self) -> Rows:
        return calls_in_series(read_session(), super().query(), [opened_series().id])


class SeriesLedger(SeriesTab, LedgerRows):
    tab = "ledger"
    is_of_all = True  # amounts that other cards than one's own moved
    empty_text = lazy_gettext("No money was moved on a card of this series yet; each card opened with its value.")

    def __init__(self) -> None:
        super().__init__("seriesledger", "/series/<int:number>/ledger")

    def query(self) -> Rows:
        series = opened_series()
        return of_series(read_session(), super().query(), series.id, series.quantity)


class SeriesAudit(SeriesTab, AuditRows):
    tab = "audit"
    is_of_all = True
    empty_text = lazy_gettext("Nobody has changed this series or a range of its cards yet.")

    def __init__(self) -> None:
        super().__init__("seriesaudit", "/series/<int:number>/audit")

    def query(self) -> Rows:
        return series_acts(opened_series().id, opened_series().number)
