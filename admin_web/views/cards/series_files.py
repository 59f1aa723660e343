"""A series as files: downloads without PINs, and with the right and a fresh password exports and sheets with PINs
(JC-51, M-1).
"""

from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from sqlalchemy.orm import Session

from admin_web.access import actor, get_signed, now, zone
from admin_web.acts import carry_out, require_right, require_token
from admin_web.database import read_session, write_session
from admin_web.entrance.fresh import ask_again
from admin_web.lists.files import REFUSED, pin_keys, send_or_tell, wanted_form
from admin_web.lists.tabs import series_values
from admin_web.page import ThingPage
from admin_web.texts import gettext, lazy_gettext, translated
from admin_web.things import open_series
from billing.card_number import SERIAL_MAX
from billing.rights import Right
from services.cards.card_words import CARD_WORDS
from services.keys.permit import PermitRefused
from services.series.card_sheet import GRIDS
from services.series.export_series import SeriesToExport, export_series, note_export, permit_export, series_to_export
from services.series.pin_export_job import CARDS_AT_ONCE_MAX, ask_pin_export
from services.series.print_cards import CARDS_A_FILE_MAX, PrintOrder, permit_print, plan_print, print_cards
from services.store.sheet_writer import SheetForm


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
        return self.render("console/series_files.html", **series_values("files"), **choices, token=uuid4().hex)

    @expose("/<int:number>/download", methods=("POST",))
    def download(self, number: int) -> ResponseReturnValue:
        """Without PINs, for whoever sees all cards of the series."""
        require_token()
        open_series(number)
        if get_signed().operator.distributor_id is not None:
            abort(403, gettext("A file holds the whole series, and you sell some of its cards."))
        page = url_for("seriespage.cards", number=number)
        try:
            form, series = wanted_form(), series_to_export(read_session(), number)
        except REFUSED as refused:
            flash(translated(refused), "error")
            return redirect(page)
        with write_session() as session:
            note_export(session, series, form, actor(), now())

        def write(file: Path) -> None:
            export_series(read_session(), series, file, form, zone())

        return send_or_tell(page, f"series-{number}.{form.value}", write)

    @expose("/<int:number>/export", methods=("POST",))
    def export(self, number: int) -> ResponseReturnValue:
        """With PINs. Who asked stands in the audit log before the first one is read, a refusal too."""
        require_token()
        open_series(number)
        page = url_for(".files", number=number)
        if (asked := ask_again(page)) is not None:
            return asked
        try:
            form, series, keys = wanted_form(), series_to_export(read_session(), number), pin_keys()
        except REFUSED as refused:
            flash(translated(refused), "error")
            return redirect(page)
        if series.cards > CARDS_AT_ONCE_MAX:
            return _export_by_job(series, form, page)
        with write_session() as session:
            permit = permit_export(session, series, form, actor(), keys, now())
        if isinstance(permit, PermitRefused):
            abort(403, permit.sentence)

        def write(file: Path) -> None:
            export_series(read_session(), series, file, form, zone(), permit)

        return send_or_tell(page, f"series-{number}-with-pins.{form.value}", write)

    @expose("/<int:number>/print", methods=("POST",))
    def print(self, number: int) -> ResponseReturnValue:
        """Sheets of unused cards with their PINs, as PDF."""
        require_token()
        open_series(number)
        page = url_for(".files", number=number)
        if (asked := ask_again(page)) is not None:
            return asked
        try:
            plan, keys = plan_print(read_session(), _print_order(number)), pin_keys()
        except REFUSED as refused:
            flash(translated(refused), "error")
            return redirect(page)
        with write_session() as session:
            permit = permit_print(session, plan, actor(), keys, now())
        if isinstance(permit, PermitRefused):
            abort(403, permit.sentence)

        def write(file: Path) -> Any:  # noqa: ANN401 (the number of pages)
            return print_cards(read_session(), plan, file, permit, zone())

        return send_or_tell(page, f"series-{number}-cards.pdf", write)


def _export_by_job(series: SeriesToExport, form: SheetForm, page: str) -> ResponseReturnValue:
    """More cards than a page can wait for: the worker writes the file, and whoever asked takes it once."""
    require_right(Right.EXPORT_PINS)
    asked, token = list[int](), request.form.get("token", "")[:64]

    def do(session: Session) -> str:
        asked.append(ask_pin_export(session, series, form, get_signed().operator.id, token, actor(), now()))
        return gettext("The worker writes the file now. It can be taken once, within a day, with your password.")

    return redirect(url_for("jobpage.show", job_id=asked[0]) if carry_out(do) else page)


def _print_order(number: int) -> PrintOrder:
    """What the form says; an empty serial is the first or the last one."""
    asked = request.form
    return PrintOrder(
        number,
        language=asked.get("language", "en"),
        first_serial=asked.get("first_serial", 0, type=int),
        last_serial=asked.get("last_serial", SERIAL_MAX, type=int),
        cards_a_page=asked.get("cards_a_page", 10, type=int),
        title=asked.get("title", "").strip() or None,
        is_international="plus" in asked,
        qr="qr" in asked,
        qr_with_pin="qr_with_pin" in asked,
    )
