"""The call record: what is kept of a settled call, with every figure of its charge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.disposition import disposition
from billing.rating import CallCharge, CallPrice, ChargeKind, ChargeLine, call_cost
from services.calls.frozen_quote import FrozenQuote, FrozenRoute, passed_over_as_json

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A clock that was set in mid-call must not keep a call from being settled.
TALK_MS_MAX = 2**31 - 1  # 24 days, what the column holds; the limit of a call is far below
STAMP_MS_MAX = 253_402_300_799_999  # the last moment that a calendar knows
COPIED_FROM_QUOTE = (
    "channel_id",
    "access_number",
    "caller_id",
    "is_pinless",
    "is_test",
    "destination",
    "destination_name",
    "rate_prefix",
    "currency",
    "limit_seconds",
    "announced_seconds",
)


@dataclass(frozen=True, slots=True)
class TriedCarrier:
    """One route that was dialled, and how that ended."""

    route: str
    dial_status: str
    hangup_cause: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the dialplan reports. The stamps are ms since the epoch; without an answer stamp nothing is charged."""

    call_id: str
    place: str
    route: str
    dial_status: str
    hangup_cause: str
    answered_at_ms: int | None
    ended_at_ms: int | None
    tried: tuple[TriedCarrier, ...]

    @property
    def is_answered(self) -> bool:
        return self.answered_at_ms is not None and self.ended_at_ms is not None

    @property
    def talk_ms(self) -> int:
        """By our own stamps; a clock that stepped back gives 0, one that leapt no more than is stored."""
        if self.answered_at_ms is None or self.ended_at_ms is None:
            return 0
        return min(max(0, self.ended_at_ms - self.answered_at_ms), TALK_MS_MAX)

    @property
    def answered_at(self) -> datetime | None:
        return _moment(self.answered_at_ms)

    def clock_leapt(self, limit_seconds: int) -> bool:
        """The stamps go backwards, or further than Dial's own limit: the clock was set in mid-call (asterisk.md 7)."""
        if self.answered_at_ms is None or self.ended_at_ms is None:
            return False
        talk_ms = self.ended_at_ms - self.answered_at_ms
        return not 0 <= talk_ms <= (limit_seconds + 1) * 1000


@dataclass(frozen=True, slots=True)
class HeldCall:
    """The hold that a settlement closed; `line_of` is the account whose counted line the call had."""

    wallet_id: int
    card_id: int | None
    account_id: int | None
    amount_micros: int
    placed_at: datetime
    quote: FrozenQuote
    line_of: int | None = None
    series_id: int | None = None


def call_record(
    settlement: Settlement, held: HeldCall, charge: CallCharge, lines: Sequence[ChargeLine], now: datetime
) -> dict[str, Any]:
    """The column values of models.CallRecord; `lines` are those of the charge that were booked. The carrier that
    answered gives the buying price, not the first one tried.
    """
    route = _answering_route(settlement, held.quote)
    return {
        "call_id": settlement.call_id,
        "wallet_id": held.wallet_id,
        "card_id": held.card_id,
        "series_id": held.series_id,
        "account_id": held.account_id,
        **{name: getattr(held.quote, name) for name in COPIED_FROM_QUOTE},
        "placed_at": held.placed_at,
        "answered_at": _moment(settlement.answered_at_ms) if settlement.is_answered else None,
        "ended_at": _moment(settlement.ended_at_ms) or now,
        "settled_at": now,
        "settled_by": settlement.place,
        "disposition": disposition(settlement.dial_status, answered=settlement.is_answered),
        "dial_status": settlement.dial_status,
        "hangup_cause": int(settlement.hangup_cause) if settlement.hangup_cause else None,
        "talk_ms": settlement.talk_ms,
        "talk_seconds": charge.talk_seconds,
        "billed_seconds": charge.billed_seconds,
        "held_micros": held.amount_micros,
        "cost_micros": sum(line.amount_micros for line in lines),
        "charge_lines": [_as_object(line) for line in lines],
        "tried": [_as_object(tried) for tried in settlement.tried],
        "passed_over": [passed_over_as_json(one) for one in held.quote.passed_over] or None,
        "carrier_account_id": route.carrier_id if route else None,
        "buy_prefix": route.buy_prefix if route else None,
        "buy_cost_micros": call_cost(CallPrice(route.buy), charge.talk_seconds).total_micros if route else 0,
        "tax_micros": sum(line.amount_micros for line in lines if line.kind is ChargeKind.TAX),
        "sell_price_per_minute_micros": held.quote.price.tariff.price_per_minute_micros,
        "buy_price_per_minute_micros": route.buy.price_per_minute_micros if route else None,
        "heard": list(held.quote.heard),
    }


def _answering_route(settlement: Settlement, quote: FrozenQuote) -> FrozenRoute | None:
    if not settlement.is_answered:
        return None
    return next((route for route in quote.routes if route.endpoint == settlement.route), None)


def _moment(stamp_ms: int | None) -> datetime | None:
    return None if stamp_ms is None else EPOCH + timedelta(milliseconds=min(stamp_ms, STAMP_MS_MAX))


def _as_object(value: Any) -> dict[str, Any]:  # noqa: ANN401 (a slotted dataclass)
    return {name: getattr(value, name) for name in value.__slots__}
