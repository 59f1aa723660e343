"""The base of every list page: searched, filtered and turned page by page in a time that does not grow with the table.

It stands on Flask-Admin's BaseModelView (columns, formatters, filters, actions) and replaces what does not hold at
millions of rows or under a strict policy for scripts: the traps of console.md 2.2, named beside their remedies.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.form import SecureForm
from flask_admin.model import BaseModelView
from flask_admin.model.filters import BaseFilter
from sqlalchemy import Row, Select
from wtforms import Form

from admin_web.access import get_signed
from admin_web.lists.filters import PartFilter
from admin_web.lists.list_file import list_file
from admin_web.lists.list_query import is_asked_for_query
from admin_web.page import GuardedPage
from billing.rights import Right
from services.operators.saved_searches import SavedSearch, saved_searches
from services.store.keyset import COUNTED_MAX, Order, Page, PlaceRefused, Wanted, count_of, page_of
from services.store.sheet_writer import SheetForm
from web_base.database import read_session
from web_base.texts import gettext

PAGE_SIZES = (25, 50, 100)  # trap B7: 500 rows are a page of a megabyte and a half
OWN_ARGUMENTS = frozenset({"q", "sort", "desc", "after", "before", "last", "size", "all", "columns", "download"})
Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class ListState:
    """What the address of a list asks for; `problems` holds a sentence for each filter value that is wrong."""

    search: str
    filters: Mapping[str, str]
    problems: Mapping[str, str]
    sort: str
    descending: bool
    wanted: Wanted
    shows_all: bool
    count: int | None = None  # of rows that fit, where it was needed to know the order
    columns: tuple[str, ...] = ()  # those that were chosen; none: all


class ConsoleList(GuardedPage, BaseModelView):
    """A list page; a subclass names columns, filters, orders and the query, whose columns have the columns' names."""

    can_create = can_edit = can_delete = can_export = False
    action_disallowed_list = ("delete",)  # trap C5
    form_base_class = SecureForm  # trap C8
    list_template = "console/list.html"
    column_display_actions = False
    gives_files = True

    key: ClassVar[str] = "id"
    heading: ClassVar[str]
    orders: ClassVar[Mapping[str, Order]]  # by column; the first is the list's own
    begins_descending: ClassVar[bool] = False
    own_arguments: ClassVar[frozenset[str]] = OWN_ARGUMENTS
    filters: tuple[BaseFilter, ...] = ()
    default_filters: ClassVar[Mapping[str, str]] = {}
    right_aligned: ClassVar[frozenset[str]] = frozenset()
    search_label: ClassVar[Any] = None
    link_column: ClassVar[str | None] = None
    empty_text: ClassVar[Any] = ""
    row_acts: Callable[[], list[tuple[str, Any]]] | None = None  # what may be done with rows that are ticked
    empty_link: tuple[str, Any] | None = None
    empty_right: ClassVar[Right | None] = None  # what the link needs
    help_topic: ClassVar[str] = "console"  # the page of docs/ that an empty list leads to

    def create_blueprint(self, admin: Any) -> Any:  # noqa: ANN401 (Flask-Admin's)
        """Flask-Admin's own addresses of editing, exporting and looking up are not served: a list shows."""
        routes: list[Any] = type(self)._urls  # noqa: SLF001 (Flask-Admin has no other name for it)
        self._urls = [one for one in routes if one[1] == "index_view" or not hasattr(BaseModelView, one[1])]
        return super().create_blueprint(admin)

    def query(self) -> Rows:
        """The rows of the list, before filters and search."""
        raise NotImplementedError

    def search(self, query: Rows, text: str) -> Rows:
        """Exact or by prefix, never by a part: no index serves that (trap B2)."""
        raise NotImplementedError

    def row_address(self, row: Row[*tuple[Any, ...]]) -> str | None:
        """The page of the row, if it has one."""
        del row
        return None

    def filter_text(self, name: str, value: str) -> str:
        """A filter in force, as its chip says it."""
        filter_ = self._filter(name)
        options = filter_.get_options(self)
        shown = value if options is None else next((text for option, text in options if option == value), value)
        return f"{filter_.name}: {shown}"

    @expose("/")
    def index_view(self) -> ResponseReturnValue:
        return self.show_list()

    def base_address(self, **arguments: Any) -> str:  # noqa: ANN401 (url_for's)
        """Where the list is; one that belongs to another thing says of which."""
        return self.get_url(".index_view", **arguments)

    def show_list(self) -> ResponseReturnValue:
        state = self.state()
        if is_asked_for_query(self, state):
            return ""
        if "download" in request.args and not state.problems:
            return list_file(self, state, self._file_form())
        state = state if state.problems else self.offered(state)
        page = Page([], 0, None, None) if state.problems else self.page(state)
        shown = self.render(self.list_template, page=page, state=state, **self.page_values(state))
        return (shown, 400) if state.problems else shown

    def has_nothing(self, state: ListState) -> bool:
        """Of a list without a shown row: its own filters hide none, there is nothing at all yet."""
        if state.search or dict(state.filters) != dict(self.default_filters):
            return False
        return read_session().execute(self.query().limit(1)).first() is None

    def page_values(self, state: ListState) -> dict[str, Any]:
        """What else a list's own template needs."""
        del state
        return {}

    def shown_columns(self, state: ListState) -> list[tuple[str, Any]]:
        """Name and label of each; the one that leads to the row is always there."""
        kept = {*state.columns, self.link_column}
        return [(str(name), label) for name, label in self._list_columns if not state.columns or name in kept]

    def searches(self) -> list[SavedSearch]:
        """Those that the operator keeps for this list."""
        return saved_searches(get_signed().operator.preferences, request.path)

    def own_order(self, filters: Mapping[str, str]) -> str:
        """By what it is sorted unless something else is asked for."""
        del filters
        return next(iter(self.orders))

    def order(self, state: ListState) -> Order:
        return Order(self.orders[state.sort].columns, descending=state.descending)

    def slow_orders(self) -> frozenset[str]:
        """Those that no index serves for whoever asks: offered while at most COUNTED_MAX rows fit."""
        return frozenset()

    def offered(self, state: ListState) -> ListState:
        """In the list's first order where the one asked for would take seconds; the page says so."""
        if state.sort not in self.slow_orders():
            return state
        counted = self.counted(state)
        count = counted if isinstance(counted, int) else count_of(read_session(), counted)
        if count <= COUNTED_MAX:
            return replace(state, count=count)
        first = next(iter(self.orders))
        begun = Wanted(size=state.wanted.size, from_end=state.wanted.from_end)
        return replace(state, count=count, sort=first, descending=self.begins_descending, wanted=begun)

    def filtered(self, state: ListState) -> Rows:
        """The query of the list with what the address asks for."""
        return self.narrowed(self.query(), state)

    def disjoint_parts(self, state: ListState) -> Sequence[Rows]:
        """The same rows by several queries, none of which has a row of another, where one finds no index for all."""
        return (self.filtered(state),)

    def counted(self, state: ListState) -> Rows | int:
        """How many they are, if that is known; else the same rows, without joins that no count needs."""
        return self.filtered(state)

    def narrowed(self, query: Rows, state: ListState) -> Rows:
        for name, value in state.filters.items():
            query = self._filter(name).apply(query, self._filter(name).clean(value))
        if state.search:
            query = self.search(query, state.search)
        return query

    def page(self, state: ListState) -> Page:
        try:
            query, *more = self.disjoint_parts(state)
            counted = query if more else self.counted(state) if state.count is None else state.count
            return page_of(read_session(), query, self.order(state), state.wanted, counted, more=more)
        except PlaceRefused:
            abort(404)

    def state(self) -> ListState:
        """Read the address; an argument that nobody knows is refused: a mistyped filter must not show all (B4)."""
        known = self.own_arguments | set(self._keys())
        unknown = sorted(set(request.args) - known)
        if unknown:
            abort(400, gettext("This list knows no filter “%(name)s”.", name=unknown[0]))
        given = {name: request.args[name] for name in request.args if name not in self.own_arguments}
        filters = {name: value for name, value in given.items() if value.strip()}
        search = request.args.get("q", "").strip()[:80]
        shows_all = "all" in request.args
        if not (given or search or shows_all):
            filters = dict(self.default_filters)
        sort = request.args.get("sort", self.own_order(filters))
        if sort not in self.orders:
            abort(400, gettext("This list cannot be sorted by “%(name)s”.", name=sort))
        return ListState(
            search=search,
            filters=filters,
            problems=self._problems(filters),
            sort=sort,
            descending=request.args.get("desc", str(int(self.begins_descending and "sort" not in request.args))) == "1",
            wanted=self._wanted(),
            shows_all=shows_all,
            columns=self._columns(),
        )

    def address(self, state: ListState, /, **changes: object) -> str:
        """The address of this list with something changed; a page of it always begins anew."""
        arguments: dict[str, object] = {
            "q": state.search or None,
            "sort": state.sort if state.sort != self.own_order(state.filters) else None,
            "desc": int(state.descending) if state.descending != self.begins_descending else None,
            "size": state.wanted.size if state.wanted.size != self.page_size else None,
            "columns": list(state.columns) or None,
            **state.filters,
        }
        arguments |= changes
        if not any(arguments.get(name) for name in ("q", *self._keys())):
            arguments["all"] = 1 if self.default_filters else None
        return self.base_address(**{name: value for name, value in arguments.items() if value is not None})

    def _problems(self, filters: Mapping[str, str]) -> dict[str, str]:
        """A value that a filter cannot read shows no rows, not all of them (trap B5)."""
        return {
            name: self._why(self._filter(name), value)
            for name, value in filters.items()
            if not self._filter(name).validate(value)
        }

    def _why(self, filter_: BaseFilter, value: str) -> str:
        told: str | None = filter_.why(value) if isinstance(filter_, PartFilter) else None
        return told or gettext("“%(value)s” is no value for this filter.", value=value)

    def _columns(self) -> tuple[str, ...]:
        chosen = tuple(request.args.getlist("columns"))
        unknown = [name for name in chosen if name not in (self.column_list or ())]
        if unknown:
            abort(400, gettext("This list has no column “%(name)s”.", name=unknown[0]))
        return chosen

    def _file_form(self) -> SheetForm:
        word = request.args["download"]
        if word not in set(SheetForm):
            abort(400, gettext("A list is taken as csv or xlsx."))
        return SheetForm(word)

    def _wanted(self) -> Wanted:
        size = request.args.get("size", self.page_size, type=int)
        return Wanted(
            size=size if size in PAGE_SIZES else self.page_size,
            after=request.args.get("after"),
            before=request.args.get("before"),
            from_end="last" in request.args,
        )

    def _keys(self) -> list[str]:
        return [filter_.key_name or "" for filter_ in self.filters]

    def _filter(self, name: str) -> BaseFilter:
        return next(filter_ for filter_ in self.filters if filter_.key_name == name)

    # What BaseModelView asks of a view of any kind of rows.
    page_size = PAGE_SIZES[1]
    can_set_page_size = True
    page_size_options = PAGE_SIZES

    def get_pk_value(self, model: Any) -> Any:  # noqa: ANN401 (a row)
        return getattr(model, self.key)

    def scaffold_list_columns(self) -> list[str]:
        raise NotImplementedError("a list names its columns")

    def scaffold_sortable_columns(self) -> dict[Any, Any]:
        return {}

    def init_search(self) -> bool:
        return self.search_label is not None

    def scaffold_filters(self, name: Any) -> None:  # noqa: ANN401 (as BaseModelView has it)
        del name

    def scaffold_form(self) -> Any:  # noqa: ANN401 (wtforms has no types)
        return Form

    def scaffold_list_form(self, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        return Form
