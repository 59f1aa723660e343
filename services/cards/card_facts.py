"""One card with its series, group and wallet, read by one statement: the facts on which every decision about it
rests.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, Row, and_, bindparam, func, select
from sqlalchemy.orm import Session

from billing.card_check import CardStanding, check_card
from billing.refusals import Refusal
from billing.states import ActivatesOn, CardStatus, CardType, SeriesStatus
from models import Card, CardGroup, CardSeries, Wallet
from services.store.run import Values, run


@dataclass(frozen=True, slots=True)
class GroupRules:
    """The card group's settings that an IVR call needs (features.md 0.3)."""

    id: int
    card_type: CardType
    destination_attempts_max: int
    calls_per_session_max: int
    says_balance: bool
    says_balance_after_destination: bool
    says_expiry: bool
    says_price: bool
    says_time: bool
    says_seconds: bool
    says_cost: bool
    says_closing_balance: bool
    ghost_minutes_percent: int
    ghost_balance_percent: int
    pinless_allowed: bool
    pinless_confirm: bool
    pinless_deny_double_use: bool
    calls_max: int
    call_seconds_min: int
    call_seconds_max: int
    balance_min_to_call_micros: int
    empty_below_micros: int
    activates_on: ActivatesOn
    disposable_until_empty: bool
    spend_a_day_max_micros: int | None
    pinless_spend_a_day_max_micros: int | None
    talk_seconds_a_day_max: int | None
    low_credit_below_micros: int
    menu_balance: bool
    menu_top_up: bool
    menu_speed_dial: bool
    menu_last_call: bool
    menu_phones: bool
    menu_languages: bool

    @property
    def makes_one_call(self) -> bool:
        """A disposable card is used after its first answered call, unless it may be called empty (V-8)."""
        return self.card_type is CardType.DISPOSABLE and not self.disposable_until_empty


