"""The list of cards, of all series or of one (JC-41 to JC-52)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import url_for
from sqlalchemy import Row, select

from admin_web.access import get_signed
from admin_web.lists import cells
from admin_web.lists.choices import groups
from admin_web.lists.filters import AmountFilter, ChoiceFilter, DayFilter, TextFilter, WordFilter, begins_with
from admin_web.lists.list_view import ConsoleList, ListState, Rows
from admin_web.views.cards.card_acts import acts_of_mine
from billing.rights import Right
from billing.states import CardStatus
from models import CallerIdBinding, Card, CardSeries, Wallet
from services.cards.card_rows import card_rows
from services.money.file_wallets import are_wallets_filed
from services.operators.scope import in_series, sees_all_cards, series_ids, unmade_series
from services.store.keyset import Order
from web_base.database import read_session
from web_base.texts import lazy_gettext

CARD_FILTERS = (
    WordFilter("status", lazy_gettext("Status"), Card.status, CardStatus),
    AmountFilter("least", lazy_gettext("Balance from"), Wallet.balance_micros),
    AmountFilter("most", lazy_gettext("Balance up to"), Wallet.balance_micros, most=True),
    TextFilter("phone", lazy_gettext("Bound phone"), CallerIdBinding.caller_id),
    DayFilter("expires_from", lazy_gettext("Expires from"), Card.expires_at),
    DayFilter("expires_until", lazy_gettext("Expires until"), Card.expires_at, ends=True),
)
BALANCES = frozenset({"least", "most"})
JOINED = frozenset({"least", "most", "phone"})  # filters by what stands on no card


class GroupFilter(ChoiceFilter):
    """Whose cards are few finds them by those of its series that have the group."""

    def apply(self, query: Rows, value: Any, alias: Any = None) -> Rows:  # noqa: ANN401 (as BaseFilter has it)
        operator = get_signed().operator
        if sees_all_cards(operator):
            return super().apply(query, value, alias)
        return query.where(in_series(series_ids(read_session(), operator, self.column == value)))


class CardList(ConsoleList):
    right = Right.SEE_CARDS
    heading = lazy_gettext("Cards")
    help_topic = "cards"
    empty_text = lazy_gettext("There are no cards yet: they are made by series.")
    empty_link: tuple[str, Any] | None = ("seriespage.generate", lazy_gettext("Generate your first series"))
    empty_right = Right.MAKE_CARDS
    search_label = lazy_gettext("Card number, or how it begins")
    link_column = "number"
    right_aligned = frozenset({"balance", "held"})
    column_list = ("status", "number", "balance", "held", "pin", "phone", "activated_at", "expires_at", "last_call")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "status": lazy_gettext("Status"),
        "number": lazy_gettext("Number"),
        "balance": lazy_gettext("Balance"),
        "held": lazy_gettext("Held"),
        "pin": lazy_gettext("PIN"),
        "phone": lazy_gettext("Phone"),
        "activated_at": lazy_gettext("Activated"),
        "expires_at": lazy_gettext("Expires"),
        "last_call": lazy_gettext("Last call"),
    }
    column_formatters = {  # noqa: RUF012
        "status": cells.status,
        "number": cells.card_number,
        "balance": cells.money,
        "held": cells.fee,
        "pin": lambda _view, _context, _row, _name: "•••• •••• ••••",
        "phone": cells.text,
        "activated_at": cells.moment,
        "expires_at": cells.moment,
        "last_call": cells.moment,
    }
    orders = {  # noqa: RUF012
        "number": Order((Card.id,)),
        "balance": Order((Wallet.balance_micros, Wallet.id)),  # an index of both: many cards have the same balance
    }

    def __init__(self) -> None:
        self.filters = (
            *CARD_FILTERS,
            GroupFilter("group", lazy_gettext("Card group"), CardSeries.card_group_id, groups),
        )
        super().__init__(Card, name=lazy_gettext("Cards"), category="Cards", endpoint="cards")

    def slow_orders(self) -> frozenset[str]:
        """The balances of some cards of many: no index knows whose they are."""
        return frozenset() if sees_all_cards(get_signed().operator) else frozenset({"balance"})

    def order(self, state: ListState) -> Order:
        """Whose cards are few finds them by series and serial."""
        if state.sort == "number" and not sees_all_cards(get_signed().operator):
            return Order((Card.series_id, Card.serial), descending=state.descending)
        return super().order(state)

    def own_order(self, filters: Mapping[str, str]) -> str:
        """Those between two balances may be few, and anywhere among millions of numbers."""
        return "balance" if {"least", "most"} & set(filters) else super().own_order(filters)

    def row_acts(self) -> list[tuple[str, Any]]:
        return acts_of_mine(extends=True)

    def query(self, *, is_count: bool = False, is_joined: bool = True) -> Rows:
        return card_rows(read_session(), get_signed().operator, is_count=is_count, is_joined=is_joined)

    def narrowed(self, query: Rows, state: ListState) -> Rows:
        rows, series = super().narrowed(query, state), self.series_of_wallets(state)
        return rows if series is None else rows.where(in_series(series, Wallet.series_id))

    def series_of_wallets(self, state: ListState) -> list[int] | None:
        """Those whose wallets are found by their own copy of the series; None: the cards find them."""
        if get_signed().operator.reseller_id is None or not self._is_by_wallet(state):
            return None
        return series_ids(read_session(), get_signed().operator, CardSeries.made_at.is_not(None))

    def counted(self, state: ListState) -> Rows | int:
        """Within balances alone the wallets are counted: each with a series is that of a card."""
        state = replace(state, sort="number")  # no order asks for a wallet that a count does without
        if not self._is_by_wallet(state) or state.search or set(state.filters) - BALANCES:
            return self.narrowed(self.query(is_count=True, is_joined=bool(JOINED & set(state.filters))), state)
        wallets, unmade = select(Wallet.id).where(Wallet.series_id.is_not(None)), unmade_series(read_session())
        return self.narrowed(wallets.where(Wallet.series_id.not_in(unmade)) if unmade else wallets, state)

    def _is_by_wallet(self, state: ListState) -> bool:
        is_asked = get_signed().operator.distributor_id is None and bool(BALANCES & set(state.filters))
        return is_asked and are_wallets_filed(read_session())

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(begins_with(Card.number, text.replace("-", "").replace(" ", "")))

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str:
        return url_for("cardpage.show", number=row.number)
