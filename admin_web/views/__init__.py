"""The pages of the console, in the order of the sidebar."""

from flask_admin import BaseView

from admin_web.views.accounts.account_page import AccountPage
from admin_web.views.accounts.accounts import AccountList
from admin_web.views.accounts.client_page import ClientPage
from admin_web.views.accounts.clients import ClientList
from admin_web.views.accounts.gateways import GatewayPage
from admin_web.views.accounts.of_account import AccountAudit, AccountCalls, AccountLedger
from admin_web.views.calls.alerts import AlertsPage
from admin_web.views.calls.calls import CallList
from admin_web.views.calls.dashboard import Dashboard
from admin_web.views.calls.live import LivePage
from admin_web.views.cards.card import CardPage
from admin_web.views.cards.card_acts import CardActs
from admin_web.views.cards.card_more import CardMore
from admin_web.views.cards.card_tabs import CardAudit, CardCalls, CardLedger
from admin_web.views.cards.cards import CardList
from admin_web.views.cards.group_page import GroupPage
from admin_web.views.cards.groups import GroupList
from admin_web.views.cards.phone_page import PhonePage
from admin_web.views.cards.phones import PhoneList
from admin_web.views.cards.sellers import DistributorList, DistributorPage, ResellerList, ResellerPage
from admin_web.views.cards.series import SeriesList
from admin_web.views.cards.series_files import SeriesFiles
from admin_web.views.cards.series_page import SeriesPage
from admin_web.views.cards.series_tabs import SeriesAudit, SeriesCalls, SeriesLedger
from admin_web.views.cards.voucher_batch import VoucherBatchPage
from admin_web.views.cards.vouchers import VoucherBatchList
from admin_web.views.ivr.access_number_page import AccessNumberPage
from admin_web.views.ivr.access_numbers import AccessNumberList
from admin_web.views.ivr.ivr_plan_page import IvrPlanPage
from admin_web.views.ivr.ivr_plans import IvrPlanList
from admin_web.views.ivr.prompts import PromptsPage
from admin_web.views.ivr.simulator import SimulatorPage
from admin_web.views.money.card_reports import CardReports
from admin_web.views.money.currencies import CurrencyPage
from admin_web.views.money.fees_page import FeesPage
from admin_web.views.money.ledger import LedgerList
from admin_web.views.money.payments import PaymentList
from admin_web.views.money.reports import ReportPage
from admin_web.views.money.taxes import TaxPage
from admin_web.views.rates.imports import ImportList
from admin_web.views.rates.rate_import_page import RateImportPage
from admin_web.views.rates.rate_list import RateList
from admin_web.views.rates.rate_page import RatePage
from admin_web.views.rates.rate_table_page import RateTablePage
from admin_web.views.rates.rate_tables import RateTableList
from admin_web.views.rates.simulation import SimulationPage
from admin_web.views.routing.asterisk_page import AsteriskPage
from admin_web.views.routing.carriers import CarrierList
from admin_web.views.routing.route_tester import RouteTester
from admin_web.views.routing.routing_plan_page import RoutingPlanPage
from admin_web.views.routing.routing_plans import RoutingPlanList
from admin_web.views.routing.routing_rule_page import RoutingRulePage
from admin_web.views.system.audit import AuditList
from admin_web.views.system.help_page import Help
from admin_web.views.system.job_page import JobPage
from admin_web.views.system.jobs import JobList
from admin_web.views.system.me import MePage
from admin_web.views.system.my_keys import MyKeysPage
from admin_web.views.system.operator_page import OperatorPage
from admin_web.views.system.operators import OperatorList
from admin_web.views.system.search import SearchPage
from admin_web.views.system.searches import SearchesPage
from admin_web.views.system.system_pages import HealthPage, SettingsPage

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
    Help,
    SearchPage,
    MePage,
    MyKeysPage,
    SearchesPage,
)


def views() -> list[BaseView]:
    """Anew for each application: a view belongs to one."""
    return [view() for view in VIEWS]
