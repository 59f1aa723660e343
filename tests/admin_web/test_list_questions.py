"""The bench of lists (bench/console_lists.py) forgets none: it finds each in the application and asks each filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from admin_web.lists.list_view import ConsoleList
from admin_web.views import VIEWS
from bench.list_questions import lists, places, questions

if TYPE_CHECKING:
    from flask import Flask

    from tests.factories import World

KNOWN = {"sender": "1", "idle": "2"}


def test_every_list_is_found_once_at_its_own_address(app: Flask) -> None:
    found = dict(lists(app))
    assert {type(view) for view in found.values()} == {view for view in VIEWS if issubclass(view, ConsoleList)}
    assert all(address.count("<") == 0 for path in found for address in places(path, KNOWN))
    assert all(list(places(path, KNOWN)) for path in found)


def test_every_filter_order_and_search_is_asked(app: Flask, world: World) -> None:
    assert world
    for view in dict(lists(app)).values():
        with app.test_request_context():
            asked = questions(view)
            keys = [filter_.key_name for filter_ in view.filters if filter_.get_options(view) != []]
        missing = [key for key in keys if not any(f"{key}=" in question for question in asked)]
        assert missing == []
        assert all(any(f"sort={order}&desc={down}" in one for one in asked) for order in view.orders for down in (0, 1))
        assert any("last=1" in question for question in asked)
        assert (view.search_label is None) == (not any("q=" in question for question in asked))
