"""The denied and allowed prefixes of the platform, of groups and of series: load, set and remove them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from billing.destination_rules import NO_RULES, PrefixRules, checked_prefix
from models import CardGroup, CardSeries, DestinationRule
from services.audit.audit import Act, Actor, note

REASON_LENGTH_MAX = 120


class RuleRefused(ValueError):
    """The rule cannot be set so; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class RuleOwner:
    """A group, a series, or without either the whole platform."""

    group_id: int | None = None
    series_id: int | None = None

    def __str__(self) -> str:
        if self.series_id is not None:
            return f"series:{self.series_id}"
        return "platform" if self.group_id is None else f"group:{self.group_id}"

    @property
    def is_mine(self) -> ColumnElement[bool]:
        return (DestinationRule.card_group_id.is_not_distinct_from(self.group_id)) & (
            DestinationRule.card_series_id.is_not_distinct_from(self.series_id)
        )


@dataclass(frozen=True, slots=True)
class AllRules:
    """The rules that hold for the cards of some groups."""

    platform: PrefixRules = NO_RULES
    groups: dict[int, PrefixRules] = field(default_factory=dict)
    series: dict[int, PrefixRules] = field(default_factory=dict)


def destination_rules(session: Session, group_ids: Collection[int]) -> AllRules:
    """Of the platform, these groups, and the series of these groups."""
    mine = select(CardSeries.id).where(CardSeries.card_group_id.in_(group_ids))
    group_id, series_id = DestinationRule.card_group_id, DestinationRule.card_series_id
    query = (
        select(group_id, series_id, DestinationRule.prefix, DestinationRule.is_allowed)
        .where(or_(group_id.in_(group_ids), series_id.in_(mine), group_id.is_(None) & series_id.is_(None)))
        .order_by(DestinationRule.id)
    )
    by_owner: dict[RuleOwner, PrefixRules] = {}
    for group, series, prefix, is_allowed in session.execute(query):
        owner = RuleOwner(group, series)
        by_owner[owner] = by_owner.get(owner, NO_RULES).with_rule(prefix, is_allowed=is_allowed)
    return AllRules(
        platform=by_owner.get(RuleOwner(), NO_RULES),
        groups={owner.group_id: rules for owner, rules in by_owner.items() if owner.group_id is not None},
        series={owner.series_id: rules for owner, rules in by_owner.items() if owner.series_id is not None},
    )


def set_destination_rule(
    session: Session, owner: RuleOwner, text: str, actor: Actor, now: datetime, *, is_allowed: bool, reason: str
) -> str:
    """Deny or allow a prefix; a rule of the same owner and prefix is replaced. Gives the prefix as it is stored."""
    prefix = checked_prefix(text)
    if not 1 <= len(reason.strip()) <= REASON_LENGTH_MAX:
        raise RuleRefused(f"The rule needs a reason of 1 to {REASON_LENGTH_MAX} characters: say why it is there.")
    _check_owner(session, owner)
    before = _find(session, owner, prefix)
    after = {"prefix": prefix, "is_allowed": is_allowed, "reason": reason.strip()}
    same = owner.is_mine & (DestinationRule.prefix == prefix)
    if before is None:
        columns = {"card_group_id": owner.group_id, "card_series_id": owner.series_id}
        session.execute(insert(DestinationRule).values({**columns, **after}))
    elif before != after:
        session.execute(update(DestinationRule).where(same).values(after))
    if before != after:
        note(session, actor, Act("rule.set", "destination_rule", str(owner), before, after), now)
    return prefix


def remove_destination_rule(session: Session, owner: RuleOwner, text: str, actor: Actor, now: datetime) -> bool:
    """False if there is no such rule."""
    prefix = checked_prefix(text)
    before = _find(session, owner, prefix)
    if before is None:
        return False
    session.execute(delete(DestinationRule).where(owner.is_mine, DestinationRule.prefix == prefix))
    note(session, actor, Act("rule.removed", "destination_rule", str(owner), before=before), now)
    return True


def rules_of(session: Session, owner: RuleOwner) -> list[dict[str, Any]]:
    """Every rule of the owner, by prefix."""
    columns = (DestinationRule.prefix, DestinationRule.is_allowed, DestinationRule.reason)
    rows = session.execute(select(*columns).where(owner.is_mine).order_by(DestinationRule.prefix))
    return [{"prefix": prefix, "is_allowed": is_allowed, "reason": reason} for prefix, is_allowed, reason in rows]


def _find(session: Session, owner: RuleOwner, prefix: str) -> dict[str, Any] | None:
    return next((rule for rule in rules_of(session, owner) if rule["prefix"] == prefix), None)


def _check_owner(session: Session, owner: RuleOwner) -> None:
    """The row of the owner is locked, so that two operators cannot set the same prefix twice at once."""
    if owner.group_id is not None:
        found = session.scalars(
            select(CardGroup.id).where(CardGroup.id == owner.group_id).with_for_update(key_share=True)
        ).first()
    elif owner.series_id is not None:
        found = session.scalars(
            select(CardSeries.id).where(CardSeries.id == owner.series_id).with_for_update(key_share=True)
        ).first()
    else:
        return
    if found is None:
        raise RuleRefused(f"There is no {str(owner).replace(':', ' ')}: choose one that exists.")
