"""An operator's own sessions: seen with where and since when, ended one by one or all others at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from billing.rights import Role
from tests.admin_web.conftest import Visitor, text_of, token_of
from tests.admin_web.test_sign_in import enter, visitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

__all__ = ["visitor"]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def others(app: Flask, count: int) -> list[Visitor]:
    """The same operator elsewhere."""
    made = []
    for number in range(count):
        one = Visitor(app.test_client())
        one.client.environ_base |= {"REMOTE_ADDR": f"192.0.2.{number + 1}", "HTTP_USER_AGENT": FIREFOX}
        enter(one)
        made.append(one)
    return made


def test_one_session_is_ended_and_the_others_stay(app: Flask, visitor: Visitor) -> None:
    enter(visitor)
    first, second = others(app, 2)
    page = visitor.get("/me/")
    assert "192.0.2.1 Firefox, Linux" in text_of(page)
    keys = re.findall(r'name="key" value="(\w+)"', page.text)
    assert len(keys) == 2
    told = visitor.client.post("/me/session", data={"csrf_token": token_of(page), "key": keys[0]})
    assert told.location == "/me/"
    assert sorted(one.get("/cards/").status_code for one in (first, second)) == [200, 302]
    assert visitor.get("/me/").status_code == 200


def test_all_others_end_at_once(app: Flask, visitor: Visitor) -> None:
    enter(visitor)
    elsewhere = others(app, 2)
    visitor.post("/me/", "/me/session")
    assert "2 other sessions have ended." in text_of(visitor.get("/me/"))
    assert [one.get("/cards/").status_code for one in elsewhere] == [302, 302]


def test_nobody_ends_anothers_session(app: Flask, visitor: Visitor, signed_in: Callable[..., Visitor]) -> None:
    enter(visitor)
    (elsewhere,) = others(app, 1)
    key = re.findall(r'name="key" value="(\w+)"', visitor.get("/me/").text)[0]
    stranger = signed_in(Role.AUDITOR)
    stranger.post("/me/", "/me/session", key=key)
    assert "had ended already" in text_of(stranger.get("/me/"))
    stranger.post("/me/", "/me/session", key="no key")
    assert elsewhere.get("/cards/").status_code == 200
