"""The ledger: every movement of money, newest first."""

from admin_web.lists import cells
from admin_web.lists.filters import DayFilter, TextFilter, WordFilter, begins_with
from admin_web.lists.list_view import ConsoleList, Rows
from billing.rights import Right
from models import LedgerEntry, LedgerKind
from services.money.ledger_rows import ledger_rows
from services.store.keyset import Order
from web_base.texts import lazy_gettext


class LedgerRows(ConsoleList):
    """Movements as rows; of all wallets, or as a tab of one card or one series."""

    right = Right.SEE_MONEY
    heading = lazy_gettext("Ledger")
    help_topic = "money"
    empty_text = lazy_gettext("No money was moved yet.")
    search_label = lazy_gettext("Reference or call id, or how it begins")
    right_aligned = frozenset({"amount"})
    column_list = ("created_at", "kind", "amount", "from_whom", "to_whom", "reference", "actor", "reason")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "created_at": lazy_gettext("When"),
        "kind": lazy_gettext("Kind"),
        "amount": lazy_gettext("Amount"),
        "from_whom": lazy_gettext("From"),
        "to_whom": lazy_gettext("To"),
        "reference": lazy_gettext("Reference"),
        "actor": lazy_gettext("Who"),
        "reason": lazy_gettext("Reason"),
    }
    column_formatters = {  # noqa: RUF012
        "created_at": cells.moment,
        "kind": cells.word,
        "amount": cells.exact_money,
        "from_whom": cells.word,
        "to_whom": cells.word,
        "reason": cells.text,
    }
    orders = {"created_at": Order((LedgerEntry.created_at, LedgerEntry.id))}  # noqa: RUF012
    begins_descending = True

    def __init__(self, endpoint: str = "ledger", url: str | None = None) -> None:
        self.filters = (
            WordFilter("kind", lazy_gettext("Kind"), LedgerEntry.kind, LedgerKind),
            DayFilter("from", lazy_gettext("From"), LedgerEntry.created_at),
            DayFilter("until", lazy_gettext("Until"), LedgerEntry.created_at, ends=True),
            TextFilter("call", lazy_gettext("Call id"), LedgerEntry.call_id, exact=True),
        )
        super().__init__(LedgerEntry, name=lazy_gettext("Ledger"), category="Money", endpoint=endpoint, url=url)

    def query(self) -> Rows:
        return ledger_rows()

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(LedgerEntry.reference, text) | (LedgerEntry.call_id == text))


class LedgerList(LedgerRows):
    """All of them, in the menu."""
