"""Lists that belong to one thing: the tabs of a series or of a card, each below the address of that thing."""

from typing import Any, ClassVar

from flask import url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin_web.access import get_signed, now
from admin_web.lists.list_view import ListState
from admin_web.things import open_card, open_series, opened_card, opened_series
from services.cards.card_report import card_report
from services.series.find_series import series_names
from services.series.series_report import find_series_report
from web_base.database import read_session


def series_values(tab: str) -> dict[str, Any]:
    """What every tab of the opened series shows above itself."""
    session = read_session()
    report = find_series_report(session, opened_series().number)
    return {"series": report, "tab": tab, "others": series_names(session, get_signed().operator)}


class SeriesTab:
    """Mixed into a list whose query narrows itself to the opened series."""

    tab: ClassVar[str]
    endpoint: str
    list_template = "console/series_tab.html"
    search_label: ClassVar[Any] = None  # the tab is narrow; its filters do

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index_view(self, number: int) -> ResponseReturnValue:
        open_series(number)
        shown: ResponseReturnValue = self.show_list()  # type: ignore[attr-defined]
        return shown

    def base_address(self, **arguments: Any) -> str:  # noqa: ANN401 (url_for's)
        return url_for(f"{self.endpoint}.index_view", number=opened_series().number, **arguments)

    def page_values(self, state: ListState) -> dict[str, Any]:
        del state
        return series_values(self.tab)


class CardTab:
    """The same for a card."""

    tab: ClassVar[str]
    endpoint: str
    list_template = "console/card_tab.html"
    search_label: ClassVar[Any] = None

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index_view(self, number: str) -> ResponseReturnValue:
        open_card(number)
        shown: ResponseReturnValue = self.show_list()  # type: ignore[attr-defined]
        return shown

    def base_address(self, **arguments: Any) -> str:  # noqa: ANN401 (url_for's)
        number = card_report(read_session(), opened_card(), now())["number"]
        return url_for(f"{self.endpoint}.index_view", number=number, **arguments)

    def page_values(self, state: ListState) -> dict[str, Any]:
        del state
        return {"card": card_report(read_session(), opened_card(), now()), "facts": opened_card(), "tab": self.tab}
