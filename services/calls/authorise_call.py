"""Authorise a call: set its money aside in one conditional UPDATE, with everything frozen by which it will be
charged, and claim a line of its first carrier.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from billing.lcr import SkipReason
from billing.refusals import Refusal
from models import Hold, Wallet
from models.wallet import HOUSE_KINDS
from services.accounts.account_facts import AccountFacts
from services.accounts.account_hold import free_line, hold_for_account
from services.calls.day_limits import is_day_kept
from services.calls.frozen_quote import FrozenQuote, FrozenRoute, PassedOver
from services.calls.quote_call import Quote
from services.cards.card_facts import CardFacts, get_card
from services.money.house_wallets import house_wallets
from services.routing.carrier_loads import Claimed, claim_first, counted, shown_in_turn
from services.store.run import run
from services.store.upsert import insert_or_skip

# Money and calls are judged by this one statement: the row lock makes both exact however many callers there are.
SET_ASIDE = (
    update(Wallet)
    .where(
        Wallet.id == bindparam("wallet"),
        Wallet.open_holds < bindparam("calls_max"),
        Wallet.balance_micros - Wallet.held_micros + Wallet.credit_limit_micros
        >= bindparam("amount_micros") * (bindparam("calls_max") - Wallet.open_holds),
    )
    .values(held_micros=Wallet.held_micros + bindparam("amount_micros"), open_holds=Wallet.open_holds + 1)
    .returning(Wallet.id)
)


@dataclass(frozen=True, slots=True)
class CallContext:
    """Where the call comes from, as the call record will show it. `heard` is the trace so far (no digit of a PIN)."""

    channel_id: str
    access_number: str
    caller_id: str | None
    house: Mapping[str, int]  # ids of the house wallets of the card's currency, by kind
    heard: tuple[dict[str, Any], ...] = ()
    is_pinless: bool = False  # known by the phone alone
    is_test: bool = False  # an operator tries it: it counts in no statistics


@dataclass(frozen=True, slots=True)
class Authorised:
    """The money is held; what the dialplan may now do."""

    call_id: str
    quote: FrozenQuote


def authorise_call(
    session: Session, call_id: str, quote: Quote, context: CallContext, now: datetime
) -> Authorised | Refusal:
    """Hold the money of a call, once for each call id: a repeat gives the first answer.

    The hold row goes in before the wallet is touched: the other order deadlocks against a settlement of the same call.
    The line of a carrier comes last (lock order: hold, wallet, the originator's line, the carrier's line).
    """
    frozen = _frozen(quote, replace(context, house=_house(session, quote, context)))
    is_new = insert_or_skip(
        session,
        Hold,
        call_id=call_id,
        wallet_id=quote.payer.wallet_id,
        **_whose(quote),
        route_account_id=counted(quote.routes[0]),
        amount_micros=quote.amount_micros,
        placed_at=now,
        quote=frozen.as_json(),
    )
    if not is_new:
        return get_authorised(session, call_id)
    refusal = _hold(session, quote, now)
    if refusal is None:
        claimed = claim_first(session, quote.routes, now)
        if claimed is not None:
            return Authorised(call_id, _with_routes(session, call_id, quote, frozen, claimed))
        _give_back(session, quote)
        refusal = Refusal.ALL_LINES_BUSY
    session.execute(delete(Hold).where(Hold.call_id == call_id))
    return refusal


def _whose(quote: Quote) -> dict[str, int]:
    match quote.payer:
        case CardFacts(card_id=card_id):
            return {"card_id": card_id}
        case AccountFacts(account_id=account_id):
            return {"account_id": account_id}


def _hold(session: Session, quote: Quote, now: datetime) -> Refusal | None:
    """None: the money is set aside. Otherwise nothing has changed."""
    if isinstance(quote.payer, AccountFacts):
        return hold_for_account(session, quote.payer, quote.amount_micros)
    if _is_within_the_day(session, quote) and _set_aside(session, quote):
        return _card_refusal(session, quote, now)
    return _money_refusal(session, quote)


def _with_routes(session: Session, call_id: str, quote: Quote, frozen: FrozenQuote, claimed: Claimed) -> FrozenQuote:
    """The hold says what was claimed, where that is not what the quote led it to expect."""
    if claimed.routes == quote.routes and claimed.pool_place is None:
        return frozen
    first, *others = claimed.routes
    if claimed.pool_place is not None:
        first = replace(first, shown=shown_in_turn(first, claimed.pool_place))
    frozen = replace(
        frozen,
        routes=tuple(FrozenRoute.of(route) for route in (first, *others)),
        passed_over=(*frozen.passed_over, *_taken_meanwhile(quote, claimed)),
    )
    changed = {"quote": frozen.as_json(), "route_account_id": claimed.account_id}
    session.execute(update(Hold).where(Hold.call_id == call_id).values(changed))
    return frozen


def _taken_meanwhile(quote: Quote, claimed: Claimed) -> Iterator[PassedOver]:
    """Routes before the one that was claimed: since they were chosen, other calls took their lines, or probe them."""
    for route in quote.routes[: len(quote.routes) - len(claimed.routes)]:
        yield PassedOver(route.endpoint, SkipReason.RESTED if route.is_probe else SkipReason.FULL)


def _house(session: Session, quote: Quote, context: CallContext) -> Mapping[str, int]:
    """The other side of every charge must be known before the call: a settlement cannot do without it. What the
    caller of this keeps may be older than the currency.
    """
    if all(kind in context.house for kind in HOUSE_KINDS):
        return context.house
    wallets = house_wallets(session).items()
    return {kind: wallet_id for (kind, currency), wallet_id in wallets if currency == quote.payer.currency}


def _frozen(quote: Quote, context: CallContext) -> FrozenQuote:
    group = quote.payer.group if isinstance(quote.payer, CardFacts) else None
    return FrozenQuote(
        destination=quote.destination,
        destination_name=quote.destination_name,
        rate_prefix=quote.rate_prefix,
        currency=quote.payer.currency,
        price=quote.price,
        activates=quote.activates,
        card_type=group.card_type if group else None,
        empty_below_micros=group.empty_below_micros if group else 0,
        routes=tuple(FrozenRoute.of(route) for route in quote.routes),
        limit_seconds=quote.limit_seconds,
        announced_seconds=quote.announced_seconds,
        warning_seconds=quote.warning_seconds,
        channel_id=context.channel_id,
        access_number=context.access_number,
        caller_id=context.caller_id,
        house=dict(context.house),
        heard=context.heard,
        is_pinless=context.is_pinless,
        is_test=context.is_test,
        disposable_until_empty=group.disposable_until_empty if group else False,
        passed_over=quote.passed_over,
    )


def _is_within_the_day(session: Session, quote: Quote) -> bool:
    return quote.day_limits is None or is_day_kept(session, quote.card, quote.day_limits)


def _set_aside(session: Session, quote: Quote) -> bool:
    card = quote.card
    wanted = {"wallet": card.wallet_id, "calls_max": card.calls_max, "amount_micros": quote.amount_micros}
    return run(session, SET_ASIDE, wanted).one_or_none() is not None


def _card_refusal(session: Session, quote: Quote, now: datetime) -> Refusal | None:
    """Look once more, now that the wallet is locked: a settlement that used the card up, or a block, came before."""
    card = get_card(session, quote.card.card_id)
    refusal = card.stopped_by(now)
    if refusal is not None:
        _give_back(session, quote)
    return refusal


def _give_back(session: Session, quote: Quote) -> None:
    """The call is refused after all."""
    if isinstance(quote.payer, AccountFacts):
        free_line(session, quote.payer.account_id)
    freed = {"held_micros": Wallet.held_micros - quote.amount_micros, "open_holds": Wallet.open_holds - 1}
    session.execute(update(Wallet).where(Wallet.id == quote.payer.wallet_id).values(freed))


def _money_refusal(session: Session, quote: Quote) -> Refusal:
    open_holds = session.scalars(select(Wallet.open_holds).where(Wallet.id == quote.card.wallet_id)).one()
    in_use = open_holds >= quote.card.calls_max
    return Refusal.CARD_IN_USE if in_use else Refusal.NOT_ENOUGH_FOR_THIS_DESTINATION


def get_authorised(session: Session, call_id: str) -> Authorised:
    """The first answer to a call that was authorised."""
    authorised = find_authorised(session, call_id)
    assert authorised is not None  # noqa: S101 (its hold stands)
    return authorised


def find_authorised(session: Session, call_id: str) -> Authorised | None:
    """None: the call has no hold."""
    stored = session.scalars(select(Hold.quote).where(Hold.call_id == call_id)).one_or_none()
    return None if stored is None else Authorised(call_id, FrozenQuote.from_json(stored))
