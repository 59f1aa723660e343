"""Money of a client's wallet outside of calls: payments in both directions, and adjustments by an operator."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.money import text_from_micros
from models import Client, LedgerKind, Wallet, WalletKind
from services.accounts.save_client import usable_client
from services.audit.audit import Act, Actor, note
from services.money.book_movement import Movement, NotBooked, book_movement
from services.money.house_wallets import house_wallets

REFERENCE_CHARACTERS_MAX = 100  # the ledger's column has 120, and each kind of movement a word before it
REASON_CHARACTERS_MAX = 500


class ClientMoneyRefused(ValueError):
    """The money cannot be moved so; the sentence says what to change."""


@dataclass(frozen=True, slots=True)
class ClientMoney:
    """`amount_micros` is what the client gained, below 0 what it gave; `balance_micros` the balance right after.
    `is_repeat`: booked before, and nothing moved now.
    """

    client_id: int
    amount_micros: int
    balance_micros: int
    currency: str
    is_repeat: bool = False


def pay_client_wallet(
    session: Session,
    client_id: int,
    amount_micros: int,
    reference: str,
    actor: Actor,
    now: datetime,
    *,
    reason: str | None = None,
) -> ClientMoney:
    """Book a payment: above 0 what the client paid us, below 0 what we paid the client, at most its balance.

    `reference` names it (the number of the receipt): a repeat gives the first result; with another amount or client it
    is refused.
    """
    _check_entry(amount_micros, reference, "reference")
    house, kind = WalletKind.PAYMENTS, LedgerKind.RECHARGE
    client, movement = _movement(session, client_id, amount_micros, house, kind, f"payment:{reference}", actor, reason)
    return _booked(session, client, movement, "client.paid", actor, now)


def adjust_client_wallet(
    session: Session, client_id: int, amount_micros: int, reason: str, token: str, actor: Actor, now: datetime
) -> ClientMoney:
    """Give (above 0) or take (below 0) by an operator's decision, at most down to the credit limit; what calls hold is
    not touched. `token` is the form's: a repeat gives the first result.
    """
    _check_entry(amount_micros, token, "token")
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX:
        raise ClientMoneyRefused(f"An adjustment needs a reason of 1 to {REASON_CHARACTERS_MAX} characters.")
    house, kind = WalletKind.ADJUSTMENTS, LedgerKind.ADJUSTMENT
    client, movement = _movement(session, client_id, amount_micros, house, kind, f"adjust:{token}", actor, reason)
    return _booked(session, client, movement, "client.adjusted", actor, now)


def _check_entry(amount_micros: int, reference: str, told: str) -> None:
    if amount_micros == 0:
        raise ClientMoneyRefused("An amount of 0 changes nothing: give another one.")
    if not reference.strip() or len(reference) > REFERENCE_CHARACTERS_MAX:
        raise ClientMoneyRefused(f"This needs a {told} of 1 to {REFERENCE_CHARACTERS_MAX} characters.")


def _movement(
    session: Session,
    client_id: int,
    amount_micros: int,
    house: WalletKind,
    kind: LedgerKind,
    reference: str,
    actor: Actor,
    reason: str | None,
) -> tuple[Client, Movement]:
    """The client stays locked: two acts on one client come one after the other."""
    client = usable_client(session, client_id, None)
    house_id = house_wallets(session)[house.value, _currency(session, client)]
    uses_credit = kind is LedgerKind.ADJUSTMENT
    return client, Movement(
        client.wallet_id, house_id, amount_micros, kind, reference, str(actor), reason, uses_credit=uses_credit
    )


def _booked(session: Session, client: Client, movement: Movement, act: str, actor: Actor, now: datetime) -> ClientMoney:
    currency = _currency(session, client)
    booked = book_movement(session, movement, now)
    if isinstance(booked, NotBooked):
        raise ClientMoneyRefused(_refusal(session, client, movement, booked, currency))
    done = ClientMoney(client.id, movement.amount_micros, booked.balance_micros, currency, booked.is_repeat)
    if not done.is_repeat:
        before = {"balance_micros": done.balance_micros - done.amount_micros}
        after = {"balance_micros": done.balance_micros, "reference": movement.reference}
        note(session, actor, Act(act, "client", str(client.id), before, after, movement.reason), now)
    return done


def _refusal(session: Session, client: Client, movement: Movement, why: NotBooked, currency: str) -> str:
    if why is NotBooked.REFERENCE_TAKEN:
        return f"{movement.reference.partition(':')[2]} belongs to another movement: give this one its own."
    if why is NotBooked.TOO_MUCH:
        return "The wallet would hold more than a wallet may: book less."
    credit = Wallet.credit_limit_micros if movement.uses_credit else 0
    free = select(Wallet.balance_micros - Wallet.held_micros + credit).where(Wallet.id == client.wallet_id)
    most = max(0, session.scalars(free).one())
    return (
        f"Only {text_from_micros(most)} {currency} of {client.name} is available: take that or less, or wait until its "
        "calls have ended."
    )


def _currency(session: Session, client: Client) -> str:
    return session.scalars(select(Wallet.currency).where(Wallet.id == client.wallet_id)).one()
