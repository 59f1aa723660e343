"""Card groups: the product and its behaviour in the IVR (MOR's card group)."""

from sqlalchemy import BigInteger, CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing.states import ActivatesOn, CardType, PinEntryMode
from models.base import Base, Currency, Id, Micros, Name, reference, word


class CardGroup(Base):
    """The settings of features.md 0.3 "group". Amounts are in the group's currency; percents are multipliers, 100
    is neutral.
    """

    __tablename__ = "card_group"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("card_entry_attempts_max BETWEEN 1 AND 10", "card_attempts_in_range"),
        CheckConstraint("destination_attempts_max BETWEEN 1 AND 10", "destination_attempts_in_range"),
        CheckConstraint("calls_per_session_max BETWEEN 1 AND 10", "calls_per_session_in_range"),
        CheckConstraint("number_length BETWEEN 10 AND 18", "number_length_in_range"),
        CheckConstraint("ghost_minutes_percent BETWEEN 20 AND 200", "ghost_minutes_in_range"),
        CheckConstraint("ghost_balance_percent BETWEEN 20 AND 200", "ghost_balance_in_range"),
        CheckConstraint("calls_max BETWEEN 1 AND 100", "calls_max_in_range"),
        CheckConstraint("call_seconds_min BETWEEN 1 AND call_seconds_max", "call_seconds_in_order"),
        CheckConstraint("call_seconds_max <= 86400", "call_seconds_max_in_range"),
        CheckConstraint("balance_min_to_call_micros >= 0 AND empty_below_micros >= 0", "limits_not_negative"),
        CheckConstraint("recharge_min_micros >= 0 AND recharge_min_micros <= recharge_max_micros", "recharge_in_order"),
        CheckConstraint("talk_seconds_a_day_max >= 1", "talk_a_day_positive"),
        CheckConstraint(
            "spend_a_day_max_micros >= 0 AND pinless_spend_a_day_max_micros >= 0", "spend_a_day_not_negative"
        ),
    )

    id: Mapped[Id]
    name: Mapped[Name]
    description: Mapped[str | None] = mapped_column(String(2000))
    currency: Mapped[Currency]
    sale_price_micros: Mapped[Micros]
    card_type: Mapped[CardType] = mapped_column(word(CardType), default=CardType.STANDARD)
    number_length: Mapped[int] = mapped_column(default=10)
    pin_entry_mode: Mapped[PinEntryMode] = mapped_column(word(PinEntryMode), default=PinEntryMode.NUMBER_AND_PIN)
    card_entry_attempts_max: Mapped[int] = mapped_column(default=3)
    destination_attempts_max: Mapped[int] = mapped_column(default=3)
    calls_per_session_max: Mapped[int] = mapped_column(default=10)
    # announcements
    says_balance: Mapped[bool] = mapped_column(default=True)
    says_balance_after_destination: Mapped[bool] = mapped_column(default=False)
    says_expiry: Mapped[bool] = mapped_column(default=False)
    says_price: Mapped[bool] = mapped_column(default=False)
    says_time: Mapped[bool] = mapped_column(default=True)
    says_seconds: Mapped[bool] = mapped_column(default=False)
    says_cost: Mapped[bool] = mapped_column(default=False)
    says_closing_balance: Mapped[bool] = mapped_column(default=False)
    ghost_minutes_percent: Mapped[int] = mapped_column(default=100)
    ghost_balance_percent: Mapped[int] = mapped_column(default=100)
    # PINless
    pinless_allowed: Mapped[bool] = mapped_column(default=False)
    pinless_confirm: Mapped[bool] = mapped_column(default=False)
    pinless_deny_double_use: Mapped[bool] = mapped_column(default=False)
    # limits
    calls_max: Mapped[int] = mapped_column(default=1)
    call_seconds_min: Mapped[int] = mapped_column(default=10)
    call_seconds_max: Mapped[int] = mapped_column(default=14_400)
    balance_min_to_call_micros: Mapped[Micros]
    empty_below_micros: Mapped[int] = mapped_column(default=10_000)
    activates_on: Mapped[ActivatesOn] = mapped_column(word(ActivatesOn), default=ActivatesOn.FIRST_ANSWERED_CALL)
    spend_a_day_max_micros: Mapped[int | None] = mapped_column(BigInteger)
    pinless_spend_a_day_max_micros: Mapped[int | None] = mapped_column(BigInteger)
    talk_seconds_a_day_max: Mapped[int | None]
    disposable_until_empty: Mapped[bool] = mapped_column(default=False)
    low_credit_below_micros: Mapped[Micros]
    # recharge and replacement
    recharge_min_micros: Mapped[Micros]
    recharge_max_micros: Mapped[int | None] = mapped_column(BigInteger)
    replacement_allowed: Mapped[bool] = mapped_column(default=True)
    # what the menu after "*" offers; a key whose feature is off is neither spoken nor accepted
    menu_balance: Mapped[bool] = mapped_column(default=True)
    menu_top_up: Mapped[bool] = mapped_column(default=True)
    menu_speed_dial: Mapped[bool] = mapped_column(default=True)
    menu_last_call: Mapped[bool] = mapped_column(default=True)
    menu_phones: Mapped[bool] = mapped_column(default=True)
    menu_languages: Mapped[bool] = mapped_column(default=True)
    routing_plan_id: Mapped[int | None] = reference("routing_plan.id")
    version: Mapped[int] = mapped_column(default=1)


class GhostPercent(Base):
    """The announced share of the true minutes for one destination prefix of a group; the longest prefix wins
    (MOR's cc_gmps).
    """

    __tablename__ = "ghost_percent"
    __table_args__ = (CheckConstraint("minutes_percent BETWEEN 20 AND 200", "in_range"),)

    card_group_id: Mapped[int] = reference("card_group.id", ondelete="CASCADE", primary_key=True)
    prefix: Mapped[str] = mapped_column(String(20), primary_key=True)
    minutes_percent: Mapped[int]


class DestinationRule(Base):
    """A prefix that may not be called, or (`is_allowed`) one of the few that may.

    It holds for a series, for a group, or without either for the whole platform. Where an owner has any allowed prefix,
    its cards call nothing else; a denied prefix wins over an allowed one.
    """

    __tablename__ = "destination_rule"
    __table_args__ = (
        UniqueConstraint("card_group_id", "card_series_id", "prefix"),
        CheckConstraint("card_group_id IS NULL OR card_series_id IS NULL", "one_owner"),
    )

    id: Mapped[Id]
    card_group_id: Mapped[int | None] = reference("card_group.id", ondelete="CASCADE")
    card_series_id: Mapped[int | None] = reference("card_series.id", ondelete="CASCADE")
    prefix: Mapped[str] = mapped_column(String(20), index=True)
    is_allowed: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[Name]
