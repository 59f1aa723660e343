"""console.md 11.1: an empty list has one sentence, one main button and one link to the documentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from admin_web.lists.list_view import ConsoleList
from admin_web.words import help_text
from admin_web.words.help_text import TOPICS, help_page
from billing.rights import Role
from tests.admin_web.conftest import Visitor, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask

    from tests.factories import World


def test_every_role_reads_every_page_of_the_help(world: World, signed_in: Callable[..., Visitor]) -> None:
    del world
    seller = signed_in(Role.DISTRIBUTOR)
    index = seller.get("/help/").text
    for topic in TOPICS:
        assert f'href="/help/{topic}"' in index
        page = seller.get(f"/help/{topic}")
        assert page.status_code == 200
        assert page.text.count("<h1") == 1
        for target in re.findall(r"<article.*</article>", page.text, re.DOTALL)[0].split('href="')[1:]:
            assert target.partition('"')[0].removeprefix("/help/") in TOPICS
    assert "Making card series" in text_of(seller.get("/help/series"))


@pytest.mark.parametrize("name", ["performance", "faults", "..%2fREADME", "decisions/0001"])
def test_nothing_but_the_pages_of_the_table_is_read(world: World, signed_in: Callable[..., Visitor], name: str) -> None:
    del world
    assert signed_in(Role.OWNER).get(f"/help/{name}").status_code == 404


def test_a_page_has_no_tags_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cards.md").write_text(
        "# Cards\n<script>x</script> [a](javascript:x) [b](https://example.com/) [c](series.md#part) `<b>`\n"
    )
    monkeypatch.setattr(help_text, "CHECKOUT", tmp_path)
    page = help_page("cards", lambda topic: f"/help/{topic}")
    assert page is not None
    assert page.title == "Cards"
    assert "<script" not in page.html
    assert "javascript:x)" in page.html  # no link of such a kind is made
    assert "example.com" not in page.html
    assert '<a href="/help/series">c</a>' in page.html


def test_an_empty_list_leads_to_its_page(app: Flask, world: World, signed_in: Callable[..., Visitor]) -> None:
    del world
    owner = signed_in(Role.OWNER)
    page = owner.get("/vouchers/")
    assert text_of(page).count("How it works") == 1
    assert 'href="/help/money"' in page.text
    assert "How it works" not in owner.get("/series/").text  # not empty
    lists = [view for view in app.extensions["admin"][0]._views if isinstance(view, ConsoleList)]
    assert len(lists) > 15
    assert {view.help_topic for view in lists} <= set(TOPICS)
    assert [view.endpoint for view in lists if not view.empty_text] == []
