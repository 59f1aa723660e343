"""Tables and constraints; no rules. Importing the package registers every table on Base.metadata."""

from billing.caller_id import CallerIdMode
from models.access_number import AccessNumber
from models.account import (
    Account,
    AccountAddress,
    AccountGateway,
    AccountLoad,
    AccountNumber,
    AniSide,
    Gateway,
    IdentBy,
    NumberUse,
    TrunkProtocol,
)
from models.asterisk import AsteriskState, CallAlarm, LiveCall
from models.audit import AuditEntry, AuditHead
from models.base import Base
from models.blocked_phone import BlockedPhone
from models.call import CallRecord
from models.call_day import CallDay, CallDayMark, Cube
from models.caller_id_binding import BindingAct, CallerIdBinding, CallerIdBindingEvent
from models.card import Card
from models.card_group import CardGroup, DestinationRule, GhostPercent
from models.card_series import CardSeries
from models.card_session import CardSession
from models.carrier_state import CarrierState
from models.client import Client
from models.exchange_rate import ExchangeRate
from models.guard import FailedEntry, GuardBudget, GuardCounter
from models.hold import Hold
from models.ivr_plan import IvrPlan, IvrPlanGroup
from models.job import Job, JobLock
from models.ledger import LedgerEntry, LedgerKind
from models.operator import Operator, OperatorSession
from models.operator_passkey import Ceremony, OperatorChallenge, OperatorPasskey
from models.overdraft import Overdraft
from models.rate_import import (
    ChangeAct,
    ImportMode,
    ImportState,
    RateChange,
    RateImport,
    RateImportRefusal,
    RateSender,
    Verdict,
)
from models.rate_table import RATE_TERMS, DeckRevision, Rate, RateTable
from models.routing_plan import RoutingPlan, RoutingPlanCarrier, RoutingRule, RoutingRuleCarrier
from models.seller import Distributor, Reseller
from models.series_count import SeriesCount
from models.speed_dial import SpeedDial
from models.tax import TaxProfile, TaxRate
from models.voucher import Voucher, VoucherBatch
from models.wallet import Wallet, WalletKind

__all__ = [
    "RATE_TERMS",
    "AccessNumber",
    "Account",
    "AccountAddress",
    "AccountGateway",
    "AccountLoad",
    "AccountNumber",
    "AniSide",
    "AsteriskState",
    "AuditEntry",
    "AuditHead",
    "Base",
    "BindingAct",
    "BlockedPhone",
    "CallAlarm",
    "CallDay",
    "CallDayMark",
    "CallRecord",
    "CallerIdBinding",
    "CallerIdBindingEvent",
    "CallerIdMode",
    "Card",
    "CardGroup",
    "CardSeries",
    "CardSession",
    "CarrierState",
    "Ceremony",
    "ChangeAct",
    "Client",
    "Cube",
    "DeckRevision",
    "DestinationRule",
    "Distributor",
    "ExchangeRate",
    "FailedEntry",
    "Gateway",
    "GhostPercent",
    "GuardBudget",
    "GuardCounter",
    "Hold",
    "IdentBy",
    "ImportMode",
    "ImportState",
    "IvrPlan",
    "IvrPlanGroup",
    "Job",
    "JobLock",
    "LedgerEntry",
    "LedgerKind",
    "LiveCall",
    "NumberUse",
    "Operator",
    "OperatorChallenge",
    "OperatorPasskey",
    "OperatorSession",
    "Overdraft",
    "Rate",
    "RateChange",
    "RateImport",
    "RateImportRefusal",
    "RateSender",
    "RateTable",
    "Reseller",
    "RoutingPlan",
    "RoutingPlanCarrier",
    "RoutingRule",
    "RoutingRuleCarrier",
    "SeriesCount",
    "SpeedDial",
    "TaxProfile",
    "TaxRate",
    "TrunkProtocol",
    "Verdict",
    "Voucher",
    "VoucherBatch",
    "Wallet",
    "WalletKind",
]
