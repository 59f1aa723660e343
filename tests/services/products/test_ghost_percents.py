"""features.md 3.3: a group's percent by destination; the longest prefix wins, be it the group's or the rate's."""

from __future__ import annotations

import pytest
from factories import LITHUANIA, NOW, World
from sqlalchemy import select, update

from models import AuditEntry, Rate
from services.audit.audit import Actor, Door
from services.products.ghost_percents import ghost_percents, set_ghost_percent
from services.store.fields import FieldsRefused

OPERATOR = Actor("ann", Door.CONSOLE)


def told(world: World) -> tuple[int, int]:
    quote = world.good_quote(LITHUANIA)
    return quote.limit_seconds, quote.announced_seconds


def test_the_longest_prefix_is_announced_and_the_limit_stays(world: World) -> None:
    session = world.session
    set_ghost_percent(session, world.group_id, "370", 90, OPERATOR, NOW)
    assert told(world) == (4_200, 3_780)
    set_ghost_percent(session, world.group_id, "3706", 50, OPERATOR, NOW)
    assert told(world) == (4_200, 2_100)
    session.execute(update(Rate).where(Rate.prefix == "370").values(ghost_minutes_percent=80))
    assert told(world) == (4_200, 2_100)
    set_ghost_percent(session, world.group_id, "3706", None, OPERATOR, NOW)
    assert told(world) == (4_200, 3_780)
    assert ghost_percents(session, world.group_id) == {"370": 90}
    assert len(list(session.scalars(select(AuditEntry.act)))) == 3


@pytest.mark.parametrize(
    ("prefix", "percent", "sentence"),
    [
        ("x", 90, "is not digits"),
        ("370", 19, "is below 20"),
        ("370", 1, "not a factor"),
        ("370", 201, "is above 200"),
        ("370", 120, "turn on allow_ghost_above_100"),
    ],
)
def test_a_percent_that_may_not_be_told_is_refused(world: World, prefix: str, percent: int, sentence: str) -> None:
    with pytest.raises(FieldsRefused, match=sentence):
        set_ghost_percent(world.session, world.group_id, prefix, percent, OPERATOR, NOW)


def test_a_percent_above_100_needs_the_platforms_consent(world: World) -> None:
    set_ghost_percent(world.session, world.group_id, "370", 120, OPERATOR, NOW, ghost_above_100_allowed=True)
    assert told(world) == (4_200, 5_040)
