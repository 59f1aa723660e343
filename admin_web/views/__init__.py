"""The pages of the console, in the order of the sidebar."""

from flask_admin import BaseView

from admin_web.views.access_number_page import AccessNumberPage
from admin_web.views.access_numbers import AccessNumberList
from admin_web.views.account_page import AccountPage
from admin_web.views.accounts import AccountList
from admin_web.views.alerts import AlertsPage
from admin_web.views.asterisk_page import AsteriskPage
from admin_web.views.audit import AuditList
from admin_web.views.calls import CallList
from admin_web.views.card import CardPage
from admin_web.views.card_acts import CardActs
from admin_web.views.card_more import CardMore
from admin_web.views.card_reports import CardReports
from admin_web.views.card_tabs import CardAudit, CardCalls, CardLedger
from admin_web.views.cards import CardList
from admin_web.views.carriers import CarrierList
from admin_web.views.client_page import ClientPage
from admin_web.views.clients import ClientList
from admin_web.views.currencies import CurrencyPage
from admin_web.views.dashboard import Dashboard
from admin_web.views.fees_page import FeesPage
from admin_web.views.gateways import GatewayPage
from admin_web.views.group_page import GroupPage
from admin_web.views.groups import GroupList
from admin_web.views.imports import ImportList
from admin_web.views.ivr_plan_page import IvrPlanPage
from admin_web.views.ivr_plans import IvrPlanList
from admin_web.views.job_page import JobPage
from admin_web.views.jobs import JobList
from admin_web.views.ledger import LedgerList
from admin_web.views.live import LivePage
from admin_web.views.me import MePage
from admin_web.views.of_account import AccountAudit, AccountCalls, AccountLedger
from admin_web.views.operator_page import OperatorPage
from admin_web.views.operators import OperatorList
from admin_web.views.payments import PaymentList
from admin_web.views.phone_page import PhonePage
from admin_web.views.phones import PhoneList
from admin_web.views.prompts import PromptsPage
from admin_web.views.rate_import_page import RateImportPage
from admin_web.views.rate_list import RateList
from admin_web.views.rate_page import RatePage
from admin_web.views.rate_table_page import RateTablePage
from admin_web.views.rate_tables import RateTableList
from admin_web.views.reports import ReportPage
from admin_web.views.route_tester import RouteTester
from admin_web.views.routing_plan_page import RoutingPlanPage
from admin_web.views.routing_plans import RoutingPlanList
from admin_web.views.routing_rule_page import RoutingRulePage
from admin_web.views.search import SearchPage
from admin_web.views.searches import SearchesPage
from admin_web.views.sellers import DistributorList, DistributorPage, ResellerList, ResellerPage
from admin_web.views.series import SeriesList
from admin_web.views.series_files import SeriesFiles
from admin_web.views.series_page import SeriesPage
from admin_web.views.series_tabs import SeriesAudit, SeriesCalls, SeriesLedger
from admin_web.views.simulation import SimulationPage
from admin_web.views.simulator import SimulatorPage
from admin_web.views.system_pages import HealthPage, SettingsPage
from admin_web.views.taxes import TaxPage
from admin_web.views.voucher_batch import VoucherBatchPage
from admin_web.views.vouchers import VoucherBatchList

HOME = Dashboard
# In the order of the sidebar.
VIEWS: tuple[type[BaseView], ...] = (
    LivePage,
    CallList,
    AlertsPage,
    GroupList,
    GroupPage,
    SeriesList,
    SeriesPage,
    SeriesFiles,
    SeriesCalls,
    SeriesLedger,
    SeriesAudit,
    CardList,
    CardPage,
    CardActs,
    CardMore,
    CardCalls,
    CardLedger,
    CardAudit,
    PhoneList,
    PhonePage,
    VoucherBatchList,
    VoucherBatchPage,
    RateTableList,
    RateTablePage,
    RateList,
    RatePage,
    ImportList,
    RateImportPage,
    RoutingPlanList,
    RoutingPlanPage,
    RoutingRulePage,
    CarrierList,
    AsteriskPage,
    RouteTester,
    SimulationPage,
    IvrPlanList,
    IvrPlanPage,
    AccessNumberList,
    AccessNumberPage,
    PromptsPage,
    SimulatorPage,
    ClientList,
    ClientPage,
    AccountList,
    AccountPage,
    AccountCalls,
    AccountLedger,
    AccountAudit,
    GatewayPage,
    ResellerList,
    ResellerPage,
    DistributorList,
    DistributorPage,
    LedgerList,
    PaymentList,
    FeesPage,
    TaxPage,
    CurrencyPage,
    ReportPage,
    CardReports,
    OperatorList,
    OperatorPage,
    AuditList,
    JobList,
    JobPage,
    SettingsPage,
    HealthPage,
    SearchPage,
    MePage,
    SearchesPage,
)


def views() -> list[BaseView]:
    """Anew for each application: a view belongs to one."""
    return [view() for view in VIEWS]
