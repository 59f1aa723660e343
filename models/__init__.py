"""Tables and constraints; no rules. Importing the package registers every table on Base.metadata."""

from models.access_number import AccessNumber
from models.account import Account, TrunkProtocol
from models.base import Base
from models.call import CallRecord
from models.caller_id_binding import BindingAct, CallerIdBinding, CallerIdBindingEvent
from models.card import Card
from models.card_group import CardGroup, DeniedDestination, GhostPercent
from models.card_series import CardSeries
from models.client import Client
from models.hold import Hold
from models.ivr_plan import IvrPlan, IvrPlanGroup
from models.ledger import LedgerEntry, LedgerKind
from models.rate_table import Rate, RateTable
from models.routing_plan import RoutingPlan, RoutingPlanCarrier
from models.tax import TaxProfile, TaxRate
from models.wallet import Wallet, WalletKind

__all__ = [
    "AccessNumber",
    "Account",
    "Base",
    "BindingAct",
    "CallRecord",
    "CallerIdBinding",
    "CallerIdBindingEvent",
    "Card",
    "CardGroup",
    "CardSeries",
    "Client",
    "DeniedDestination",
    "GhostPercent",
    "Hold",
    "IvrPlan",
    "IvrPlanGroup",
    "LedgerEntry",
    "LedgerKind",
    "Rate",
    "RateTable",
    "RoutingPlan",
    "RoutingPlanCarrier",
    "TaxProfile",
    "TaxRate",
    "TrunkProtocol",
    "Wallet",
    "WalletKind",
]
