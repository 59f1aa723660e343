"""Print cards that nobody has used yet: which ones, what stands on them, and the audit entry of reading their PINs
(M-1, M-18, M-19).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing.card_number import SERIAL_DIGITS, SERIAL_MAX
from billing.expiry import last_day
from billing.money import minor_digits, text_from_micros
from billing.rights import Right
from billing.states import CardStatus, PinEntryMode
from models import AccessNumber, Card, CardGroup, CardSeries, IvrPlan, IvrPlanGroup, Wallet
from services.audit.audit import Act, Actor
from services.cards.card_words import CARD_WORDS, CardWords
from services.keys.permit import Permit, PermitRefused, ask_permit
from services.keys.pin_keys import KeySource
from services.series.card_sheet import GRIDS, CardPrint, Sheet, draw_sheets, missing_glyphs
from services.series.export_series import ExportRefused, Progress, pin_text, series_to_export
from services.store.run import run

CARDS_A_FILE_MAX: Final = 5_000  # 500 pages; a printing house with more takes the export
CARDS_A_ROUND: Final = 500
PRINTED_STATES: Final = (CardStatus.INACTIVE, CardStatus.PENDING)
LABEL_MAX: Final = 24


@dataclass(frozen=True, slots=True)
class PrintOrder:
    """What an operator asks for. `access` are numbers to print, each with how it is written; empty: all of the group's
    plans. With `is_international` the numbers are in international form, so that a "+" may stand before them.
    """

    series_number: int
    language: str = "en"
    first_serial: int = 0
    last_serial: int = SERIAL_MAX
    cards_a_page: int = 10
    title: str | None = None
    access: Mapping[str, str | None] | None = None
    is_international: bool = False
    qr: bool = True
    qr_with_pin: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """An access number of a plan that accepts the cards."""

    number: str
    languages: tuple[str, ...]  # more than one: the caller is asked first


@dataclass(frozen=True, slots=True)
class PrintPlan:
    """What will be printed; `cards_left_out` have been used, blocked or expired, or their PIN was erased."""

    order: PrintOrder
    series_id: int
    currency: str
    cards: int
    cards_left_out: int
    period_days: int | None
    dial: Access
    keys_number: bool
    sheet: Sheet
    reseller_id: int | None


def plan_print(session: Session, order: PrintOrder) -> PrintPlan:
    """The plan, or ExportRefused with the sentence that says what to change."""
    series = series_to_export(session, order.series_number)
    row, group = session.execute(
        select(CardSeries, CardGroup)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .where(CardSeries.id == series.series_id)
    ).one()
    in_range = (Card.series_id == series.series_id) & Card.serial.between(order.first_serial, order.last_serial)
    query = select(func.count(Card.id)).where(in_range)
    all_cards, cards = session.scalars(query).one(), session.scalars(query.where(*_printable())).one()
    if not cards:
        raise ExportRefused(f"Series {series.number} has no unused card there whose PIN can be printed.")
    if cards > CARDS_A_FILE_MAX:
        raise ExportRefused(f"{cards} cards are too many for one file: choose at most {CARDS_A_FILE_MAX} by serials.")
    if order.cards_a_page not in GRIDS:
        raise ExportRefused(f"{order.cards_a_page} cards a page are not offered: choose {_either(GRIDS)}.")
    access = _chosen(_access_numbers(session, group.id), order)
    keys_number = group.pin_entry_mode is PinEntryMode.NUMBER_AND_PIN
    return PrintPlan(
        order,
        series.series_id,
        series.currency,
        cards,
        all_cards - cards,
        row.expiry_period_days,
        access[0],
        keys_number,
        _sheet(order, group.name, access, keys_number=keys_number),
        series.reseller_id,
    )


def permit_print(
    session: Session, plan: PrintPlan, actor: Actor, keys: KeySource, now: datetime
) -> Permit[KeySource] | PermitRefused:
    """Printing reads PINs: ask for it, in a transaction that ends before the first one is read."""
    order = plan.order
    facts = {"series": order.series_number, "cards": plan.cards, "qr_with_pin": order.qr_with_pin}
    if (order.first_serial, order.last_serial) != (0, SERIAL_MAX):
        facts |= {"first_serial": order.first_serial, "last_serial": order.last_serial}
    act = Act("series.printed", "card_series", str(plan.series_id), after=facts)
    return ask_permit(session, actor, [Right.EXPORT_PINS], keys, act, now, reseller_id=plan.reseller_id)


def print_cards(
    session: Session,
    plan: PrintPlan,
    file: Path,
    permit: Permit[KeySource],
    zone: tzinfo,
    progress: Progress = lambda _done, _total: None,
    *,
    compressed: bool = True,
) -> int:
    """Write the PDF, and give its pages. Use a read session: it sees one moment of the database."""
    return draw_sheets(
        file, plan.sheet, _cards(session, plan, permit.keys, zone, progress), plan.cards, compressed=compressed
    )


def dial_code(plan: PrintPlan, number: str, pin: str) -> str:
    """What the QR code dials: the access number, then the card number after the seconds that an answer takes.

    No "#": entries end by their length, and phones refuse such links. No PIN unless it was asked for: a code is
    photographed more easily than digits, and a phone keeps what it dialled. Where the language is asked first, the
    first digit would be the answer to that, so nothing is keyed.
    """
    plus = "+" if plan.order.is_international else ""
    keyed = [number] if plan.keys_number else []
    if plan.order.qr_with_pin:
        keyed.append(pin)
    if len(plan.dial.languages) > 1:
        keyed = []
    return f"tel:{plus}{plan.dial.number}" + "".join(f"{',,' if not place else ','}{digits}" for place, digits in
                                                     enumerate(keyed))  # fmt: skip


def _cards(session: Session, plan: PrintPlan, keys: KeySource, zone: tzinfo, progress: Progress) -> Iterator[CardPrint]:
    serial, done = plan.order.first_serial - 1, 0
    while rows := _round_after(session, plan, serial):
        current = keys.current()
        for card in rows:
            pin = pin_text(current, card.pin_encrypted, card.number)
            assert pin is not None  # noqa: S101 (the query leaves out erased ones)
            yield _card(plan, card, pin, zone)
        serial, done = rows[-1].serial, done + len(rows)
        progress(done, plan.cards)


def _card(plan: PrintPlan, card: Any, pin: str, zone: tzinfo) -> CardPrint:  # noqa: ANN401 (a row of _round_after)
    value = f"{text_from_micros(card.balance_micros, minor_digits(plan.currency))} {plan.currency}"
    ends = None if card.expires_at is None else plan.sheet.words.day(last_day(card.expires_at, zone))
    return CardPrint(
        number=f"{card.number[:-SERIAL_DIGITS]}-{card.number[-SERIAL_DIGITS:]}",
        pin=pin,
        value=value,
        validity=_validity(plan.sheet.words, plan.period_days, ends),
        code=dial_code(plan, card.number, pin.replace(" ", "")) if plan.order.qr else None,
    )


def _validity(words: CardWords, period_days: int | None, ends: str | None) -> str | None:
    if period_days is None:
        return None if ends is None else words.valid_through.format(ends)
    return words.valid_days.format(period_days) if ends is None else words.valid_days_at_most.format(period_days, ends)


def _sheet(order: PrintOrder, group_name: str, access: Sequence[Access], *, keys_number: bool) -> Sheet:
    if order.language not in CARD_WORDS:
        raise ExportRefused(f"Cards are printed in {_either(CARD_WORDS)}, not in {order.language!r}.")
    words = CARD_WORDS[order.language]
    asked = words.choose_language if any(len(line.languages) > 1 for line in access) else ""
    sheet = Sheet(
        series_number=order.series_number,
        title=order.title or group_name,
        words=words,
        shows_number_first=keys_number,
        calls=[_call(line, order) for line in access],
        steps=(asked + (words.key_number_and_pin if keys_number else words.key_pin), words.key_destination),
        cards_a_page=order.cards_a_page,
    )
    for text in (sheet.title, *(told for call in sheet.calls for told in call)):
        if missing := missing_glyphs(text):
            raise ExportRefused(f"The font of the cards has no {missing}: give another text, for example by --title.")
    return sheet


def _call(line: Access, order: PrintOrder) -> tuple[str, str]:
    label = (order.access or {}).get(line.number) or _readable(line.number, is_international=order.is_international)
    if len(label) > LABEL_MAX:
        raise ExportRefused(f"{label!r} is too long for a card: write an access number in {LABEL_MAX} characters.")
    return label, " / ".join(code.upper() for code in line.languages)


def _either(offered: Iterable[object]) -> str:
    return " or ".join(map(str, offered))


def _readable(number: str, *, is_international: bool) -> str:
    """Of the plans of numbers only the North American one is known here; others are written as they are."""
    plus = "+" if is_international else ""
    if len(number) == 11 and number.startswith("1"):
        return f"{plus}1 {number[1:4]} {number[4:7]} {number[7:]}"
    return plus + number


def _access_numbers(session: Session, group_id: int) -> list[Access]:
    """Of all open plans that accept the group; those that ask for no language first."""
    query = (
        select(AccessNumber.number, AccessNumber.language, IvrPlan.languages)
        .join(IvrPlan, IvrPlan.id == AccessNumber.ivr_plan_id)
        .join(IvrPlanGroup, IvrPlanGroup.ivr_plan_id == IvrPlan.id)
        .where(IvrPlanGroup.card_group_id == group_id, AccessNumber.is_enabled, IvrPlan.is_enabled)
        .order_by(AccessNumber.number)
    )
    found = [
        Access(number, tuple(spoken) if language is None else (language,))
        for number, language, spoken in session.execute(query)
    ]
    return sorted(found, key=lambda line: len(line.languages))


def _chosen(found: list[Access], order: PrintOrder) -> list[Access]:
    if order.access:
        known = {line.number: line for line in found}
        unknown = [number for number in order.access if number not in known]
        if unknown:
            raise ExportRefused(f"{unknown[0]} is no open access number of these cards: {', '.join(known) or 'none'}.")
        found = [known[number] for number in order.access]
    if not found:
        raise ExportRefused("No open access number leads to these cards: give their group a plan with one first.")
    room = GRIDS[order.cards_a_page].calls_max
    if len(found) > room:
        raise ExportRefused(f"{len(found)} access numbers have no room on a card: choose up to {room} by --access.")
    return found


def _printable() -> tuple[Any, ...]:
    return Card.status.in_(PRINTED_STATES), Card.pin_encrypted.is_not(None)


def _round_after(session: Session, plan: PrintPlan, serial: int) -> list[Any]:
    query = (
        select(Card.serial, Card.number, Card.pin_encrypted, Card.expires_at, Wallet.balance_micros)
        .join(Wallet, Wallet.id == Card.wallet_id)
        .where(Card.series_id == plan.series_id, Card.serial > serial, Card.serial <= plan.order.last_serial)
        .where(*_printable())
        .order_by(Card.serial)
        .limit(CARDS_A_ROUND)
    )
    return list(run(session, query).all())
