"""Rows as a file, of a list or of a report: in the answer while they are few, else by the worker once it was asked."""

from collections.abc import Iterable, Sequence
from uuid import uuid4

from flask import request
from flask.typing import ResponseReturnValue
from flask_admin import BaseView

from admin_web.lists.export_sink import export_sink
from admin_web.lists.files import send
from services.store.sheet_writer import Row, SheetForm, write_table

ROWS_AT_ONCE = 10_000  # half a second (console.md 5.2); more are written by the worker
ROWS_MAX = 1_000_000  # of a sheet; beyond that filters narrow it, or the command line exports it whole


def ask_worker(view: BaseView, count: int, form: SheetForm, back: str) -> ResponseReturnValue | None:
    """The page that asks whether the worker shall write so many rows; None: they are few, or the worker it is."""
    if export_sink() is not None or count <= ROWS_AT_ONCE:
        return None
    asked = {"list": view.endpoint, "wanted": request.full_path, "form": form.value}
    page: str = view.render("console/export_ask.html", count=count, asked=asked, back=back, token=uuid4().hex)
    return page


def write_rows(
    name: str, form: SheetForm, titles: Sequence[str], rows: Iterable[Row], count: int
) -> ResponseReturnValue:
    """Into the answer, or into the worker's file, which tells how far it is."""
    sink = export_sink()
    if sink is None:
        return send(name, lambda file: write_table(file, form, titles, rows, count))
    write_table(sink.file, form, titles, sink.counted(iter(rows), count), count)
    sink.is_written = True
    return ""