@dataclass(frozen=True, slots=True)
class SeriesTerms:
    """The series' commercial terms that a call needs."""

    id: int
    status: SeriesStatus
    rate_table_id: int
    tax_profile_id: int | None
    routing_plan_id: int | None
    activation_fee_micros: int
    expiry_date: date | None
    expiry_period_days: int | None
    expiry_grace_days: int


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Balances are as of the moment of reading; only a hold says what can be spent."""

    card_id: int
    number: str
    status: CardStatus
    language: str | None
    expires_at: datetime | None
    grace_ends_at: datetime | None
    locked_until: datetime | None
    pin_digest: bytes = field(repr=False)
    pin_failures: int
    wallet_id: int
    currency: str
    balance_micros: int
    held_micros: int
    open_holds: int
    group: GroupRules
    series: SeriesTerms

    @property
    def available_micros(self) -> int:
        return self.balance_micros - self.held_micros

    @property
    def calls_max(self) -> int:
        """A disposable card makes one call, so never two at once, whatever the group says."""
        return 1 if self.group.makes_one_call else self.group.calls_max

    @property
    def is_low_on_credit(self) -> bool:
        """Low, but not empty: worth a hint to top up. An unlimited card has no credit to run low."""
        return self.group.card_type is not CardType.UNLIMITED and (
            self.available_micros < self.group.low_credit_below_micros
        )

    def stopped_by(self, now: datetime) -> Refusal | None:
        """Why the card itself may not call, leaving aside its money and its other calls: the hold judges those."""
        alone = replace(self.standing, open_holds=0, available_micros=self.group.empty_below_micros)
        return check_card(alone, now)

    @property
    def standing(self) -> CardStanding:
        return CardStanding(
            status=self.status,
            series_status=self.series.status,
            card_type=self.group.card_type,
            expires_at=self.expires_at,
            grace_ends_at=self.grace_ends_at,
            available_micros=self.available_micros,
            empty_below_micros=self.group.empty_below_micros,
            open_holds=self.open_holds,
            calls_max=self.calls_max,
            disposable_until_empty=self.group.disposable_until_empty,
        )


CARD_COLUMNS = (
    Card.id,
    Card.number,
    Card.status,
    Card.language,
    Card.expires_at,
    Card.grace_ends_at,
    Card.locked_until,
    Card.pin_digest,
    Card.pin_failures,
    Wallet.id,
    Wallet.currency,
    Wallet.balance_micros,
    Wallet.held_micros,
    Wallet.open_holds,
)
GROUP_COLUMNS = tuple(getattr(CardGroup, name) for name in GroupRules.__slots__)
SERIES_COLUMNS = (
    CardSeries.id,
    CardSeries.status,
    CardSeries.rate_table_id,
    CardSeries.tax_profile_id,
    # The series' plan, else the default plan of its group (JC-35).
    func.coalesce(CardSeries.routing_plan_id, CardGroup.routing_plan_id),
    CardSeries.activation_fee_micros,
    CardSeries.expiry_date,
    CardSeries.expiry_period_days,
    CardSeries.expiry_grace_days,
)
_GROUP_FROM = len(CARD_COLUMNS)
_SERIES_FROM = _GROUP_FROM + len(GROUP_COLUMNS)
_BESIDE_FROM = _SERIES_FROM + len(SERIES_COLUMNS)
CARD_QUERY = (
    select(*CARD_COLUMNS, *GROUP_COLUMNS, *SERIES_COLUMNS)
    # While the cards of a series are being made, none of them exists for a caller (JC-28).
    .join(CardSeries, and_(CardSeries.id == Card.series_id, CardSeries.made_at.is_not(None)))
    .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
    .join(Wallet, Wallet.id == Card.wallet_id)
)
CARD_BY_ID = CARD_QUERY.where(Card.id == bindparam("card"))
CARD_BY_NUMBER = CARD_QUERY.where(Card.number == bindparam("number"))


def find_card_by(session: Session, query: Executable, values: Values) -> CardFacts | None:
    """The one card that a query built once, CARD_QUERY with a condition, finds by the values: in every call."""
    row = run(session, query, values).one_or_none()
    return None if row is None else _facts(row)


def find_card(session: Session, condition: ColumnElement[bool], *, locked: bool = False) -> CardFacts | None:
    """The one card that the condition (over Card) names. `locked` waits for whoever changes the card just now, and
    makes others wait until the end of this transaction (on SQLite every transaction does so by itself).
    """
    query = CARD_QUERY.where(condition)
    if locked:
        query = query.with_for_update(of=Card, key_share=True)
    return find_card_by(session, query, {})


def find_card_beside(session: Session, query: Executable, values: Values) -> tuple[CardFacts, list[Any]] | None:
    """The card of a query built once, and what the columns say that were added to CARD_QUERY there."""
    row = run(session, query, values).one_or_none()
    return None if row is None else (_facts(row), list(row[_BESIDE_FROM:]))


def _facts(row: Row[*tuple[Any, ...]]) -> CardFacts:
    columns: list[Any] = list(row)
    group = GroupRules(*columns[_GROUP_FROM:_SERIES_FROM])
    series = SeriesTerms(*columns[_SERIES_FROM:_BESIDE_FROM])
    facts: list[Any] = [*columns[:_GROUP_FROM], group, series]
    return CardFacts(*facts)


def get_card(session: Session, card_id: int) -> CardFacts:
    """The card of an id that the database gave; it is never erased."""
    card = find_card_by(session, CARD_BY_ID, {"card": card_id})
    if card is None:
        raise LookupError(f"card {card_id} is gone")
    return card


def series_terms(session: Session, card_id: int) -> SeriesTerms:
    """The terms of the card's series as they stand now."""
    query = (
        select(*SERIES_COLUMNS)
        .select_from(Card)
        .join(CardSeries, CardSeries.id == Card.series_id)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
    )
    columns: list[Any] = list(session.execute(query.where(Card.id == card_id)).one())
    return SeriesTerms(*columns)
