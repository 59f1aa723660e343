"""The ledger: every movement of money, newest first."""

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import aliased

from admin_web import cells
from admin_web.filters import DayFilter, TextFilter, WordFilter, begins_with
from admin_web.list_view import ConsoleList, Rows
from admin_web.texts import lazy_gettext
from billing.rights import Right
from models import Card, Client, LedgerEntry, LedgerKind, Wallet, WalletKind
from services.store.keyset import Order

STORED = (WalletKind.CARD, WalletKind.CLIENT)


class LedgerList(ConsoleList):
    right = Right.SEE_MONEY
    heading = lazy_gettext("Ledger")
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
    orders = {"created_at": Order((LedgerEntry.id,))}  # noqa: RUF012 (entries are inserted in the order of time)
    begins_descending = True

    def __init__(self) -> None:
        self.source, self.destination = aliased(Wallet), aliased(Wallet)
        self.filters = (
            WordFilter("kind", lazy_gettext("Kind"), LedgerEntry.kind, LedgerKind),
            DayFilter("from", lazy_gettext("From"), LedgerEntry.created_at),
            DayFilter("until", lazy_gettext("Until"), LedgerEntry.created_at, ends=True),
            TextFilter("call", lazy_gettext("Call id"), LedgerEntry.call_id, exact=True),
        )
        super().__init__(LedgerEntry, name=lazy_gettext("Ledger"), category="Money", endpoint="ledger")

    def query(self) -> Rows:
        giver, taker, payer, payee = aliased(Card), aliased(Card), aliased(Client), aliased(Client)
        return (
            select(
                LedgerEntry.id,
                LedgerEntry.created_at,
                LedgerEntry.kind,
                LedgerEntry.amount_micros.label("amount"),
                self.source.currency,
                case((self.source.kind.in_(STORED), _name(giver, payer)), else_=self.source.kind).label("from_whom"),
                case((self.destination.kind.in_(STORED), _name(taker, payee)), else_=self.destination.kind).label(
                    "to_whom"
                ),
                LedgerEntry.reference,
                LedgerEntry.actor,
                LedgerEntry.reason,
            )
            .join(self.source, self.source.id == LedgerEntry.source_wallet_id)
            .join(self.destination, self.destination.id == LedgerEntry.destination_wallet_id)
            .outerjoin(giver, giver.wallet_id == self.source.id)
            .outerjoin(taker, taker.wallet_id == self.destination.id)
            .outerjoin(payer, payer.wallet_id == self.source.id)
            .outerjoin(payee, payee.wallet_id == self.destination.id)
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(LedgerEntry.reference, text) | (LedgerEntry.call_id == text))


def _name(card: type[Card], client: type[Client]) -> ColumnElement[str]:
    return func.coalesce(card.number, client.name)
