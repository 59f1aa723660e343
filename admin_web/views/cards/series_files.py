"""A series as files: downloads without PINs, and with the right and a fresh password exports and sheets with PINs
(JC-51, M-1).
"""

from typing import Any

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose

from admin_web.access import get_signed
from admin_web.acts import require_right, require_token
from admin_web.entrance.fresh import ask_again
from admin_web.lists.card_files import hand_out
from admin_web.lists.files import wanted_form
from admin_web.lists.tabs import series_values
from admin_web.page import ThingPage
from admin_web.things import open_series
from billing.card_number import SERIAL_MAX
from billing.rights import Right
from services.cards.card_words import CARD_WORDS
from services.jobs.card_file import FileOf, FileOrder
from services.series.card_sheet import GRIDS
from services.series.print_cards import CARDS_A_FILE_MAX
from web_base.texts import gettext, lazy_gettext


class SeriesFiles(ThingPage):
    right = Right.SEE_CARDS
    list_endpoint = "series.index_view"

    def __init__(self) -> None:
        super().__init__(name=lazy_gettext("Files of a series"), endpoint="seriesfiles", url="/series")

    @expose("/<int:number>/files")
    def files(self, number: int) -> ResponseReturnValue:
        """The forms of what holds PINs."""
        require_right(Right.EXPORT_PINS)
        open_series(number)
        choices = {"languages": list(CARD_WORDS), "grids": list(GRIDS), "cards_max": CARDS_A_FILE_MAX}
        return self.render("console/series_files.html", **series_values("files"), **choices)

    @expose("/<int:number>/download", methods=("POST",))
    def download(self, number: int) -> ResponseReturnValue:
        """Without PINs, for whoever sees all cards of the series."""
        require_token()
        open_series(number)
        if get_signed().operator.distributor_id is not None:
            abort(403, gettext("A file holds the whole series, and you sell some of its cards."))
        order = FileOrder(FileOf.SERIES, str(number), wanted_form().value, has_secrets=False)
        return hand_out(self, order, url_for("seriespage.cards", number=number))

    @expose("/<int:number>/export", methods=("POST",))
    def export(self, number: int) -> ResponseReturnValue:
        """With PINs. Who asked stands in the audit log before the first one is read, a refusal too."""
        require_token()
        open_series(number)
        page = url_for(".files", number=number)
        if (asked := ask_again(page)) is not None:
            return asked
        return hand_out(self, FileOrder(FileOf.SERIES, str(number), wanted_form().value), page)

    @expose("/<int:number>/print", methods=("POST",))
    def print(self, number: int) -> ResponseReturnValue:
        """Sheets of unused cards with their PINs, as PDF."""
        require_token()
        open_series(number)
        page = url_for(".files", number=number)
        if (asked := ask_again(page)) is not None:
            return asked
        return hand_out(self, FileOrder(FileOf.SHEETS, str(number), "pdf", terms=_print_terms()), page)


def _print_terms() -> dict[str, Any]:
    """What the form says; an empty serial is the first or the last one."""
    asked = request.form
    return {
        "language": asked.get("language", "en"),
        "first_serial": asked.get("first_serial", 0, type=int),
        "last_serial": asked.get("last_serial", SERIAL_MAX, type=int),
        "cards_a_page": asked.get("cards_a_page", 10, type=int),
        "title": asked.get("title", "").strip() or None,
        "is_international": "plus" in asked,
        "qr": "qr" in asked,
        "qr_with_pin": "qr_with_pin" in asked,
    }
