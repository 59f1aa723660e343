"""Phones bound to cards (PINless): one caller id, one card, over the whole platform (M-43)."""

from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Id, Moment, reference, word


class CallerIdBinding(Base):
    """`caller_id` is the phone in international form without "+".

    `series_id` and `distributor_id` are those of the card, kept here for the indexes of a seller's list; a phone that
    an older release bound lacks both until it is filed (services/calls/file_phones.py).
    """

    __tablename__ = "caller_id_binding"
    __table_args__ = (
        UniqueConstraint("card_id"),
        *(
            Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))
            for name, columns, where in (
                ("ix_caller_id_binding_series", ("series_id", "caller_id"), "series_id IS NOT NULL"),
                ("ix_caller_id_binding_distributor", ("distributor_id", "caller_id"), "distributor_id IS NOT NULL"),
                ("ix_caller_id_binding_unfiled", ("caller_id",), "series_id IS NULL"),
            )
        ),
    )

    caller_id: Mapped[str] = mapped_column(String(15), primary_key=True)
    card_id: Mapped[int] = reference("card.id")
    series_id: Mapped[int | None]
    distributor_id: Mapped[int | None]
    bound_at: Mapped[Moment]


class BindingAct(StrEnum):
    BOUND = "bound"
    UNBOUND = "unbound"


class CallerIdBindingEvent(Base):
    """The history of bindings: who was bound to what, when, and by whom."""

    __tablename__ = "caller_id_binding_event"
    __table_args__ = (Index("ix_caller_id_binding_event_caller", "caller_id", "happened_at"),)

    id: Mapped[Id]
    caller_id: Mapped[str] = mapped_column(String(15))
    card_id: Mapped[int] = reference("card.id", index=True)
    act: Mapped[BindingAct] = mapped_column(word(BindingAct))
    happened_at: Mapped[Moment]
    actor: Mapped[str] = mapped_column(String(120))
