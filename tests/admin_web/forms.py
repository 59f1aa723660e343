"""Forms of pages as a browser has them: what stands in each field, to be sent again with something changed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.admin_web.conftest import Visitor


class _Fields(HTMLParser):
    """The fields of the last form that has a button of the wanted kind, by their names."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._select: str | None = None
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value if value is not None else "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form":
            self.forms.append({})
        elif not self.forms:
            return
        elif tag == "input" and name:
            ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
            if ticked:
                self.forms[-1][name] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select is not None:
            if "selected" in given or self._select not in self.forms[-1]:
                self.forms[-1][self._select] = given.get("value", "")
        elif tag == "textarea":
            self._textarea = name
            self.forms[-1][name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self.forms[-1][self._textarea] += data


def fields_of(page: TestResponse, one: str) -> dict[str, str]:
    """Those of the form that has the field `one`."""
    reader = _Fields()
    reader.feed(page.text)
    return next(form for form in reader.forms if one in form)


def send(visitor: Visitor, page: str, one: str, **changes: object) -> TestResponse:
    """Open the page, change some fields of its form, send it; None clears a box."""
    typed: dict[str, object] = {**fields_of(visitor.get(page), one), **changes}
    return visitor.client.post(page, data={name: value for name, value in typed.items() if value is not None})


def download(visitor: Visitor, address: str) -> TestResponse:
    """A file, read to its end and closed as a browser does."""
    return visitor.client.get(address, buffered=True)
