"""Breakage: value of cards that was never used and lapsed, by the day on which it did."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, tzinfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import LedgerEntry, LedgerKind, WalletKind
from services.money.house_wallets import house_wallets
from services.reports.days import bounds_of, day_of
from services.reports.report_days import check_days


@dataclass(frozen=True, slots=True)
class Breakage:
    day: date
    currency: str
    cards: int
    amount_micros: int


def breakage(session: Session, first: date, last: date, zone: tzinfo) -> list[Breakage]:
    """By day. A job lapses many cards at one moment, so there are few moments to sum by."""
    check_days(first, last)
    begin, end = bounds_of(first, zone).begin, bounds_of(last, zone).end
    wallets = {
        wallet_id: currency
        for (kind, currency), wallet_id in house_wallets(session).items()
        if kind == WalletKind.EXPIRED_VALUE.value
    }
    moment, wallet = LedgerEntry.created_at, LedgerEntry.destination_wallet_id
    query = (
        select(moment, wallet, func.count(), func.sum(LedgerEntry.amount_micros))
        .where(wallet.in_(list(wallets)), LedgerEntry.kind == LedgerKind.LAPSE, moment >= begin, moment < end)
        .group_by(moment, wallet)
    )
    cards: Counter[tuple[date, str]] = Counter()
    micros: Counter[tuple[date, str]] = Counter()
    for at, wallet_id, count, amount in session.execute(query):
        key = (day_of(at, zone), wallets[wallet_id])
        cards[key] += count
        micros[key] += int(amount)
    return [Breakage(*key, cards[key], micros[key]) for key in sorted(cards)]
