"""Card series in plain words, for the command line and for pages."""

from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session

from billing.card_number import card_number
from billing.states import PinEntryMode
from models import CardGroup, CardSeries, Job, RateTable, Reseller
from services.series.open_series import GENERATE_SERIES

SERIES_SHOWN_MAX = 1_000


def series_list(session: Session, *, reseller_id: int | None = None) -> list[dict[str, Any]]:
    """The newest series first, at most SERIES_SHOWN_MAX; `cards_made` is below `quantity` while cards are made.
    `reseller_id`: only that reseller's own (JC-12).
    """
    query = _query(reseller_id).order_by(CardSeries.id.desc()).limit(SERIES_SHOWN_MAX)
    return [_short(row) for row in session.execute(query)]


def find_series_report(session: Session, number: int, *, reseller_id: int | None = None) -> dict[str, Any] | None:
    """All that is known of one series but the number of its cards by state (count_cards.py); None also where it is
    not the reseller's.
    """
    row = session.execute(_query(reseller_id).where(CardSeries.number == number)).one_or_none()
    if row is None:
        return None
    series = row.CardSeries
    return _short(row) | {
        "id": series.id,
        "first_number": card_number(series.number, series.first_serial),
        "pin_length": series.pin_length,
        "pin_entry_mode": PinEntryMode(row.pin_entry_mode).value,
        "initial_card_status": series.initial_card_status.value,
        "portal_login": series.portal_login,
        "rate_table": row.rate_table,
        "activation_fee_micros": series.activation_fee_micros,
        "maintenance_fee_micros": series.maintenance_fee_micros,
        "maintenance_every_hours": series.maintenance_every_hours,
        "expiry_date": series.expiry_date,
        "expiry_period_days": series.expiry_period_days,
        "expiry_grace_days": series.expiry_grace_days,
        "notes": series.notes,
        "created_at": series.created_at,
        "made_at": series.made_at,
        "asked_by": row.asked_by,
    }


def _query(reseller_id: int | None) -> Any:  # noqa: ANN401 (a Select of many columns)
    columns = (
        CardSeries,
        CardGroup.name.label("card_group"),
        CardGroup.currency,
        CardGroup.pin_entry_mode,
        RateTable.name.label("rate_table"),
        Reseller.name.label("reseller"),
        Job.state.label("job_state"),
        Job.done,
        Job.asked_by,
    )
    query = (
        select(*columns)
        .join(CardGroup, CardGroup.id == CardSeries.card_group_id)
        .join(RateTable, RateTable.id == CardSeries.rate_table_id)
        .outerjoin(Reseller, Reseller.id == CardSeries.reseller_id)
        .outerjoin(Job, (Job.kind == GENERATE_SERIES) & (Job.key == cast(CardSeries.number, String)))
    )
    return query if reseller_id is None else query.where(CardSeries.reseller_id == reseller_id)


def _short(row: Any) -> dict[str, Any]:  # noqa: ANN401 (a row of _query)
    series = row.CardSeries
    return {
        "number": series.number,
        "name": series.name,
        "card_group": row.card_group,
        "reseller": row.reseller,
        "status": series.status.value,
        "quantity": series.quantity,
        "cards_made": series.quantity if series.made_at else row.done or 0,
        "face_value_micros": series.face_value_micros,
        "currency": row.currency,
        "generation": row.job_state.value if row.job_state else None,
    }
