"""Import the cards of another system, all of them or none: their PINs are digested and encrypted at once, their
balances open their wallets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, tzinfo
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.orm import Session

from billing.card_number import SERIAL_DIGITS, card_number, keyed_number
from billing.expiry import ExpiryRefused, end_of_day, grace_ends_at
from billing.rights import Right
from billing.states import CardStatus, ExpiryGivenBy, JobState, PinEntryMode
from models import Card, CardGroup, CardSeries, Job, Wallet, WalletKind
from services.audit.audit import Act, Actor, note
from services.cards.use_up_card import is_used_up
from services.keys.closed_keys import refuse_closed_key
from services.keys.permit import Permit, PermitRefused, ask_permit
from services.keys.pin_keys import PinKeys
from services.money.house_wallets import open_house
from services.series.check_import import refusals, split
from services.series.import_cells import ImportedCard
from services.series.import_systems import CardSystem
from services.series.import_table import ImportRefused, LineRefused
from services.series.open_series import GENERATE_SERIES, find_job, plain_terms
from services.series.series_terms import NewSeries, check_terms
from services.store.bulk_insert import ROW_REFUSED, reserve_ids
from services.store.run import run

CARDS_A_CHUNK: Final = 5_000
SERIES_A_FILE_MAX: Final = 100  # numbers that begin with so many series were drawn at random: they are no series


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """The terms of the new series. `series_number` is for cards whose old system had no number beside the PIN."""

    system: CardSystem
    card_group_id: int
    rate_table_id: int
    series_number: int | None = None
    name: str | None = None
    face_value_micros: int = 0
    allows_dense_pins: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """`value_micros` is the sum of all balances: what the house owes from now on."""

    series: tuple[int, ...]
    cards: int
    value_micros: int
    currency: str
    by_status: Mapping[str, int]


def permit_import(
    session: Session, actor: Actor, keys: PinKeys, terms: ImportTerms, now: datetime, *, cards: int, dry_run: bool
) -> Permit[PinKeys] | PermitRefused:
    """An import makes cards, and it tells which of its PINs a card here has, when nothing is written too."""
    facts = {"system": terms.system.value, "cards": cards, "dry_run": dry_run}
    act = Act("series.import_asked", "card_group", str(terms.card_group_id), after=facts)
    return ask_permit(session, actor, [Right.MAKE_CARDS, Right.SEE_PINS], keys, act, now)


def import_cards(
    session: Session,
    permit: Permit[PinKeys],
    cards: Sequence[ImportedCard],
    terms: ImportTerms,
    actor: Actor,
    now: datetime,
    zone: tzinfo,
) -> Imported:
    """In this transaction, or ImportRefused with each line that cannot be a card here. SeriesRefused and KeyClosed as
    for a generated series.
    """
    keys = permit.keys
    group = session.get_one(CardGroup, terms.card_group_id)
    numbered = _numbered(cards, terms, group)
    if refused := refusals(session, keys, group, numbered):
        raise ImportRefused(refused)
    batches = _by_series(numbered)
    open_house(session, group.currency)
    made = {number: _open(session, batch, number, terms, group, actor, now) for number, batch in batches.items()}
    if not _stored(session, keys, group, batches, made, zone):
        raise ImportRefused.whole("A number or a PIN was taken by another just now: run this again.")
    refuse_closed_key(session, keys.number)
    for number, batch in batches.items():
        facts = {
            "system": terms.system.value,
            "series": number,
            "cards": len(batch),
            "value_micros": sum(card.balance_micros for card in batch),
            "allows_dense_pins": terms.allows_dense_pins,
        }
        note(session, actor, Act("series.imported", "card_series", str(made[number]), after=facts), now)
    statuses = [_standing(card, group)[0].value for card in numbered]
    return Imported(
        series=tuple(batches),
        cards=len(numbered),
        value_micros=sum(card.balance_micros for card in numbered),
        currency=group.currency,
        by_status={status: statuses.count(status) for status in sorted(set(statuses))},
    )


def _numbered(cards: Sequence[ImportedCard], terms: ImportTerms, group: CardGroup) -> list[ImportedCard]:
    """The cards with their numbers: their own, or new ones of the series that is named."""
    if all(card.number for card in cards):
        if terms.series_number is not None:
            raise ImportRefused.whole("These cards have their own numbers: leave the series number out.")
        return list(cards)
    if group.pin_entry_mode is not PinEntryMode.PIN_ONLY:
        raise ImportRefused.whole(
            f"Callers of these cards key one number alone, but the group {group.name} asks for a card number too: "
            "choose a group that asks for the PIN only."
        )
    if terms.series_number is None:
        raise ImportRefused.whole("These cards have no number beside their PIN: name a series number for new ones.")
    return [
        replace(card, number=keyed_number(card_number(terms.series_number, serial)))
        for serial, card in enumerate(cards, start=1)
    ]


def _by_series(cards: Sequence[ImportedCard]) -> dict[int, list[ImportedCard]]:
    batches: dict[int, list[ImportedCard]] = {}
    for card in cards:
        series, _ = split(card.number or "")
        batches.setdefault(series, []).append(card)
        if len(batches) > SERIES_A_FILE_MAX:
            sentence = f"more than {SERIES_A_FILE_MAX} series: the last {SERIAL_DIGITS} digits are the serial."
            raise ImportRefused([LineRefused(card.line, "Number", sentence)])
    return dict(sorted(batches.items()))


def _open(
    session: Session,
    cards: Sequence[ImportedCard],
    number: int,
    asked: ImportTerms,
    group: CardGroup,
    actor: Actor,
    now: datetime,
) -> int:
    """The row of the series, and a job that is done: nobody generates a series of this number any more."""
    if find_job(session, number):
        raise ImportRefused.whole(f"Series {number} was asked for already: choose another series number.")
    serials = [split(card.number or "")[1] for card in cards]
    terms = NewSeries(
        card_group_id=asked.card_group_id,
        number=number,
        rate_table_id=asked.rate_table_id,
        face_value_micros=asked.face_value_micros,
        quantity=len(cards),
        first_serial=min(serials),
        name=asked.name,
        pin_length=len(cards[0].pin),
    )
    check_terms(session, terms, group, allows_dense_pins=asked.allows_dense_pins)
    values = {**asdict(terms), "created_at": now, "made_at": now}
    series_id = session.scalars(insert(CardSeries).values(values).returning(CardSeries.id)).one()
    job = {"kind": GENERATE_SERIES, "key": str(number), "state": JobState.DONE, "total": len(cards), "done": len(cards)}
    place = {"series_id": series_id, "next_serial": max(serials) + 1}
    when = {"asked_by": str(actor), "asked_at": now, "finished_at": now}
    session.execute(insert(Job).values({**job, **when, "parameters": {"terms": plain_terms(terms)}, "result": place}))
    return series_id


def _stored(
    session: Session,
    keys: PinKeys,
    group: CardGroup,
    batches: Mapping[int, Sequence[ImportedCard]],
    made: Mapping[int, int],
    zone: tzinfo,
) -> bool:
    """False where another transaction has taken a number or a PIN since they were looked for."""
    try:
        for number, batch in batches.items():
            for place in range(0, len(batch), CARDS_A_CHUNK):
                _insert(session, keys, group, made[number], batch[place : place + CARDS_A_CHUNK], zone)
    except ROW_REFUSED:
        return False  # the database's own message holds the row
    return True


def _insert(
    session: Session, keys: PinKeys, group: CardGroup, series_id: int, cards: Sequence[ImportedCard], zone: tzinfo
) -> None:
    wallet_ids = reserve_ids(session, Wallet, len(cards))
    wallets = [
        {
            "id": wallet_id,
            "kind": WalletKind.CARD,
            "currency": group.currency,
            "opening_micros": card.balance_micros,
            "balance_micros": card.balance_micros,
            "series_id": series_id,
        }
        for wallet_id, card in zip(wallet_ids, cards, strict=True)
    ]
    run(session, insert(Wallet), wallets)
    pins, numbers = [card.pin for card in cards], [card.number or "" for card in cards]
    sealed = zip(keys.digest_each(pins), keys.encrypt_each(pins, numbers), wallet_ids, cards, strict=True)
    rows = [
        {
            "series_id": series_id,
            "pin_digest": digest,
            "pin_encrypted": encrypted,
            "pin_key": keys.number,
            "wallet_id": wallet_id,
            **_facts(card, group, zone),
        }
        for digest, encrypted, wallet_id, card in sealed
    ]
    run(session, insert(Card), rows)


def _facts(card: ImportedCard, group: CardGroup, zone: tzinfo) -> dict[str, Any]:
    status, before = _standing(card, group)
    ends_at = None
    if card.expires_on is not None:
        try:
            ends_at = end_of_day(card.expires_on, zone)
        except ExpiryRefused as far:
            raise ImportRefused([LineRefused(card.line, "Expires", str(far))]) from far
    return {
        "serial": split(card.number or "")[1],
        "number": card.number,
        "status": status,
        "status_before": before,
        "language": card.language,
        "activated_at": card.activated_at,
        "expires_at": ends_at,
        "grace_ends_at": grace_ends_at(ends_at, 0, zone),
        "expiry_given_by": None if ends_at is None else ExpiryGivenBy.OPERATOR,
    }


def _standing(card: ImportedCard, group: CardGroup) -> tuple[CardStatus, CardStatus | None]:
    """A card in use that is empty and cannot be recharged, or has made the one call it is for, is used up (3.2)."""
    until_empty = group.disposable_until_empty
    if not is_used_up(group.card_type, card.balance_micros, group.empty_below_micros, until_empty=until_empty):
        return card.status, card.status_before
    ended = {CardStatus.ACTIVATED: CardStatus.USED}
    before = card.status_before
    return ended.get(card.status, card.status), None if before is None else ended.get(before, before)
