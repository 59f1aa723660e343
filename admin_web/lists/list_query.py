"""The query of a list by the list's address: what its page shows to whoever asks, and all its pages."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import abort, current_app, g, request

from admin_web.access import get_signed
from web_base.texts import gettext

if TYPE_CHECKING:
    from sqlalchemy import Select

    from admin_web.lists.list_view import ConsoleList, ListState


@dataclass(slots=True)
class ListQuery:
    """`told` are the filters in force, as the list's chips say them."""

    rows: "Select[*tuple[Any, ...]] | None" = None
    view: "ConsoleList | None" = None
    told: tuple[str, ...] = ()


def list_query(address: str) -> ListQuery:
    """Asked for as a page, so that its rights, its scope and its filters are those of the page."""
    signed, wanted = get_signed(), ListQuery()
    with current_app.test_request_context(address.removeprefix(request.script_root)):
        g.signed, g.list_query = signed, wanted
        current_app.preprocess_request()
        current_app.dispatch_request()
    if wanted.rows is None:
        abort(400, gettext("This is not the address of a list: go back to the list and choose again."))
    return wanted


def is_asked_for_query(view: "ConsoleList", state: "ListState") -> bool:
    """The list gives its query in the place of its page; False: a browser asks."""
    wanted: ListQuery | None = g.get("list_query")
    if wanted is None:
        return False
    if not state.problems:
        wanted.rows, wanted.view = view.filtered(state), view
        filters = tuple(view.filter_text(name, value) for name, value in state.filters.items())
        wanted.told = (*((state.search,) if state.search else ()), *filters)
    return True
