"""The audit log page by page: by date, each act once, however many share a moment; and filtered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.rights import Role
from services.audit.audit import Act, Actor, Door, note
from tests.admin_web.conftest import Visitor, text_of
from tests.factories import NOW, World

if TYPE_CHECKING:
    from collections.abc import Callable

ANNA, BORIS = Actor("anna", Door.CLI), Actor("boris", Door.CONSOLE)
ACT = re.compile(r"\bthing-(\d)\b")


@pytest.fixture
def owner(world: World, signed_in: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch) -> Visitor:
    """Five acts of two days before, three of them at one moment."""
    for place, (actor, ago) in enumerate(((ANNA, 2), (BORIS, 2), (ANNA, 2), (BORIS, 1), (ANNA, 1))):
        act = Act("thing.done" if place else "thing.begun", "thing", f"thing-{place}")
        note(world.session, actor, act, NOW - timedelta(days=ago))
    world.session.commit()
    monkeypatch.setattr("admin_web.lists.list_view.PAGE_SIZES", (2, 2, 100))
    return signed_in(Role.OWNER)


def test_every_act_is_met_once_from_either_end(owner: Visitor) -> None:
    assert _walk(owner, "/audit/?size=2&object=thing", "next") == "43210"
    assert _walk(owner, "/audit/?size=2&object=thing&last=1", "prev") == "10324"
    assert _walk(owner, "/audit/?size=2&object=thing&sort=happened_at&desc=0", "next") == "01234"


def test_acts_are_filtered_by_who_action_door_and_day(owner: Visitor) -> None:
    days = [(NOW - timedelta(days=ago)).date().isoformat() for ago in (2, 1)]
    for question, acts in {
        "actor=boris": "31",
        "act=thing.begun": "0",
        "door=cli": "420",
        f"until={days[0]}": "210",
        f"from={days[1]}": "43",
        "actor=nobody": "",
    }.items():
        page = owner.get(f"/audit/?size=100&object=thing&{question}")
        assert "".join(dict.fromkeys(ACT.findall(text_of(page)))) == acts, question


def test_a_file_of_the_log_has_every_act_and_its_own(owner: Visitor) -> None:
    """Its own note comes first; the oldest one has its place all the same."""
    with owner.client.get("/audit/?download=csv", buffered=True) as answer:
        lines = answer.text.splitlines()
    assert "list.downloaded" in lines[1]
    assert [line for line in lines if "thing-0" in line] == lines[-1:]


def _walk(visitor: Visitor, address: str, rel: str) -> str:
    found = ""
    for _ in range(5):
        page = visitor.get(address)
        found += "".join(dict.fromkeys(ACT.findall(text_of(page))))
        further = re.search(rf'<a rel="{rel}" href="([^"]+)"', page.text)
        if further is None:
            return found
        address = further[1].replace("&amp;", "&")
    raise AssertionError(found)
