"""Deny and allow lists of platform, group and series, from the operator's act to the caller's refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from factories import BRITAIN, LITHUANIA, NOW, World, a_group, a_series
from sqlalchemy import select

from billing.destination_rules import PrefixRefused
from billing.refusals import Refusal
from models import AuditEntry
from services.audit.audit import Actor, Door, broken_links
from services.calls.quote_call import Quote
from services.products.destination_rules import (
    RuleOwner,
    RuleRefused,
    remove_destination_rule,
    rules_of,
    set_destination_rule,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ACTOR = Actor("olga", Door.CLI)


def rule(world: World, owner: RuleOwner, prefix: str, *, is_allowed: bool = False, reason: str = "fraud") -> str:
    return set_destination_rule(world.session, owner, prefix, ACTOR, NOW, is_allowed=is_allowed, reason=reason)


def owners(world: World) -> list[RuleOwner]:
    return [RuleOwner(), RuleOwner(group_id=world.group_id), RuleOwner(series_id=world.series_id)]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_each_owner_can_deny_a_destination(world: World, level: int) -> None:
    """features.md 2e: lists by group and series; 5.3 DEST line 3."""
    assert rule(world, owners(world)[level], "+370") == "370"
    assert world.quote(LITHUANIA) is Refusal.NOT_ALLOWED
    assert isinstance(world.quote(BRITAIN), Quote)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_an_allowed_prefix_closes_all_others(world: World, level: int) -> None:
    rule(world, owners(world)[level], "44", is_allowed=True)
    assert world.quote(LITHUANIA) is Refusal.NOT_ALLOWED
    assert isinstance(world.quote(BRITAIN), Quote)


def test_a_rule_of_another_group_or_series_is_none_of_ours(world: World) -> None:
    other_id = a_group(world.session, name="Other")
    rule(world, RuleOwner(group_id=other_id), "370")
    assert isinstance(world.quote(LITHUANIA), Quote)
    assert a_series(other_id, world.rate_table_id)


def test_a_removed_rule_refuses_no_more(world: World) -> None:
    owner = owners(world)[1]
    rule(world, owner, "370")
    assert remove_destination_rule(world.session, owner, "370", ACTOR, NOW)
    assert not remove_destination_rule(world.session, owner, "370", ACTOR, NOW)
    assert isinstance(world.quote(LITHUANIA), Quote)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_the_same_prefix_is_replaced_not_doubled(world: World, level: int) -> None:
    owner = owners(world)[level]
    rule(world, owner, "370")
    rule(world, owner, "370", is_allowed=True, reason="opened")
    assert rules_of(world.session, owner) == [{"prefix": "370", "is_allowed": True, "reason": "opened"}]


def test_each_act_stands_in_the_audit_log_once(session: Session, world: World) -> None:
    owner = RuleOwner()
    rule(world, owner, "370")
    rule(world, owner, "370")
    remove_destination_rule(session, owner, "370", ACTOR, NOW)
    acts = session.execute(select(AuditEntry.act, AuditEntry.object_id).order_by(AuditEntry.number)).all()
    assert [tuple(act) for act in acts] == [("rule.set", "platform"), ("rule.removed", "platform")]
    assert list(broken_links(session)) == []


def test_nonsense_is_refused_with_what_to_change(world: World) -> None:
    with pytest.raises(PrefixRefused, match="1 to 15 digits"):
        rule(world, RuleOwner(), "abc")
    with pytest.raises(RuleRefused, match="reason"):
        rule(world, RuleOwner(), "370", reason=" ")
    with pytest.raises(RuleRefused, match="no group 999"):
        rule(world, RuleOwner(group_id=999), "370")
    with pytest.raises(RuleRefused, match="no series 999"):
        rule(world, RuleOwner(series_id=999), "370")
