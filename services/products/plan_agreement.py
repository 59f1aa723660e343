"""Groups that one IVR plan accepts must agree in how a card is entered, since the group is not known before the card is
(features.md 0.3).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.states import PinEntryMode, SeriesStatus
from models import CardGroup, CardSeries, IvrPlan, IvrPlanGroup


class PlanDisagrees(ValueError):
    """The sentence names both groups, both values, and what to change."""


@dataclass(frozen=True, slots=True)
class GroupEntry:
    """How cards of a group are entered; a deleted series asks for nothing."""

    name: str
    mode: PinEntryMode
    number_length: int
    attempts_max: int
    pin_lengths: frozenset[int]


def check_plans_of_group(session: Session, group_id: int) -> None:
    """Every plan that accepts the group still agrees, judged by what this transaction has written."""
    plans = select(IvrPlan.id, IvrPlan.name).join(IvrPlanGroup, IvrPlanGroup.ivr_plan_id == IvrPlan.id)
    for plan_id, name in session.execute(plans.where(IvrPlanGroup.card_group_id == group_id)).all():
        group_ids = session.scalars(select(IvrPlanGroup.card_group_id).where(IvrPlanGroup.ivr_plan_id == plan_id)).all()
        check_agreement(session, name, group_ids)


def check_agreement(session: Session, plan_name: str, group_ids: Collection[int]) -> None:
    found = find_disagreement(group_entries(session, group_ids))
    if found is not None:
        raise PlanDisagrees(f"The IVR plan {plan_name} cannot accept these groups together: {found}")


def group_entries(session: Session, group_ids: Collection[int]) -> list[GroupEntry]:
    kept = (CardSeries.card_group_id == CardGroup.id) & (CardSeries.status != SeriesStatus.DELETED)
    query = (
        select(
            CardGroup.name,
            CardGroup.pin_entry_mode,
            CardGroup.number_length,
            CardGroup.card_entry_attempts_max,
            CardSeries.pin_length,
        )
        .outerjoin(CardSeries, kept)
        .where(CardGroup.id.in_(group_ids))
        .distinct()
        .order_by(CardGroup.name)
    )
    lengths: dict[tuple[str, PinEntryMode, int, int], set[int]] = {}
    for name, mode, number_length, attempts_max, pin_length in session.execute(query):
        lengths.setdefault((name, mode, number_length, attempts_max), set()).update({pin_length} - {None})
    return [GroupEntry(*group, frozenset(found)) for group, found in lengths.items()]


def find_disagreement(groups: Sequence[GroupEntry]) -> str | None:
    """The first thing in which two groups differ, with both values; None where all agree."""
    if not groups:
        return None
    first = groups[0]
    for other in groups[1:]:
        for what, one, two in (
            ("ask for the card in one way", first.mode.value, other.mode.value),
            ("have numbers of one length", first.number_length, other.number_length),
            ("allow the same number of tries", first.attempts_max, other.attempts_max),
        ):
            if one != two:
                return f"they must {what}, but {first.name} has {one} and {other.name} {two}. Change one of them."
    return _pin_lengths_disagreement(groups)


def _pin_lengths_disagreement(groups: Sequence[GroupEntry]) -> str | None:
    """Where the PIN alone is keyed, its length must be known before the card is."""
    if groups[0].mode is not PinEntryMode.PIN_ONLY:
        return None
    lengths = {length for group in groups for length in group.pin_lengths}
    if len(lengths) <= 1:
        return None
    told = "; ".join(
        f"{group.name} {' and '.join(map(str, sorted(group.pin_lengths)))}" for group in groups if group.pin_lengths
    )
    return f"where the PIN alone is asked, all their series must have one PIN length ({told}). Use separate plans."
