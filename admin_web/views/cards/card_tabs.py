"""The tabs Calls, Ledger and Audit of a card."""

from admin_web.access import now
from admin_web.lists.list_view import Rows
from admin_web.lists.tabs import CardTab
from admin_web.things import opened_card
from admin_web.views.calls.calls import CallRows
from admin_web.views.money.ledger import LedgerRows
from admin_web.views.system.audit import AuditRows
from models import CallRecord
from services.cards.card_report import card_report
from services.money.ledger_rows import of_card
from services.series.series_audit import card_acts
from web_base.database import read_session
from web_base.texts import lazy_gettext


class CardCalls(CardTab, CallRows):
    tab = "calls"
    empty_text = lazy_gettext("This card has not called yet.")

    def __init__(self) -> None:
        super().__init__("cardcalls", "/cards/<number>/calls")

    def query(self, *, is_count: bool = False) -> Rows:
        return super().query(is_count=is_count).where(CallRecord.card_id == opened_card().card_id)


class CardLedger(CardTab, LedgerRows):
    tab = "ledger"
    empty_text = lazy_gettext("No money was moved on this card yet; it opened with its value.")

    def __init__(self) -> None:
        super().__init__("cardledger", "/cards/<number>/ledger")

    def query(self) -> Rows:
        return of_card(super().query(), opened_card().wallet_id)


class CardAudit(CardTab, AuditRows):
    tab = "audit"
    empty_text = lazy_gettext("Nobody has done anything to this card yet.")

    def __init__(self) -> None:
        super().__init__("cardaudit", "/cards/<number>/audit")

    def query(self) -> Rows:
        card = opened_card()
        report = card_report(read_session(), card, now())
        return card_acts(card.card_id, report["series"], card.number, report["number"])
