"""The pages of the console, in the order of the sidebar."""

from flask_admin import BaseView

from admin_web.views.audit import AuditList
from admin_web.views.calls import CallList
from admin_web.views.card import CardPage
from admin_web.views.cards import CardList
from admin_web.views.dashboard import Dashboard
from admin_web.views.groups import GroupList
from admin_web.views.ledger import LedgerList
from admin_web.views.me import MePage
from admin_web.views.operators import OperatorList
from admin_web.views.search import SearchPage
from admin_web.views.series import SeriesList
from admin_web.views.series_page import SeriesPage

HOME = Dashboard


def views() -> list[BaseView]:
    """Anew for each application: a view belongs to one."""
    return [
        CallList(),
        GroupList(),
        SeriesList(),
        SeriesPage(),
        CardList(),
        CardPage(),
        LedgerList(),
        OperatorList(),
        AuditList(),
        SearchPage(),
        MePage(),
    ]
