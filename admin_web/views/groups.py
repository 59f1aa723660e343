"""Card groups: the products."""

from sqlalchemy import func, select

from admin_web import cells
from admin_web.filters import WordFilter
from admin_web.list_view import ConsoleList, Rows
from admin_web.texts import lazy_gettext
from billing.rights import Right
from billing.states import CardType
from models import CardGroup, CardSeries
from services.store.keyset import Order


class GroupList(ConsoleList):
    right = Right.SEE_CARDS
    heading = lazy_gettext("Card groups")
    empty_text = lazy_gettext("No card group was made yet: a group is a product and what its callers hear.")
    search_label = lazy_gettext("Name, or how it begins")
    right_aligned = frozenset({"series", "calls_max", "number_length"})
    column_list = ("name", "currency", "card_type", "pin_entry_mode", "number_length", "calls_max", "pinless", "series")
    column_labels = {  # noqa: RUF012 (as Flask-Admin has it)
        "name": lazy_gettext("Group"),
        "currency": lazy_gettext("Currency"),
        "card_type": lazy_gettext("Type"),
        "pin_entry_mode": lazy_gettext("Asks for"),
        "number_length": lazy_gettext("Digits"),
        "calls_max": lazy_gettext("Calls at once"),
        "pinless": lazy_gettext("PINless"),
        "series": lazy_gettext("Series"),
    }
    column_formatters = {  # noqa: RUF012
        "card_type": cells.word,
        "pin_entry_mode": cells.word,
        "pinless": cells.flag,
        "series": cells.whole,
    }
    orders = {"name": Order((CardGroup.name,))}  # noqa: RUF012

    def __init__(self) -> None:
        self.filters = (WordFilter("type", lazy_gettext("Type"), CardGroup.card_type, CardType),)
        super().__init__(CardGroup, name=lazy_gettext("Groups"), category="Cards", endpoint="groups")

    def query(self) -> Rows:
        series = select(func.count()).where(CardSeries.card_group_id == CardGroup.id).scalar_subquery()
        return select(
            CardGroup.id,
            CardGroup.name,
            CardGroup.currency,
            CardGroup.card_type,
            CardGroup.pin_entry_mode,
            CardGroup.number_length,
            CardGroup.calls_max,
            CardGroup.pinless_allowed.label("pinless"),
            series.label("series"),
        )

    def search(self, query: Rows, text: str) -> Rows:
        return query.where(func.lower(CardGroup.name).startswith(text.lower(), autoescape=True))
