"""Any list as a file: the rows that fit its filters, all of them and not only a page, by the columns that are shown."""

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from html import unescape
from typing import TYPE_CHECKING, Any

from flask import abort
from flask.typing import ResponseReturnValue

from admin_web.access import actor, now, zone
from admin_web.lists import cells
from admin_web.lists.rows_file import ROWS_MAX, ask_worker, write_rows
from billing.money import MICROS_PER_UNIT
from services.audit.audit import Act, note
from services.store.list_rows import every_row, row_count
from services.store.sheet_writer import Cell, SheetForm
from web_base.database import read_session, write_session
from web_base.texts import gettext

if TYPE_CHECKING:
    from admin_web.lists.list_view import ConsoleList, ListState

PLAIN = (None, cells.text, cells.status, cells.word, cells.act, cells.whole, cells.parted, cells.moment)
AMOUNTS = (cells.money, cells.exact_money, cells.fee)
MOMENT = "%Y-%m-%d %H:%M:%S"
NO_TEMPLATE: Any = None  # our formatters look at the row alone
HIDDEN = frozenset({"pin"})  # never in a file of a list


def list_file(view: "ConsoleList", state: "ListState", form: SheetForm) -> ResponseReturnValue:
    """Who took it, and with which filters, stands in the audit log. A browser that asks for more rows than a page
    answers at once is asked whether the worker shall write them.
    """
    query = view.filtered(state)
    count = row_count(read_session(), query, ROWS_MAX)
    if count > ROWS_MAX:
        abort(413, gettext("More than %(most)s rows fit: narrow the filters first.", most=ROWS_MAX))
    if (asked := ask_worker(view, count, form, view.address(state))) is not None:
        return asked
    columns = [(name, str(label)) for name, label in view.shown_columns(state) if name not in HIDDEN]
    facts = {"rows": count, "format": form.value, "filters": dict(state.filters), "search": state.search}
    with write_session() as session:
        note(session, actor(), Act("list.downloaded", "list", view.endpoint, after=facts), now())
    # of the moment in which the rows are read: the note itself is a row of the audit log, and calls come in between
    count = row_count(read_session(), query, ROWS_MAX)
    titles = [label for _, label in columns] + (["Currency"] if _has_amounts(view, columns) else [])
    rows = every_row(read_session(), query, view.order(state), count)
    return write_rows(f"{view.endpoint}.{form.value}", form, titles, _rows(view, columns, rows), count)


def _rows(view: "ConsoleList", columns: list[tuple[str, str]], rows: Iterator[Any]) -> Iterator[list[Cell]]:
    has_amounts = _has_amounts(view, columns)
    for row in rows:
        yield [_cell(view, row, name) for name, _ in columns] + ([row.currency] if has_amounts else [])


def _has_amounts(view: "ConsoleList", columns: list[tuple[str, str]]) -> bool:
    return any(view.column_formatters.get(name) in AMOUNTS for name, _ in columns)


def _cell(view: "ConsoleList", row: Any, name: str) -> Cell:  # noqa: ANN401 (a row of the list)
    """Numbers stay numbers; what a page draws by itself is its text."""
    value = getattr(row, name, None)
    formatter = view.column_formatters.get(name)
    if formatter in AMOUNTS:
        return None if value is None else Decimal(value) / MICROS_PER_UNIT
    if isinstance(value, datetime):
        return value.astimezone(zone()).strftime(MOMENT)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if formatter in PLAIN:
        return value if value is None or isinstance(value, int) else str(getattr(value, "value", value))
    shown = re.sub(r"<[^>]+>", " ", str(view.get_list_value(NO_TEMPLATE, row, name)))
    return re.sub(r"\s+", " ", unescape(shown)).strip()
