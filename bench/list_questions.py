"""What is asked of every list of the console, taken from the application itself: a new list cannot be forgotten.

Each list: its first, next, last and last but one page, every order in both directions, every filter with what many, few
and no rows have, quick search, and filters under an order. A filter that this file has no values for ends the bench.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice, product
from typing import Final

from flask import Flask
from flask_admin.model.filters import BaseFilter
from werkzeug.routing import Rule

from admin_web.lists.filters import DayFilter
from admin_web.lists.list_view import ConsoleList
from bench.list_world import BUSY, DAYS, FIRST_SMALL, LAST, QUIET

OPTIONS_MAX = 6  # of a filter that offers words
OLD = (LAST - timedelta(days=DAYS - 2)).date().isoformat()
# What stands for an argument of an address; {sender} is the account that sent calls.
THINGS: Final = {
    "series": (str(BUSY), str(QUIET), str(FIRST_SMALL)),
    "card": (f"{BUSY}-000007919", f"{QUIET}-000000004"),
    "account_id": ("{sender}", "{idle}"),
    "batch_id": ("1",),
    "table_id": ("1",),
    "kind": (),  # reports: bench/reports.py
}
# Filters by their names in the address.
VALUES: Final = {
    "least": ("4.99", "5", "99"),
    "most": ("0.01", "4.99", "5"),
    "part": ("00471", "9999"),
    "phone": ("3706000012", "9"),
    "card": (f"{BUSY}000012", "99"),
    "carrier": ("carrier1", "nobody"),
    "access": ("18005550100", "18005550199", "nothing"),
    "call": ("bench-4711", "nothing"),
    "actor": ("desk1", "rare", "nobody"),
    "act": ("card.", "series.update", "nothing"),
    "object": ("card", "nothing"),
    "door": ("console", "nothing"),
    "currency": ("USD", "EUR"),
    "serial": ("4711", "999999"),
    "name": ("small 1", "nothing"),
    "destination": ("Destination 7", "nothing"),
    "tag": ("nothing",),
    "kind": ("list", "nothing"),
    "in_": ("carrier", "nothing"),
}
SEARCHES: Final = {
    "cards": (f"{BUSY}-00012", f"{BUSY}-000123456", "9999"),
    "calls": ("3706000", "37061234567", "99"),
    "ledger": ("bench-4711", "nothing", "b"),
    "payments": ("booked-4711", "bench-4711", "nothing"),
    "phones": ("3706000", "9"),
    "series": (str(BUSY), "small 1", "nothing"),
    "audit": (f"{BUSY}000000001", str(BUSY), "nothing"),
    "ratelist": ("37061234567", "1000", "99"),
    "search": (f"{BUSY}-000123456", "37060000012", "bench-4711", str(BUSY), "37061234567", "nothing", "99999999999"),
}
PAGES_THAT_STAY_OPEN = frozenset({"live.stream", "simulator.news"})


def lists(app: Flask) -> Iterator[tuple[str, ConsoleList]]:
    """Path and view of each, the arguments of the path in braces."""
    views = {view.endpoint: view for view in app.extensions["admin"][0]._views}  # noqa: SLF001 (it offers no other way)
    found: dict[str, ConsoleList] = {}
    for rule in app.url_map.iter_rules():
        view = views.get(rule.endpoint.partition(".")[0])
        if isinstance(view, ConsoleList) and rule.rule.endswith("/") and _is_own(app, rule, view.endpoint):
            found.setdefault(rule.rule, view)
    return iter(found.items())


def pages(app: Flask) -> Iterator[str]:
    """Every other page that has no argument: some of them show lists, too."""
    shown = {path for path, _ in lists(app)}
    for rule in app.url_map.iter_rules():
        is_page = "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint not in PAGES_THAT_STAY_OPEN
        if is_page and rule.rule not in shown and not rule.rule.startswith("/sign-in"):
            yield rule.rule


def places(path: str, known: dict[str, str]) -> Iterator[str]:
    """The addresses of a list: one for each thing whose rows it shows."""
    if "<" not in path:
        return iter((path,))
    before, _, rest = path.partition("<")
    argument, _, after = rest.partition(">")
    name = argument.rpartition(":")[2]
    name = {"/series/": "series", "/cards/": "card"}.get(before, name)
    return (before + value.format(**known) + after for value in THINGS[name])


def questions(view: ConsoleList) -> list[str]:
    """What follows the path. Under another order than its own it is also asked with its first filter."""
    base = ["all=1"] if view.default_filters else [""]
    of_filters = [list(_filter_questions(view, filter_)) for filter_ in view.filters]
    orders = [
        "&".join((*base, f"sort={order}&desc={down}")).lstrip("&") for order, down in product(view.orders, (0, 1))
    ]
    searched = [f"q={text}" for text in _searches(view)]
    turned = ["", *base, *orders, *(some[0] for some in of_filters), *_days(view.filters)]  # to their last page, too
    plain = [*turned, *(one for some in of_filters for one in some[1:]), *searched]
    narrow = [*(one for some in of_filters[:1] for one in some[:3]), *searched[:1]]
    plain += [f"{one}&sort={order}" for one, order in product(narrow, [*view.orders][1:])]
    return [*dict.fromkeys((*plain, *(f"{one}&last=1".lstrip("&") for one in turned)))]


def _is_own(app: Flask, rule: Rule, endpoint: str) -> bool:
    """A list of one thing's rows has no page without the thing; nor has one whose place another list took."""
    mine = [one for one in app.url_map.iter_rules() if one.endpoint.startswith(f"{endpoint}.")]
    return bool(rule.arguments) or not any(one.arguments and one.rule.endswith("/") for one in mine)


def _filter_questions(view: ConsoleList, filter_: BaseFilter) -> Iterator[str]:
    key = str(filter_.key_name)
    options = filter_.get_options(view)
    if options is not None:
        return (f"{key}={value}" for value, _ in islice(options, OPTIONS_MAX))
    if isinstance(filter_, DayFilter):
        return iter((f"{key}={OLD}",))
    values = VALUES.get(key, VALUES["in_"] if key.startswith("in_") else None)
    if values is None:
        raise SystemExit(f"bench/list_questions.py has no values for the filter “{key}” of {view.endpoint}.")
    return (f"{key}={value}" for value in values if value)


def _days(filters: tuple[BaseFilter, ...]) -> list[str]:
    """From and until one day, and that day under the filter before it."""
    days = [str(one.key_name) for one in filters if isinstance(one, DayFilter)]
    return [f"{first}={OLD}&{last}={OLD}" for first, last in zip(days[::2], days[1::2], strict=True)]


def _searches(view: ConsoleList) -> tuple[str, ...]:
    if view.search_label is None:
        return ()
    own = {"accountcalls": "calls", "accountledger": "ledger", "accountaudit": "audit", "seriespage": "cards"}
    return SEARCHES.get(own.get(view.endpoint, view.endpoint), ("a", "1", "nothing"))
