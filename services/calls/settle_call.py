"""Settle a call: charge it and free the rest of its hold, in one transaction and once, whoever asks and how often."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.orm import Session

from billing.charge import lines_within
from billing.judge_call import AlarmKind
from billing.rating import CallCharge, ChargeKind, ChargeLine, call_cost
from billing.states import CallDisposition, HoldState
from models import CallRecord, Card, Hold, LedgerEntry, LedgerKind, Overdraft, Wallet, WalletKind
from services.accounts.account_hold import free_line
from services.calls.call_alarms import note_alarm
from services.calls.call_record import HeldCall, Settlement, call_record
from services.calls.frozen_quote import FrozenQuote
from services.cards.activate_card import activate_card, activation_reference
from services.cards.card_facts import series_terms
from services.cards.use_up_card import is_used_up, use_up_card
from services.money.file_entries import NO_CARD
from services.routing.carrier_signs import note_carriers
from services.store.run import run

HOUSE_OF_KIND = {ChargeKind.CALL: WalletKind.CALL_REVENUE, ChargeKind.TAX: WalletKind.TAX}  # every other line is a fee
HELD = (
    Hold.wallet_id,
    Hold.card_id,
    Hold.account_id,
    Hold.amount_micros,
    Hold.placed_at,
    Hold.quote,
    Hold.route_account_id,
    select(Card.series_id).where(Card.id == Hold.card_id).scalar_subquery().label("series_id"),
)
# Only one settlement finds the hold open; it locks the row, so that a second one waits and then finds it closed.
CLOSE_HOLD = (
    update(Hold)
    .where(Hold.call_id == bindparam("call"), Hold.state == HoldState.OPEN)
    .values(state=bindparam("end_state"), resolved_at=bindparam("now"))
    .returning(*HELD)
)
CHARGE_AFTER_ALL = (
    update(Hold)
    .where(Hold.call_id == bindparam("call"), Hold.state == HoldState.VOIDED)
    .values(state=HoldState.SETTLED, resolved_at=bindparam("now"))
    .returning(*HELD)
)
FREE_AND_CHARGE = (
    update(Wallet)
    .where(Wallet.id == bindparam("wallet"))
    .values(
        balance_micros=Wallet.balance_micros - bindparam("cost_micros"),
        held_micros=Wallet.held_micros - bindparam("amount_micros"),
        open_holds=Wallet.open_holds - 1,
    )
    .returning(Wallet.balance_micros - Wallet.held_micros)
)
BOOK = insert(LedgerEntry)
RECORD = insert(CallRecord)


@dataclass(frozen=True, slots=True)
class Settled:
    """The result of the first settlement of the call; `is_repeat` tells that it was settled before."""

    call_id: str
    disposition: CallDisposition
    talk_seconds: int
    cost_micros: int
    is_repeat: bool = False
    overdraft_micros: int = 0  # what the call cost above its hold; noted, not charged
    clock_leapt: bool = False  # the stamps cannot be right: charged within the hold, to be compared with CEL


@dataclass(frozen=True, slots=True)
class UnknownCall:
    """No hold has this id (yet): an authorisation may still be on its way, so whoever asked asks again later."""

    call_id: str


def settle_call(session: Session, settlement: Settlement, now: datetime, zone: tzinfo) -> Settled | UnknownCall:
    """Charge what was talked, never more than the hold; write ledger rows and call record.

    Hold, card, wallet and the loads of originator and carriers are locked in this order. A second settlement changes
    nothing and gives the first result.
    """
    held = _close_hold(session, settlement, now)
    if held is None:
        return _settle_late(session, settlement, now, zone) or _first_result(session, settlement.call_id)
    charge = _charge(session, held, settlement, now, zone)
    lines = lines_within(charge.lines(), held.amount_micros)
    cost_micros = sum(line.amount_micros for line in lines)
    available_micros = _free_and_charge(session, held, cost_micros)
    if held.account_id is not None:
        free_line(session, held.account_id)
    _book(session, settlement.call_id, held, lines, now)
    record = call_record(settlement, held, charge, lines, now)
    run(session, RECORD, record)
    if cost_micros < charge.total_micros:
        _note_overdraft(session, settlement.call_id, charge, held.amount_micros, now)
    _use_up(session, held, charge, available_micros)
    note_carriers(session, held.line_of, held.quote.routes, settlement.tried, now)
    return Settled(
        settlement.call_id,
        record["disposition"],
        charge.talk_seconds,
        cost_micros,
        overdraft_micros=charge.total_micros - cost_micros,
        clock_leapt=settlement.clock_leapt(held.quote.limit_seconds),
    )


def talk_seconds(settlement: Settlement, limit_seconds: int) -> int:
    """Whole seconds to charge: milliseconds are cut, an answered call is at least 1 s, and never more than was
    granted.
    """
    if not settlement.is_answered:
        return 0
    return min(max(1, settlement.talk_ms // 1000), limit_seconds)


def _close_hold(session: Session, settlement: Settlement, now: datetime) -> HeldCall | None:
    end_state = HoldState.SETTLED if settlement.is_answered else HoldState.VOIDED
    closing = {"call": settlement.call_id, "end_state": end_state, "now": now}
    hold = run(session, CLOSE_HOLD, closing).one_or_none()
    return None if hold is None else _held(hold)


def _held(hold: Row[*tuple[Any, ...]]) -> HeldCall:
    wallet_id, card_id, account_id, amount_micros, placed_at, quote, line_of, series_id = hold
    frozen = FrozenQuote.from_json(quote)
    return HeldCall(wallet_id, card_id, account_id, amount_micros, placed_at, frozen, line_of, series_id)


def _charge(session: Session, held: HeldCall, settlement: Settlement, now: datetime, zone: tzinfo) -> CallCharge:
    """The first charged call activates the card and pays its fee; of two first calls only one does."""
    quote = held.quote
    charge = call_cost(quote.price, talk_seconds(settlement, quote.limit_seconds))
    if held.card_id is None or not quote.activates or charge.billed_seconds == 0:
        return charge
    # Dated by the call itself: a settlement that comes days late from the spool gives no days of validity away.
    answered_at = min(max(settlement.answered_at or now, held.placed_at), now)
    if activate_card(session, held.card_id, series_terms(session, held.card_id), answered_at, zone):
        return charge
    return call_cost(replace(quote.price, activation_fee_micros=0), charge.talk_seconds)


def _free_and_charge(session: Session, held: HeldCall, cost_micros: int) -> int:
    """What the wallet has available afterwards."""
    values = {"wallet": held.wallet_id, "cost_micros": cost_micros, "amount_micros": held.amount_micros}
    available_micros: int = run(session, FREE_AND_CHARGE, values).scalar_one()
    return available_micros


def _book(session: Session, call_id: str, held: HeldCall, lines: Sequence[ChargeLine], now: datetime) -> None:
    entries = [
        {
            "source_wallet_id": held.wallet_id,
            "destination_wallet_id": held.quote.house[HOUSE_OF_KIND.get(line.kind, WalletKind.FEE_REVENUE)],
            "amount_micros": line.amount_micros,
            "kind": LedgerKind(line.kind),
            "reference": _reference(call_id, held.card_id, line),
            "call_id": call_id,
            "created_at": now,
            "actor": "call",
            "series_id": held.series_id or NO_CARD,
        }
        for line in lines
    ]
    if entries:
        run(session, BOOK, entries)


def _reference(call_id: str, card_id: int | None, line: ChargeLine) -> str:
    if line.kind is ChargeKind.ACTIVATION_FEE and card_id is not None:
        return activation_reference(card_id)
    return f"{call_id}:{line.label}" if line.kind is ChargeKind.TAX else call_id


def _note_overdraft(session: Session, call_id: str, charge: CallCharge, paid_micros: int, now: datetime) -> None:
    """The excess moves no money: an operator writes it off or posts it."""
    excess = {"cost_micros": charge.total_micros, "held_micros": paid_micros, "noted_at": now}
    session.execute(insert(Overdraft).values(call_id=call_id, **excess))


def _use_up(session: Session, held: HeldCall, charge: CallCharge, available_micros: int) -> None:
    quote = held.quote
    if held.card_id is None or quote.card_type is None or charge.billed_seconds == 0:
        return
    until_empty = quote.disposable_until_empty
    if is_used_up(quote.card_type, available_micros, quote.empty_below_micros, until_empty=until_empty):
        use_up_card(session, held.card_id)


def _settle_late(session: Session, settlement: Settlement, now: datetime, zone: tzinfo) -> Settled | None:
    """The hold was freed, and now an answer is told: charge what the wallet has available, up to the hold, note the
    rest, and list the call (reliability.md 3). None: it was not so.
    """
    closing = {"call": settlement.call_id, "now": now}
    hold = run(session, CHARGE_AFTER_ALL, closing).one_or_none() if settlement.is_answered else None
    if hold is None:
        return None
    held = _held(hold)
    charge = _charge(session, held, settlement, now, zone)
    lines = lines_within(charge.lines(), min(held.amount_micros, _available_locked(session, held.wallet_id)))
    cost_micros = sum(line.amount_micros for line in lines)
    taken = update(Wallet).where(Wallet.id == held.wallet_id).values(balance_micros=Wallet.balance_micros - cost_micros)
    available_micros = session.scalars(taken.returning(Wallet.balance_micros - Wallet.held_micros)).one()
    _book(session, settlement.call_id, held, lines, now)
    record = call_record(settlement, held, charge, lines, now)
    session.execute(update(CallRecord).where(CallRecord.call_id == settlement.call_id).values(record))
    if cost_micros < charge.total_micros:
        _note_overdraft(session, settlement.call_id, charge, cost_micros, now)
    _use_up(session, held, charge, available_micros)
    note_alarm(session, settlement.call_id, AlarmKind.LATE_SETTLEMENT, f"charged {cost_micros} micros", now)
    overdraft_micros = charge.total_micros - cost_micros
    disposition, seconds = record["disposition"], charge.talk_seconds
    return Settled(settlement.call_id, disposition, seconds, cost_micros, overdraft_micros=overdraft_micros)


def _available_locked(session: Session, wallet_id: int) -> int:
    query = select(Wallet.balance_micros - Wallet.held_micros + Wallet.credit_limit_micros)
    return max(0, session.scalars(query.where(Wallet.id == wallet_id).with_for_update()).one())


def _first_result(session: Session, call_id: str) -> Settled | UnknownCall:
    record = session.execute(
        select(CallRecord.disposition, CallRecord.talk_seconds, CallRecord.cost_micros).where(
            CallRecord.call_id == call_id
        )
    ).one_or_none()
    if record is None:
        return UnknownCall(call_id)
    disposition, seconds, cost_micros = record
    return Settled(call_id, disposition, seconds, cost_micros, is_repeat=True)
