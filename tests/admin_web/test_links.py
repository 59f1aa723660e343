"""No page leads anybody to a page that this operator has no right to, or that is not there."""

from __future__ import annotations

import html
import re
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from factories import KEYS, answered

from billing.rights import Role
from services.keys.key_file import replace_pin_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from account_world import AccountWorld
    from factories import World

    from tests.admin_web.conftest import Visitor

PAGES_MAX = 250  # a list has an address for each order and filter: those of one kind are asked once


def kind(address: str) -> str:
    """Pages that differ in numbers and values only are alike."""
    parts = urlsplit(address)
    names = sorted(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return re.sub(r"\d+", "0", parts.path) + "?" + ",".join(names)


def links(page: str) -> Iterator[str]:
    for address in re.findall(r'href="(/[^"#]*)', page):
        if "download=" not in address and not address.startswith("/static"):
            yield html.unescape(address)


@pytest.mark.parametrize("role", list(Role))
def test_every_link_leads_somewhere(
    signed_in: Callable[..., Visitor], world: World, trade: AccountWorld, tmp_path: Path, role: Role
) -> None:
    del trade
    replace_pin_keys(tmp_path / "keys.json", KEYS)
    world.call("call-1")
    world.settle(answered("call-1", 61))
    world.session.commit()
    visitor, seen, wrong = signed_in(role), set[str](), []
    to_ask = deque([("/", "the beginning")])
    while to_ask and len(seen) < PAGES_MAX:
        address, from_page = to_ask.popleft()
        if kind(address) in seen:
            continue
        seen.add(kind(address))
        with visitor.get(address) as page:
            if page.status_code not in (200, 302):
                wrong.append((page.status_code, address, from_page))
            elif page.mimetype == "text/html":
                to_ask.extend((found, address) for found in links(page.text))
    assert wrong == []
    assert len(seen) > 5
