"""The day's budget of wrong entries over the whole platform: counted exactly, alarmed at half, spent at the end."""

from datetime import UTC, datetime

import structlog
from sqlalchemy import BigInteger, ColumnElement, func, literal, select, update
from sqlalchemy.orm import Session

from billing.guard import daily_budget, is_alarming
from billing.states import EntryKind, PinEntryMode, SeriesStatus
from models import CardGroup, CardSeries, GuardBudget, VoucherBatch
from services.guard.guard_entry import EntryAttempt
from services.store.run import run
from services.store.upsert import upsert

log = structlog.get_logger()


def spend_budget(session: Session, entry: EntryAttempt, now: datetime) -> bool:
    """Count one wrong entry. False, and nothing is counted, where a secret alone is asked and the day's budget is
    spent; with a number beside it the locks of cards bound the attack, so entries are counted on.
    """
    if entry.secret_length == 0:
        return True
    allowed = daily_budget(entry.secret_length, live_secrets(session, entry.kind, entry.secret_length, now))
    is_bounded = entry.is_secret_alone
    row = {
        "day": now.astimezone(UTC).date(),
        "kind": entry.kind,
        "secret_length": entry.secret_length,
        "failures": 0 if is_bounded and allowed == 0 else 1,
        "allowed": allowed,
    }
    budget = literal(allowed, BigInteger())  # long secrets have more than a whole number of PostgreSQL holds
    counted = upsert(
        session,
        GuardBudget,
        row,
        {"failures": GuardBudget.failures + 1, "allowed": allowed},
        where=GuardBudget.failures < budget if is_bounded else None,
        returning=(GuardBudget.failures, GuardBudget.alarmed_at),
    )
    failures, alarmed_at = counted or (allowed, now)
    if alarmed_at is None and is_alarming(failures, allowed):
        _alarm(session, entry, failures, allowed, now)
    if counted is not None and failures == allowed:
        log.warning("alarm", about="budget of wrong entries spent", kind=entry.kind.value, allowed=allowed)
    if counted is None:  # more secrets live than at the last wrong entry: the gates must see the smaller budget
        alarmed_at = func.coalesce(GuardBudget.alarmed_at, literal(now, GuardBudget.alarmed_at.type))
        smaller = update(GuardBudget).where(_this_day(entry, now)).values(allowed=allowed, alarmed_at=alarmed_at)
        run(session, smaller)
    return counted is not None and failures > 0


def live_secrets(session: Session, kind: EntryKind, length: int, now: datetime) -> int:
    """How many secrets one try could hit. Used and expired ones of a series count too: it keeps the query small and
    the budget on the safe side.
    """
    if kind is EntryKind.PIN_ONLY:
        query = (
            select(func.coalesce(func.sum(CardSeries.quantity), 0))
            .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
            .where(CardGroup.pin_entry_mode == PinEntryMode.PIN_ONLY, CardSeries.pin_length == length)
            .where(CardSeries.status != SeriesStatus.DELETED)
        )
    elif kind is EntryKind.VOUCHER:
        is_live = VoucherBatch.expires_at.is_(None) | (VoucherBatch.expires_at > now)
        total = func.coalesce(func.sum(VoucherBatch.quantity), 0)
        query = select(total).where(VoucherBatch.code_length == length, is_live)
    else:
        return 1
    live: int = run(session, query).scalar_one()
    return live


def _alarm(session: Session, entry: EntryAttempt, failures: int, allowed: int, now: datetime) -> None:
    run(session, update(GuardBudget).where(_this_day(entry, now)).values(alarmed_at=now))
    log.warning(
        "alarm",
        about="half of the budget of wrong entries spent",
        kind=entry.kind.value,
        secret_length=entry.secret_length,
        failures=failures,
        allowed=allowed,
    )


def _this_day(entry: EntryAttempt, now: datetime) -> ColumnElement[bool]:
    return (
        (GuardBudget.day == now.astimezone(UTC).date())
        & (GuardBudget.kind == entry.kind)
        & (GuardBudget.secret_length == entry.secret_length)
    )
