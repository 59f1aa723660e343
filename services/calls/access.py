"""What an access number leads to: its IVR plan, how cards are entered there, and what holds for all its calls."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.destination_rules import NO_RULES, PrefixRules
from billing.phone import RewriteRule
from billing.pin import PIN_LENGTH_MAX
from billing.rating import AccessSurcharge
from billing.states import PinEntryMode, SeriesStatus
from billing.taxes import CallTaxes
from models import (
    AccessNumber,
    CardGroup,
    CardSeries,
    GhostPercent,
    IvrPlan,
    IvrPlanGroup,
)
from services.money.house_wallets import house_wallets
from services.products.destination_rules import destination_rules
from services.taxes.tax_profiles import tax_profiles


@dataclass(frozen=True, slots=True)
class CardEntry:
    """How a card is entered; the lengths come from groups and series and are typed nowhere twice."""

    mode: PinEntryMode
    number_length: int
    pin_length: int | None  # None: the series differ, so an entry ends with '#' or a pause
    attempts_max: int

    @property
    def pin_digits_max(self) -> int:
        return self.pin_length or PIN_LENGTH_MAX


@dataclass(frozen=True, slots=True)
class Access:
    """One access number with everything that is the same for all its callers. Kept for seconds by a server, so
    that a call need not ask the database for it.
    """

    number: str
    language: str | None
    surcharge: AccessSurcharge
    plan_id: int
    languages: tuple[str, ...]
    pinless_enabled: bool
    welcome_prompt: str | None
    first_key_seconds: int
    next_key_seconds: int
    caller_id_digits_min: int
    rewrite_rules: tuple[RewriteRule, ...]
    emergency_numbers: frozenset[str]
    warning_seconds: tuple[int, ...]
    group_ids: frozenset[int]
    entry: CardEntry
    platform_rules: PrefixRules
    group_rules: Mapping[int, PrefixRules]
    series_rules: Mapping[int, PrefixRules]
    ghost_percents: Mapping[int, Mapping[str, int]]  # by group, then prefix
    taxes: Mapping[int, CallTaxes]  # by tax profile
    house: Mapping[tuple[str, str], int]  # id of the house wallet by (kind, currency)

    def destination_rules(self, group_id: int, series_id: int) -> tuple[PrefixRules, PrefixRules, PrefixRules]:
        """All that must permit a destination of a card."""
        group = self.group_rules.get(group_id, NO_RULES)
        return self.platform_rules, group, self.series_rules.get(series_id, NO_RULES)

    @property
    def first_language(self) -> str:
        return self.language or self.languages[0]


def find_access(session: Session, number: str) -> Access | None:
    """None: the number is unknown or switched off, its plan is closed, or accepts no card group."""
    row = session.execute(
        select(AccessNumber, IvrPlan)
        .join(IvrPlan, IvrPlan.id == AccessNumber.ivr_plan_id)
        .where(AccessNumber.number == number, AccessNumber.is_enabled, IvrPlan.is_enabled)
    ).one_or_none()
    if row is None:
        return None
    access, plan = row
    entry_and_groups = _card_entry(session, plan.id)
    if entry_and_groups is None or not plan.languages:
        return None
    entry, group_ids = entry_and_groups
    rules = destination_rules(session, group_ids)
    return Access(
        number=access.number,
        language=access.language,
        surcharge=AccessSurcharge(access.surcharge_micros, access.surcharge_per_minute_micros),
        plan_id=plan.id,
        languages=tuple(plan.languages),
        pinless_enabled=plan.pinless_enabled,
        welcome_prompt=plan.welcome_prompt,
        first_key_seconds=plan.first_key_seconds,
        next_key_seconds=plan.next_key_seconds,
        caller_id_digits_min=plan.caller_id_digits_min,
        rewrite_rules=tuple(RewriteRule(**rule) for rule in plan.rewrite_rules),
        emergency_numbers=frozenset(plan.emergency_numbers),
        warning_seconds=tuple(plan.warning_seconds),
        group_ids=group_ids,
        entry=entry,
        platform_rules=rules.platform,
        group_rules=rules.groups,
        series_rules=rules.series,
        ghost_percents=_ghost_percents(session, group_ids),
        taxes=tax_profiles(session),
        house=house_wallets(session),
    )


def _card_entry(session: Session, plan_id: int) -> tuple[CardEntry, frozenset[int]] | None:
    """Groups of one plan agree in these settings (checked where they are saved), so that any of them tells.

    A deleted series asks for no PIN length, but the group of its cards stays accepted: they hear why they are refused.
    """
    kept = (CardSeries.card_group_id == CardGroup.id) & (CardSeries.status != SeriesStatus.DELETED)
    groups = session.execute(
        select(
            CardGroup.id,
            CardGroup.pin_entry_mode,
            CardGroup.number_length,
            CardGroup.card_entry_attempts_max,
            func.min(CardSeries.pin_length),
            func.max(CardSeries.pin_length),
        )
        .join(IvrPlanGroup, IvrPlanGroup.card_group_id == CardGroup.id)
        .outerjoin(CardSeries, kept)
        .where(IvrPlanGroup.ivr_plan_id == plan_id)
        .group_by(CardGroup.id)
    ).all()
    if not groups:
        return None
    _, mode, number_length, attempts_max, *_ = groups[0]
    lengths = {length for group in groups for length in group[4:]} - {None}  # None: a group without a series
    entry = CardEntry(mode, number_length, lengths.pop() if len(lengths) == 1 else None, attempts_max)
    return entry, frozenset(group[0] for group in groups)


def _ghost_percents(session: Session, group_ids: frozenset[int]) -> dict[int, dict[str, int]]:
    percents: dict[int, dict[str, int]] = {}
    query = select(GhostPercent.card_group_id, GhostPercent.prefix, GhostPercent.minutes_percent)
    for group_id, prefix, percent in session.execute(query.where(GhostPercent.card_group_id.in_(group_ids))):
        percents.setdefault(group_id, {})[prefix] = percent
    return percents
